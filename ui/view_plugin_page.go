package ui

import "strconv"

// PluginPage is a page that a plugin has made: in the console below /admin/x, or
// among the app's pages below /w/ID/x.
type PluginPage struct {
	Admin  bool // where it stands
	Title  string
	Plugin string // the plugin's name
	ID     string // the plugin's id
	Flash  *Notice
	Blocks []Block
	Failed *PluginFailure
	DevURL string // where a plugin that is being worked on is asked whether it changed
}

// PageName implements View.
func (p PluginPage) PageName() string {
	if p.Admin {
		return "admin/plugin-page"
	}
	return "app/plugin-page"
}

// PageTitle implements View.
func (p PluginPage) PageTitle() string { return p.Title }

// PluginFailure is what stands where a plugin's page or widget would.
type PluginFailure struct {
	Text      string // what happened, for everybody
	Note      string // what it means, who can do something about it
	Off       bool   // it did not fail: somebody has ended it
	Actions   []Action
	RequestID string
	Details   string // for those who may manage plugins
	Retry     string // the address that tries again; "" where that does not help
	Swap      bool   // htmx tries again, and swaps what the page around it says
	LogURL    string // for those who may manage plugins
}

// PluginWidget is one widget with its frame (partials/widget). One that has
// neither blocks nor a failure is still to be asked for, from URL. What answers
// there is partials/widget#body; what an action of it answers is #view.
type PluginWidget struct {
	ID      string // of the element
	Title   string
	Plugin  string
	Size    string // small, medium, large
	Top     bool   // it stands right below the page's title
	URL     string
	Refresh int    // seconds after which it is asked again; 0 is never
	More    string // the plugin's own page
	DevURL  string // where a plugin that is being worked on is asked whether it changed
	Flash   *Notice
	Blocks  []Block
	Failed  *PluginFailure
}

// Waits reports whether the widget is still to be asked for.
func (w PluginWidget) Waits() bool { return w.URL != "" && w.Blocks == nil && w.Failed == nil }

// Trigger is when htmx asks for the widget: at once where it is still to be asked
// for, and every so often.
func (w PluginWidget) Trigger() string {
	every := ""
	if w.Refresh > 0 {
		every = "every " + strconv.Itoa(w.Refresh) + "s"
	}
	switch {
	case !w.Waits():
		return every
	case every == "":
		return "load"
	}
	return "load, " + every
}
