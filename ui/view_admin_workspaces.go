package ui

// WorkspacesPage is /admin/workspaces: the active workspace's settings, and
// the list of all for those who may read the deployment.
type WorkspacesPage struct {
	Workspace    *WorkspaceSettings // nil for who reads the deployment alone
	CanManage    bool
	ReadOnly     ReadOnly
	SeesAll      bool
	CanManageAll bool
	All          []DeploymentWorkspace
	Filter       Form // q, deleted
	Filtered     bool
	Pager        Pager
}

// PageName implements View.
func (WorkspacesPage) PageName() string { return "admin/workspaces" }

// PageTitle implements View.
func (WorkspacesPage) PageTitle() string { return "Workspaces" }

// WorkspaceSettings is the active workspace. Form: name, description.
type WorkspaceSettings struct {
	ID          string
	Name        string // as stored; the form holds what was typed
	Form        Form
	Role        string // "owner"
	Members     int
	Created     Time
	Home        bool // cannot be deleted
	GuestAccess bool
	GuestsOn    bool   // the deployment's own switch is on
	DeleteURL   string // "" when this person cannot
}

// YourRole says what the person is here: "an owner".
func (w WorkspaceSettings) YourRole() string { return WithArticle(w.Role) }

// DeploymentWorkspace is one row of the list of all.
type DeploymentWorkspace struct {
	ID         string
	Name       string
	Owners     string
	Members    int
	Threads    int
	Created    Time
	Deleted    Time // zero: alive
	Home       bool
	Active     bool   // the one the person is in
	Member     bool   // it can be opened
	RestoreURL string // "" hides the control
	DeleteURL  string
}
