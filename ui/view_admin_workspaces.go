package ui

// WorkspacesPage is /admin/workspaces: the active workspace's settings, and
// the list of all for those who may read the deployment.
type WorkspacesPage struct {
	Base         string // admin base path
	Workspace    WorkspaceSettings
	CanManage    bool
	ReadOnly     ReadOnly
	All          []DeploymentWorkspace // empty with SeesAll false
	SeesAll      bool
	CanManageAll bool
	Query        string
	ShowDeleted  bool
	Paging       Paging
	Problems     Problems // Form: "settings", "guests"
}

// Template implements View.
func (WorkspacesPage) Template() string { return "pages/admin/workspaces" }

// Title implements View.
func (WorkspacesPage) Title() string { return "Workspaces" }

// WorkspaceSettings is the active workspace's form.
type WorkspaceSettings struct {
	ID          string
	Name        string
	Saved       string // the name as stored, while Name holds what was typed
	Description string
	Role        string
	Members     int
	Created     Moment
	Home        bool // cannot be deleted
	GuestAccess bool
	GuestsOn    bool // the deployment's switch: guest access means anything at all
	CanDelete   bool
	DeleteURL   string
	LeaveURL    string
}

// DeploymentWorkspace is one row of the list of all.
type DeploymentWorkspace struct {
	ID         string
	Name       string
	Owners     string
	Members    int
	Threads    int
	Created    Moment
	Deleted    Moment
	Home       bool
	Active     bool // the one the person is in
	OpenURL    string
	RestoreURL string
	DeleteURL  string
}
