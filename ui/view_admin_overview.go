package ui

// OverviewPage is /admin.
type OverviewPage struct {
	Workspace WorkspaceRef
	Host      string
	Version   string
	Up        string // "up 21 days"; "" for who may not read the deployment
	ReadOnly  ReadOnly
	Warnings  []Warning
	Checked   Time
	Figures   []Figure
	Widgets   []PluginWidget // of plugins, as the workspace's dashboard has them
	Arrange   string         // where they are arranged; "" for who may not
	Recent    []AuditRow
	Parts     []ServerPart // empty for who may not read the deployment
}

// PageName implements View.
func (OverviewPage) PageName() string { return "admin/overview" }

// PageTitle implements View.
func (OverviewPage) PageTitle() string { return "Overview" }

// Warning is one thing that needs somebody. Tone is Danger or Warn.
type Warning struct {
	Tone   Tone
	Title  string
	Text   string
	Code   string // a command that mends it, in mono
	Action *Action
}

// Glyph is the warning's icon.
func (w Warning) Glyph() string { return State{Tone: w.Tone}.Glyph() }

// Figure is one number of the overview.
type Figure struct {
	Name  string
	Value string
	Unit  string
	Note  string
	URL   string
}

// ServerPart is one part of the server and how it is.
type ServerPart struct {
	Name   string
	Value  string
	State  State
	Detail string
}
