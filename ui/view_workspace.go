package ui

// NewWorkspacePage is /workspaces/new, for everyone signed in.
type NewWorkspacePage struct {
	Action      string
	Name        string
	Description string
	First       bool // the person has no workspace at all
	Back        string
	Problems    Problems
}

// Template implements View.
func (NewWorkspacePage) Template() string { return "pages/app/new_workspace" }

// Title implements View.
func (NewWorkspacePage) Title() string { return "New workspace" }

// SwitchPage is /workspaces: the workspace switcher as a page.
type SwitchPage struct {
	Rows []WorkspaceRow
	New  string
}

// WorkspaceRow is one of a person's workspaces.
type WorkspaceRow struct {
	ID          string
	Name        string
	Description string
	Role        string
	Active      bool
	Since       Moment
	OpenURL     string
	LeaveURL    string // "" when one cannot leave
}

// Template implements View.
func (SwitchPage) Template() string { return "pages/app/workspaces" }

// Title implements View.
func (SwitchPage) Title() string { return "Your workspaces" }
