package ui

// AccessPage is /admin/access: who can do what, and why. Form: person,
// workspace, permission.
type AccessPage struct {
	Workspace    WorkspaceRef
	ReadOnly     ReadOnly
	Question     Form
	People       []Option
	Workspaces   []Option
	Permissions  []Option
	Answer       *Trace
	At           Time
	Command      string
	Matrix       []MatrixRow
	PersonName   string // head of the matrix's last column, "" when nobody was asked about
	Restrictions RestrictionForm
}

// PageName implements View.
func (AccessPage) PageName() string { return "admin/access" }

// PageTitle implements View.
func (AccessPage) PageTitle() string { return "Access" }

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

// Cell is one verdict of the matrix.
type Cell string

// The verdicts.
const (
	CellYes   Cell = "yes"
	CellNo    Cell = "no"
	CellTaken Cell = "taken" // the role carries it, this workspace or a filter took it
)

// Words is the verdict for screen readers and the tooltip.
func (c Cell) Words() string {
	switch c {
	case CellYes:
		return "Yes"
	case CellTaken:
		return "Taken away here"
	}
	return "No"
}

// RestrictionForm is what owners take from editors and viewers.
type RestrictionForm struct {
	CanEdit bool
	Rows    []RestrictionRow
	Form    Form
}

// Any reports whether anything is taken.
func (f RestrictionForm) Any() bool {
	for _, r := range f.Rows {
		if r.Editor.Taken || r.Viewer.Taken {
			return true
		}
	}
	return false
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
	Role  string
	Has   bool
	Taken bool
}
