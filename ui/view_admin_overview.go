package ui

// OverviewPage is /admin.
type OverviewPage struct {
	Address  string
	Version  string
	Up       string // "21 days"
	ReadOnly ReadOnly
	Warnings []Warning
	Checked  Moment
	Figures  []Figure
	Recent   []AuditRow
	AuditURL string
	Parts    []ServerPart // empty for who may not read the deployment
}

// Template implements View.
func (OverviewPage) Template() string { return "pages/admin/overview" }

// Title implements View.
func (OverviewPage) Title() string { return "Overview" }

// ReadOnly says why a person sees an admin page without its controls, and who
// can change it. The zero value shows nothing.
type ReadOnly struct {
	Text   string
	Owners []string
}

// Warning is one thing that needs somebody. Level is "bad" or "warn".
type Warning struct {
	Level   string
	Heading string
	Text    string
	Code    string // a command that mends it, in mono
	Action  Link
}

// Figure is one number of the overview.
type Figure struct {
	Name  string
	Value string
	Unit  string
	Note  string
	URL   string
}

// ServerPart is one part of the server and how it is: provider, state, detail.
type ServerPart struct {
	Name   string
	Value  string
	State  string // "ok", "warn", "bad", "off"
	Detail string
}
