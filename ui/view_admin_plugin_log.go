package ui

import "strconv"

// PluginLogPage is /admin/plugins/ID/log: the last lines that the plugin wrote.
type PluginLogPage struct {
	PluginHead
	Filter  Form
	Levels  []Option
	Places  []Option // workspaces; nil = only the active one
	Lines   []PluginLine
	URL     string // the list, which looks again by itself
	Paused  bool
	Toggle  string // the address that pauses it, or lets it go on
	Checked Time
	Since   string // how long lines are kept
}

// PageName implements View.
func (PluginLogPage) PageName() string { return "admin/plugin-log" }

// PageTitle implements View.
func (p PluginLogPage) PageTitle() string { return "Log of " + p.Name }

// Empty stands where the lines would.
func (p PluginLogPage) Empty() Empty {
	return Empty{Icon: "terminal", Title: "No lines", Text: "What the plugin writes stands here, the newest first. It is kept in memory, and gone after a restart."}
}

// PluginLine is one line.
type PluginLine struct {
	At        Time
	Level     string
	Workspace string
	Export    string
	Version   string // of the plugin, where it is not the active one
	Text      string
}

// State is the line's level; only what is wrong stands out.
func (l PluginLine) State() State {
	switch l.Level {
	case "error":
		return State{Tone: Danger, Word: "Error"}
	case "warn":
		return State{Tone: Warn, Word: "Warning"}
	case "debug":
		return State{Icon: "minus", Word: "Debug"}
	}
	return State{Icon: "info", Word: "Info"}
}

// PluginCallsPage is /admin/plugins/ID/calls: its last calls, and where their
// time went.
type PluginCallsPage struct {
	PluginHead
	Calls   []PluginCall
	Longest string
	URL     string
	Paused  bool
	Toggle  string
	Checked Time
	Filter  Form
	Ends    []Option
}

// PageName implements View.
func (PluginCallsPage) PageName() string { return "admin/plugin-calls" }

// PageTitle implements View.
func (p PluginCallsPage) PageTitle() string { return "Calls of " + p.Name }

// Empty stands where the calls would.
func (p PluginCallsPage) Empty() Empty {
	return Empty{Icon: "history", Title: "No calls", Text: "The last 200 calls stand here: what was asked of the plugin, how it ended and where the time went."}
}

// PluginCall is one call.
type PluginCall struct {
	At        Time
	What      string // "Page"
	About     string // which one: "hulls", "sync.thread.created"; may be ""
	Export    string // "or3_page"
	Workspace string
	Version   string // of the plugin, where it is not the active one
	End       State
	Took      string
	Parts     []CallPart
	Memory    string
	HostCalls int
}

// CallPart is a piece of a call's time, on a bar of 1,000.
type CallPart struct {
	Name  string // queue, instantiate, guest, host
	Took  string
	X     int
	Width int
}

// From and Wide are for the drawing.
func (p CallPart) From() string { return strconv.Itoa(p.X) }

// Wide is how long the part is drawn.
func (p CallPart) Wide() string { return strconv.Itoa(p.Width) }
