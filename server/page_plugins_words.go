package server

import (
	"fmt"
	"slices"
	"time"

	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/runtime"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// howItDoes is a plugin's state for whoever asks, in the active workspace.
type howItDoes struct {
	state  ui.State
	note   string
	todo   *ui.Action // what somebody has to do about it
	here   ui.PluginSwitch
	health runtime.Health
}

// howPluginDoes words it: what is worst first.
func (s *Server) howPluginDoes(r *request, p *plugins.Plugin) (how howItDoes, err error) {
	on, err := s.plugins.Workspaces(r.Ctx(), p.ID)
	if err != nil {
		return how, err
	}
	where := r.active()
	how.here = s.pluginSwitch(r, p, where, slices.Contains(on, where))
	if where != "" {
		how.health = s.plugins.Health(p.ID, where)
	}
	todo := func(label, below string) { how.todo = &ui.Action{Label: label, URL: r.pluginURL(p.ID, below)} }
	switch {
	case p.State == plugins.StateUninstalled:
		how.state, how.note = ui.State{Icon: "trash-2", Word: "Uninstalled"}, daysLeft(p.PurgeAt.Sub(r.Now()))
	case p.State == plugins.StateAwaiting:
		how.state = ui.State{Tone: ui.Warn, Icon: "clock", Word: "Waits for consent"}
		todo("See what it asks for", "/consent")
	case p.State == plugins.StateStopped:
		how.state, how.note = ui.State{Icon: "circle-pause", Word: "Stopped"}, "everywhere"
	case p.State == plugins.StateFailing:
		how.state = ui.State{Tone: ui.Danger, Word: "Cannot be loaded"}
		todo("See why", "")
	case how.health.Quarantined || slices.Contains(p.Quarantined, where):
		how.state = ui.State{Tone: ui.Danger, Icon: "octagon-x", Word: "Quarantined"}
		todo("See why", "/calls?end=bad")
	case len(p.Quarantined) > 0 && r.readsDeployment():
		how.state, how.note = ui.State{Tone: ui.Danger, Icon: "octagon-x", Word: "Quarantined"}, "in "+ui.Plural(len(p.Quarantined), "other workspace", "other workspaces")
		todo("See where", "")
	case p.Waiting != nil && r.readsDeployment():
		how.state = ui.State{Tone: ui.Info, Icon: "circle-arrow-up", Word: "Update waits"}
		todo("See what "+p.Waiting.Version+" asks for", "/consent")
	case how.health.Paused:
		how.state, how.note = ui.State{Tone: ui.Warn, Icon: "circle-pause", Word: "Paused"}, triedAgain(how.health.Until.Sub(r.Now()))
		todo("See why", "/calls?end=bad")
	case s.plugins.SafeMode():
		how.state = ui.State{Icon: "circle-pause", Word: "Safe mode"}
	case how.here.On && p.Kind == manifest.Theme:
		how.state = ui.State{Tone: ui.OK, Word: "In use"}
	case how.here.On:
		how.state = ui.State{Tone: ui.OK, Word: "Running"}
	default:
		how.state = ui.State{Icon: "minus", Word: "Installed"}
	}
	return how, nil
}

// pluginSwitch is the switch of one workspace.
func (s *Server) pluginSwitch(r *request, p *plugins.Plugin, workspaceID string, on bool) ui.PluginSwitch {
	out := ui.PluginSwitch{On: on}
	switch {
	case p.State == plugins.StateUninstalled:
		out.Why = "It is uninstalled."
	case p.Active == nil:
		out.Why = "Nobody has agreed yet to what it asks for."
	case workspaceID == "":
	case r.Can(policies.PluginsManage, policies.Workspace(workspaceID)):
		act := "/enable"
		if on {
			act = "/disable"
		}
		out.URL = r.pluginURL(p.ID, "/workspaces/"+workspaceID+act)
	}
	return out
}

// pluginFigures are those of the whole server for who reads it, of the active
// workspace's last calls for others.
func (s *Server) pluginFigures(r *request, id string) plugins.Figures {
	if r.readsDeployment() {
		return s.plugins.Figures(id)
	}
	here := slices.DeleteFunc(s.plugins.Traces(id), func(t runtime.Trace) bool { return t.Workspace != r.active() })
	return plugins.FiguresOf(here)
}

func daysLeft(d time.Duration) string {
	if d <= 24*time.Hour {
		return "less than a day left"
	}
	return ui.Plural(int(d/(24*time.Hour)), "day", "days") + " left"
}

func triedAgain(d time.Duration) string {
	switch {
	case d <= 0:
		return "tried again with the next call"
	case d < time.Minute:
		return fmt.Sprintf("tried again in %d s", int(d/time.Second)+1)
	}
	return fmt.Sprintf("tried again in %d min", int((d+time.Minute-1)/time.Minute))
}

// took words how long something lasted: "38 ms", "2.0 s".
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// outcomeState words how a call ended.
func outcomeState(o runtime.Outcome) ui.State {
	bad := func(word string) ui.State { return ui.State{Tone: ui.Danger, Word: word} }
	not := func(word string) ui.State { return ui.State{Tone: ui.Warn, Icon: "circle-pause", Word: word} }
	switch o {
	case runtime.OK:
		return ui.State{Tone: ui.OK, Word: "Answered"}
	case runtime.GuestError:
		return ui.State{Tone: ui.Warn, Word: "It said an error"}
	case runtime.Trap:
		return bad("Crashed")
	case runtime.Exit:
		return bad("Ended itself")
	case runtime.Timeout:
		return bad("Took too long")
	case runtime.TooMuch:
		return bad("Went beyond its bounds")
	case runtime.NotCreated:
		return bad("Could not be started")
	case runtime.HostError:
		return bad("The server failed it")
	case runtime.Canceled:
		return ui.State{Icon: "minus", Word: "Nobody waited for it"}
	case runtime.Busy:
		return not("Its turn did not come")
	case runtime.Paused:
		return not("Paused, not called")
	case runtime.Quarantined:
		return not("Quarantined, not called")
	case runtime.Unloaded:
		return ui.State{Icon: "minus", Word: "Another version came"}
	case runtime.Misuse:
		return bad("Could not be called")
	case runtime.BadAnswer:
		return bad("Answered wrongly")
	case runtime.Declined:
		return ui.State{Tone: ui.Warn, Word: "It answered an error"}
	}
	return bad(string(o))
}

// exportName is what is asked of a plugin by an export.
func exportName(export string) string {
	switch export {
	case "or3_page":
		return "Page"
	case "or3_widget":
		return "Widget"
	case "or3_action":
		return "Action"
	case "or3_event":
		return "Event"
	case "or3_job":
		return "Job"
	case "or3_filter":
		return "Decision"
	case "or3_migrate":
		return "Move of its data"
	case "or3_health":
		return "Health"
	}
	return export
}
