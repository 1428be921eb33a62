package sdk

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"

	"or3.cloud/or3/plugins/host"
)

// The functions of a plugin. An error that is a *[host.Error], as [Fail] and
// [Invalid] make them, is shown to the person; any other is shown as a failure of
// the plugin and stands in its log.
type (
	PageFunc    func(*Call, PageInput) (*Answer, error)
	WidgetFunc  func(c *Call, size string) (*Answer, error)
	ActionFunc  func(*Call, Values) (*Answer, error)
	EventFunc   func(*Call, host.EventInput) error
	JobFunc     func(*Call) error
	FilterFunc  func(*Call, host.Decision) (host.FilterAnswer, error)
	MigrateFunc func(c *Call, from, to int) error
)

// Plugin is what a plugin can do. The keys are those of the manifest's
// contributions.
type Plugin struct {
	// Pages by their path; a part in braces matches one part of the path, as in
	// "hulls/{id}", and is read with [PageInput.Param].
	Pages   map[string]PageFunc
	Widgets map[string]WidgetFunc
	Actions map[string]ActionFunc
	Events  map[string]EventFunc // by type; "*" gets those that no other key names
	Jobs    map[string]JobFunc
	Filter  FilterFunc
	Migrate MigrateFunc
	Health  func(*Call) error
}

var registered Plugin

// Register tells what the plugin can do. It gives back what it was given, so that a
// variable of the package can call it: var _ = sdk.Register(…).
func Register(p Plugin) Plugin {
	registered = p
	return p
}

// Call is one call of the server: who asks, from where.
type Call struct{ host.Call }

// Settings reads the workspace's settings of the plugin.
func (c *Call) Settings(into any) error {
	if len(c.Call.Settings) == 0 {
		return nil
	}
	return json.Unmarshal(c.Call.Settings, into)
}

// PageInput is what a page is asked for.
type PageInput struct {
	host.PageInput
	params map[string]string
}

// Param is what stands in the path where the page's pattern has braces.
func (in PageInput) Param(name string) string { return in.params[name] }

// Values are what came with an action: what its button or form holds.
type Values map[string]any

// String is a text among the values, "" if there is none.
func (v Values) String(name string) string { s, _ := v[name].(string); return s }

// Number is a number among the values, 0 if there is none.
func (v Values) Number(name string) float64 { n, _ := v[name].(float64); return n }

// Bool is a truth among the values.
func (v Values) Bool(name string) bool { b, _ := v[name].(bool); return b }

// Fail is an error that the person sees. code is for programs.
func Fail(code, message string) error { return &host.Error{Code: code, Message: message} }

// Invalid says what has to be changed in a form, by the names of its elements.
func Invalid(fields map[string]string) error {
	return &host.Error{Code: "invalid", Message: "Some of it has to be changed.", Fields: fields}
}

// done is the answer of exports that only succeed or fail.
type done struct {
	Error *host.Error `json:"error,omitempty"`
}

// Serve carries out one call: export is its name, as in or3_page, and input the
// envelope. It gives what the guest answers, and an error for what is no fault of
// the person's: the server shows its request id and logs it.
func Serve(export string, input []byte) ([]byte, error) {
	var c Call
	if err := json.Unmarshal(input, &c.Call); err != nil {
		return nil, fmt.Errorf("reading the call: %w", err)
	}
	answer, err := serve(export, &c)
	var known *host.Error
	if errors.As(err, &known) {
		answer, err = done{Error: known}, nil
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

func serve(export string, c *Call) (any, error) {
	switch export {
	case host.ExportPage:
		var in PageInput
		return answered(in.serve(c))
	case host.ExportWidget:
		return answered(widget(c))
	case host.ExportAction:
		return answered(action(c))
	case host.ExportEvent:
		return done{}, event(c)
	case host.ExportJob:
		return done{}, job(c)
	case host.ExportFilter:
		return filter(c)
	case host.ExportMigrate:
		var in host.MigrateInput
		if err := read(c, &in); err != nil || registered.Migrate == nil {
			return done{}, err
		}
		return done{}, registered.Migrate(c, in.From, in.To)
	case host.ExportHealth:
		if registered.Health == nil {
			return done{}, nil
		}
		return done{}, registered.Health(c)
	}
	return nil, fmt.Errorf("there is no export %s", export)
}

func answered(a *Answer, err error) (any, error) {
	if err == nil && a == nil {
		a = &Answer{Blocks: host.Blocks{}}
	}
	return a, err
}

func read(c *Call, into any) error {
	if err := json.Unmarshal(c.Input, into); err != nil {
		return fmt.Errorf("reading the input: %w", err)
	}
	return nil
}

func missing(what, name string, have []string) error {
	sort.Strings(have)
	return fmt.Errorf("this plugin has no %s %q; it has %s", what, name, strings.Join(have, ", "))
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, fmt.Sprintf("%q", k))
	}
	return out
}

func (in PageInput) serve(c *Call) (*Answer, error) {
	if err := read(c, &in.PageInput); err != nil {
		return nil, err
	}
	if page, ok := registered.Pages[in.Path]; ok {
		return page(c, in)
	}
	for _, pattern := range keysOf(registered.Pages) {
		if params, ok := match(pattern, in.Path); ok {
			in.params = params
			return registered.Pages[pattern](c, in)
		}
	}
	return nil, Fail("not_found", "There is no such page.")
}

// keysOf gives the patterns with fewer braces first, so that the nearest one is taken.
func keysOf(pages map[string]PageFunc) []string {
	out := make([]string, 0, len(pages))
	for k := range pages {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := strings.Count(out[i], "{"), strings.Count(out[j], "{")
		return a < b || a == b && out[i] < out[j]
	})
	return out
}

func match(pattern, path string) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) || !strings.Contains(pattern, "{") {
		return nil, false
	}
	params := map[string]string{}
	for i, part := range want {
		name, isParam := strings.CutPrefix(part, "{")
		switch name, closed := strings.CutSuffix(name, "}"); {
		case isParam && closed && got[i] != "":
			params[name] = got[i]
		case part != got[i]:
			return nil, false
		}
	}
	return params, true
}

func widget(c *Call) (*Answer, error) {
	var in host.WidgetInput
	if err := read(c, &in); err != nil {
		return nil, err
	}
	if f, ok := registered.Widgets[in.ID]; ok {
		return f(c, in.Size)
	}
	return nil, missing("widget", in.ID, keys(registered.Widgets))
}

func action(c *Call) (*Answer, error) {
	var in host.ActionInput
	if err := read(c, &in); err != nil {
		return nil, err
	}
	if f, ok := registered.Actions[in.ID]; ok {
		return f(c, Values(in.Values))
	}
	return nil, missing("action", in.ID, keys(registered.Actions))
}

func event(c *Call) error {
	var in host.EventInput
	if err := read(c, &in); err != nil {
		return err
	}
	for _, key := range []string{in.Type, "*"} {
		if f, ok := registered.Events[key]; ok {
			return f(c, in)
		}
	}
	return missing("handler of the event", in.Type, keys(registered.Events))
}

func job(c *Call) error {
	var in host.JobInput
	if err := read(c, &in); err != nil {
		return err
	}
	if f, ok := registered.Jobs[in.ID]; ok {
		return f(c)
	}
	return missing("job", in.ID, keys(registered.Jobs))
}

func filter(c *Call) (any, error) {
	var in host.FilterInput
	if err := read(c, &in); err != nil {
		return nil, err
	}
	if registered.Filter == nil {
		return nil, errors.New("this plugin has no filter")
	}
	return registered.Filter(c, in.Decision)
}
