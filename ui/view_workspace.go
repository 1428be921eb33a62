package ui

// NewWorkspacePage is /workspaces/new, for everyone signed in. Form: name, description.
type NewWorkspacePage struct {
	Action string
	First  bool // the person has no workspace at all
	Back   string
	Form   Form
}

// PageName implements View.
func (NewWorkspacePage) PageName() string { return "app/new_workspace" }

// PageTitle implements View.
func (NewWorkspacePage) PageTitle() string { return "New workspace" }

// SwitchPage is /workspaces: the workspace switcher as a page.
type SwitchPage struct {
	Rows    []WorkspaceRow
	Deleted []DeletedRow
	New     string
}

// PageName implements View.
func (SwitchPage) PageName() string { return "app/workspaces" }

// PageTitle implements View.
func (SwitchPage) PageTitle() string { return "Your workspaces" }

// DeletedRow is a workspace that was deleted and that the person may restore.
type DeletedRow struct {
	Name       string
	Deleted    Time
	RestoreURL string
}

// WorkspaceRow is one of a person's workspaces.
type WorkspaceRow struct {
	ID          string
	Name        string
	Description string
	Role        string // "Owner"
	Active      bool
	Since       Time
	LeaveURL    string // "" when one cannot leave
}
