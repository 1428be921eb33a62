package ui

// UsersPage is /admin/users: the people of the deployment.
type UsersPage struct {
	Base      string
	CanManage bool // disable and enable
	CanName   bool // grant and revoke deployment admins: owners of home only
	ReadOnly  ReadOnly
	Home      string // the home workspace's name
	Total     int
	Query     string
	State     string // filter: "", "enabled", "disabled", "admins"
	States    []Option
	Filtered  bool
	ClearURL  string
	Rows      []UserRow
	Paging    Paging
	Problems  Problems
}

// Template implements View.
func (UsersPage) Template() string { return "pages/admin/users" }

// Title implements View.
func (UsersPage) Title() string { return "People" }

// UserRow is one person of the deployment.
type UserRow struct {
	ID              string
	Name            string
	Email           string
	Face            Face
	You             bool
	Disabled        Moment // zero: enabled
	DeploymentAdmin bool
	Workspaces      int
	Sessions        int
	Created         Moment
	Seen            Moment
	DisableURL      string // "" hides the control
	EnableURL       string
	GrantURL        string
	RevokeURL       string
}
