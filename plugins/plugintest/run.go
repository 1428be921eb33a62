package plugintest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/runtime"
)

// Plugin is a plugin that is tested. Close it.
type Plugin struct {
	m      *manifest.Manifest
	allows host.Manifest
	rt     *runtime.Runtime
	module *runtime.Module
}

// Outcome is what became of a case.
type Outcome struct {
	Got     json.RawMessage // indented; nil if there was no answer
	Refused string          // why a server would not draw the answer; "" if it would
	Wrong   string          // what else is wrong; "" if nothing is
	Diff    string          // "" if the answer is the one that was written down
	Trace   runtime.Trace
	Budget  time.Duration // what a server gives the call
	Log     []runtime.Line
}

// patience is how long a call may take here at least: a busy machine makes no
// answer wrong. Slow says when a server would have ended it.
const patience = 10 * time.Second

// Took is the time that counts against the budget.
func (o Outcome) Took() time.Duration { return o.Trace.Create + o.Trace.Guest + o.Trace.Host }

// Slow reports whether the call took longer than a server gives it.
func (o Outcome) Slow() bool { return o.Took() > o.Budget }

// OK reports whether the answer is the right one.
func (o Outcome) OK() bool { return o.Refused == "" && o.Wrong == "" && o.Diff == "" }

// Open loads a plugin as a server does that granted all it asks for. assets are
// the paths of the package's files.
func Open(ctx context.Context, m *manifest.Manifest, code []byte, assets []string) (*Plugin, error) {
	rt, err := runtime.Open(runtime.Options{Create: patience, Budgets: runtime.Budgets{Page: patience, Widget: patience, Filter: patience}})
	if err != nil {
		return nil, err
	}
	p := &Plugin{m: m, rt: rt, allows: host.Manifest{Actions: map[string]bool{}, Assets: map[string]bool{}}}
	for _, a := range m.Contributes.Actions {
		p.allows.Actions[a.ID] = true
	}
	for _, a := range assets {
		p.allows.Assets[a] = true
	}
	_, p.allows.HTML = m.Capability("ui.html")
	_, p.allows.Frame = m.Capability("ui.frame")
	functions := map[string]runtime.HostFunc{}
	for _, f := range inspect.Granted(m) {
		functions[f.Name] = func(ctx context.Context, request []byte) ([]byte, error) {
			s, ok := ctx.Value(serverKey{}).(*server)
			if !ok {
				return nil, errors.New("nobody plays the server")
			}
			return f.Call(ctx, s.services(), s.caller(), request)
		}
	}
	if p.module, err = rt.Load(ctx, inspect.Spec(m, code, functions)); err != nil {
		return nil, errors.Join(err, rt.Close())
	}
	return p, nil
}

// Close frees the plugin.
func (p *Plugin) Close() error {
	return errors.Join(p.module.Close(context.Background()), p.rt.Close())
}

type serverKey struct{}

func (s *server) caller() host.Caller {
	return host.Caller{RequestID: "r_test", Workspace: s.c.Workspace.ID, Plugin: host.Plugin{ID: s.m.ID, Version: s.m.Version}, Actor: s.c.Actor.ID}
}

// Run makes the call of a case, in an instance of its own: key tells it from others.
func (p *Plugin) Run(ctx context.Context, key string, c *Case) (o Outcome, err error) {
	settings := c.Settings
	if settings == nil {
		if settings, err = defaults(p.m); err != nil {
			return o, err
		}
	}
	input, err := json.Marshal(host.Call{API: host.API, RequestID: "r_test", Workspace: *c.Workspace, Actor: *c.Actor,
		Plugin: host.Plugin{ID: p.m.ID, Version: p.m.Version}, Settings: settings, Input: c.Input})
	if err != nil {
		return o, err
	}
	call := runtime.Call{Workspace: key, Export: c.Export, Input: input}
	o.Budget = p.budget(c.Export)
	answer, trace, err := p.module.Call(context.WithValue(ctx, serverKey{}, newServer(c, p.m)), call)
	o.Trace, o.Log = trace, p.module.Logs(key)
	var failed *runtime.Failure
	if errors.As(err, &failed) {
		o.Wrong = failed.Error()
		return o, nil
	} else if err != nil {
		return o, err
	}
	o.Got = indented(answer)
	if slices.Contains([]string{host.ExportPage, host.ExportWidget, host.ExportAction}, c.Export) {
		if _, err := host.ParseAnswer(answer, p.allows); err != nil {
			o.Refused = "a server would not draw this: " + err.Error()
		}
	}
	switch {
	case len(c.Answer) == 0:
		o.Wrong = "no answer is written down: --update writes it"
	case !same(answer, c.Answer):
		o.Diff = diff(string(indented(c.Answer)), string(o.Got))
	}
	return o, nil
}

// budget is what a call may take: what its export may have, and the manifest's
// timeout if that is less. Jobs are not pages.
func (p *Plugin) budget(export string) time.Duration {
	own := time.Duration(p.m.Runtime.TimeoutMS) * time.Millisecond
	switch export {
	case host.ExportJob, host.ExportMigrate:
		return 30 * time.Second
	case host.ExportWidget:
		return min(own, 800*time.Millisecond)
	case host.ExportFilter:
		return min(own, 100*time.Millisecond)
	}
	return own
}

func defaults(m *manifest.Manifest) (json.RawMessage, error) {
	set := map[string]json.RawMessage{}
	if m.Settings != nil {
		for _, f := range m.Settings.Fields {
			if len(f.Default) > 0 {
				set[f.Name] = json.RawMessage(f.Default)
			}
		}
	}
	return json.Marshal(set)
}

func same(a, b []byte) bool {
	x, y := indented(a), indented(b)
	return x != nil && bytes.Equal(x, y)
}

// indented writes JSON with sorted keys, one value a line; nil if it is none.
func indented(data []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if e.Encode(v) != nil {
		return nil
	}
	return bytes.TrimSpace(out.Bytes())
}

// Update gives the text of a case with another answer.
func Update(data []byte, answer json.RawMessage) ([]byte, error) {
	var c Case
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, err
	}
	c.Answer = answer
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(c)
	return out.Bytes(), err
}
