package ui

// AccessPage is /admin/access: who can do what, and why.
type AccessPage struct {
	Workspace    WorkspaceRef
	Base         string
	ReadOnly     ReadOnly
	People       []Option
	Workspaces   []Option
	Permissions  []Option
	Asked        bool
	Verdict      Verdict
	Matrix       []MatrixRow
	PersonName   string // head of the matrix's last column, "" when nobody was asked about
	Restrictions RestrictionForm
	Problems     Problems // Form: "question", "restrictions"
}

// Template implements View.
func (AccessPage) Template() string { return "pages/admin/access" }

// Title implements View.
func (AccessPage) Title() string { return "Access" }

// Verdict is the answer to one question, with its trace in evaluation order.
type Verdict struct {
	Allowed  bool
	Sentence string // "Maren cannot write in Kestrel Boatworks"
	Why      string
	At       Moment
	Trace    []TraceStep
	Command  string // the same question on the command line
}

// TraceStep is one step of the evaluation. State is "ok", "deny" or "skip"
// (not reached); Deciding marks the step that decided.
type TraceStep struct {
	Name     string
	State    string
	Text     string
	Code     string // evidence in mono, e.g. the policy line
	Deciding bool
}

// MatrixRow is one permission against the roles and the person asked about.
type MatrixRow struct {
	Permission string
	Text       string
	Owner      Cell
	Editor     Cell
	Viewer     Cell
	Person     Cell
	Asked      bool // the permission of the question
}

// Cell is one verdict of the matrix. State is "yes", "no", "taken" (restricted
// or filtered away) or "" (not asked).
type Cell struct {
	State string
	Text  string // for the tooltip and screen readers: "yes", "no", "taken by this workspace"
}

// RestrictionForm is what owners take from editors and viewers.
type RestrictionForm struct {
	Action  string
	CanEdit bool
	Rows    []RestrictionRow
	Any     bool
}

// RestrictionRow is one permission that some role carries by policy.
type RestrictionRow struct {
	Permission string
	Text       string
	Editor     RestrictionBox
	Viewer     RestrictionBox
}

// RestrictionBox is one checkbox; Has is whether the role carries the
// permission by policy at all.
type RestrictionBox struct {
	Value   string // "editor workspace.write"
	Has     bool
	Taken   bool
	Removes string // what ticking it does, for the label
}
