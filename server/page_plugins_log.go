package server

import (
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/runtime"
	"or3.cloud/or3/ui"
)

// listedLines is how many lines of a log a page shows.
const listedLines = 300

type logView struct {
	Level     string `query:"level"`
	Workspace string `query:"workspace"`
	Pause     string `query:"pause"`
}

func (f logView) address(base string) string {
	v := url.Values{}
	setUnless(v, "level", f.Level, "debug")
	setUnless(v, "workspace", f.Workspace, "")
	setUnless(v, "pause", f.Pause, "")
	return withQuery(base, v)
}

var logLevels = []string{"debug", "info", "warn", "error"}

// pluginLogPage is /admin/plugins/ID/log; htmx gets the lines alone.
func (s *Server) pluginLogPage(r *request) error {
	p, err := s.seenPlugin(r)
	if err != nil {
		return err
	}
	f := logView{Level: known(r.Query("level"), logLevels...), Workspace: r.Query("workspace"), Pause: known(r.Query("pause"), "on")}
	if f.Level == "" {
		f.Level = "debug"
	}
	where := r.active()
	if r.readsDeployment() {
		where = f.Workspace
	} else {
		f.Workspace = ""
	}
	base := r.pluginURL(p.ID, "/log")
	view := ui.PluginLogPage{Filter: formOf("log", f), Paused: f.Pause != "", URL: f.address(base), Checked: r.clock().At(r.Now())}
	other := f
	if other.Pause = "on"; view.Paused {
		other.Pause = ""
	}
	view.Toggle = other.address(base)
	view.Levels = []ui.Option{{Value: "debug", Label: "Everything"}, {Value: "info", Label: "Info"}, {Value: "warn", Label: "Warnings"}, {Value: "error", Label: "Errors"}}
	lines := s.plugins.Logs(p.ID, where)
	names := s.workspaceNames(r)
	if r.readsDeployment() {
		view.Places = s.placesIn(r, p.ID, f.Workspace, names)
	}
	slices.SortStableFunc(lines, func(a, b runtime.Line) int { return a.At.Compare(b.At) })
	for _, l := range slices.Backward(lines) {
		if len(view.Lines) == listedLines {
			break
		}
		if slices.Index(logLevels, string(l.Level)) >= slices.Index(logLevels, f.Level) {
			view.Lines = append(view.Lines, ui.PluginLine{At: r.clock().At(l.At), Level: string(l.Level), Workspace: names(l.Workspace), Export: l.Export, Version: otherVersion(&p, l.Version), Text: l.Text})
		}
	}
	if r.Partial() {
		return r.Fragment(fiber.StatusOK, "admin/plugin-log#lines", view)
	}
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "plugins")
	if err != nil {
		return err
	}
	if view.PluginHead, _, err = s.pluginHead(r, &p, shell, "log"); err != nil {
		return err
	}
	return r.Page(fiber.StatusOK, shell, view)
}

// workspaceNames gives names to ids of workspaces, each asked for once.
func (s *Server) workspaceNames(r *request) func(id string) string {
	seen := map[string]string{}
	return func(id string) string {
		name, ok := seen[id]
		if !ok {
			if name = id; id != "" {
				if w, err := s.workspaces.Get(r.Ctx(), id); err == nil {
					name = w.Name
				}
			}
			seen[id] = name
		}
		return name
	}
}

// placesIn are the workspaces whose lines or calls can be chosen.
func (s *Server) placesIn(r *request, id, chosen string, names func(string) string) []ui.Option {
	ids, err := s.plugins.Workspaces(r.Ctx(), id)
	if err != nil {
		r.log.Error("workspaces of a plugin", "error", err)
	}
	if chosen != "" && !slices.Contains(ids, chosen) {
		ids = append(ids, chosen)
	}
	out := []ui.Option{{Label: "All workspaces"}}
	for _, one := range ids[:min(len(ids), 100)] {
		out = append(out, ui.Option{Value: one, Label: names(one)})
	}
	return out
}

// pluginCallsPage is /admin/plugins/ID/calls: where the time of its last calls
// went. htmx gets the list alone.
func (s *Server) pluginCallsPage(r *request) error {
	p, err := s.seenPlugin(r)
	if err != nil {
		return err
	}
	base, end, pause := r.pluginURL(p.ID, "/calls"), known(r.Query("end"), "bad"), known(r.Query("pause"), "on")
	address := func(end, pause string) string {
		v := url.Values{}
		setUnless(v, "end", end, "")
		setUnless(v, "pause", pause, "")
		return withQuery(base, v)
	}
	view := ui.PluginCallsPage{Filter: ui.Form{ID: "calls", Values: map[string]string{"end": end}}, Ends: []ui.Option{{Label: "All"}, {Value: "bad", Label: "Failed"}}, Paused: pause != "", URL: address(end, pause), Toggle: address(end, "on"), Checked: r.clock().At(r.Now())}
	if view.Paused {
		view.Toggle = address(end, "")
	}
	var traces []runtime.Trace
	var longest time.Duration
	for _, t := range s.plugins.Traces(p.ID) {
		if (r.readsDeployment() || t.Workspace == r.active()) && (end == "" || t.Outcome != runtime.OK) {
			traces = append(traces, t)
			longest = max(longest, t.Whole())
		}
	}
	names := s.workspaceNames(r)
	for _, t := range traces {
		call := pluginCall(r, t, longest, names)
		call.Version = otherVersion(&p, t.Version)
		view.Calls = append(view.Calls, call)
	}
	if longest > 0 {
		view.Longest = took(longest)
	}
	if r.Partial() {
		return r.Fragment(fiber.StatusOK, "admin/plugin-calls#calls", view)
	}
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "plugins")
	if err != nil {
		return err
	}
	if view.PluginHead, _, err = s.pluginHead(r, &p, shell, "calls"); err != nil {
		return err
	}
	return r.Page(fiber.StatusOK, shell, view)
}

// otherVersion is the version of a call or a line where that is not the active one.
func otherVersion(p *plugins.Plugin, version string) string {
	if p.Active != nil && p.Active.Version == version {
		return ""
	}
	return version
}

func pluginCall(r *request, t runtime.Trace, longest time.Duration, names func(string) string) ui.PluginCall {
	call := ui.PluginCall{At: r.clock().At(t.At), What: exportName(t.Export), About: t.About, Export: t.Export, End: outcomeState(t.Outcome), Took: took(t.Whole()), HostCalls: t.HostCalls}
	if r.readsDeployment() {
		call.Workspace = names(t.Workspace)
	}
	if t.Memory > 0 {
		call.Memory = ui.Binary(t.Memory)
	}
	x := 0
	for _, part := range []struct {
		name string
		d    time.Duration
	}{{"queue", t.Queue}, {"instantiate", t.Create}, {"guest", t.Guest}, {"host", t.Host}} {
		if part.d <= 0 || longest <= 0 {
			continue
		}
		width := min(max(2, int(float64(part.d)/float64(longest)*1000)), 1000-x)
		call.Parts = append(call.Parts, ui.CallPart{Name: part.name, Took: took(part.d), X: x, Width: width})
		x += width
	}
	return call
}
