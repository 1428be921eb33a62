package ui

// AuditPage is /admin/audit.
type AuditPage struct {
	Base       string
	Scope      string // "Kestrel Boatworks" or "all workspaces"
	Chain      ChainState
	Zone       string
	Filter     AuditFilter
	Filtered   bool
	ClearURL   string
	Chips      []Chip
	Rows       []AuditRow
	Ends       Ends
	ExportCSV  string
	ExportJSON string
}

// Template implements View.
func (AuditPage) Template() string { return "pages/admin/audit" }

// Title implements View.
func (AuditPage) Title() string { return "Audit log" }

// ChainState is what the last verification found. State is "ok", "bad" or "unknown".
type ChainState struct {
	State   string
	Entries string // "18,402"
	At      Moment
	Text    string // what is wrong, when bad
}

// AuditFilter is the form above the log, as it was sent.
type AuditFilter struct {
	Action     string
	Actions    []Option
	Actor      string
	Actors     []Option
	Result     string
	Results    []Option
	Since      string // 2026-11-20
	Until      string
	Workspaces []Option // only for who may read all
}

// Chip is one filter that is on, with the link that takes it off.
type Chip struct {
	Text string
	URL  string
}

// AuditRow is one entry.
type AuditRow struct {
	Seq       int64
	SeqText   string // "18,400"
	At        Moment
	Who       string
	Kind      string // "user", "token", "command", "system", "anonymous"
	Face      Face
	Action    string
	What      string
	Result    string // "allowed", "refused", "failed"
	From      string
	Workspace string
	URL       string // opens it: the same page with the entry open
	Open      bool
	CloseURL  string
	Detail    *AuditDetail // set when open
}

// AuditDetail is an opened entry.
type AuditDetail struct {
	Diff      []DiffLine
	RequestID string
	Device    string
	Actor     string // id
	Target    string
	Hash      string // "9f2c…41ab"
	HashFull  string
	Before    string // "18,399 · 77d0…e3c2"
	Link      string // permalink
}

// DiffLine is one line of a difference. Sign is "+", "-" or " ".
type DiffLine struct {
	Sign string
	Text string
}
