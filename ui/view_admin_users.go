package ui

// UsersPage is /admin/users: the people of the deployment.
type UsersPage struct {
	CanManage bool // disable and enable
	CanName   bool // grant and revoke deployment admins: owners of home only
	ReadOnly  ReadOnly
	Home      string // the home workspace's name
	Total     int
	Filter    Form // q, state
	Filtered  bool
	Rows      []UserRow
	Pager     Pager
}

// PageName implements View.
func (UsersPage) PageName() string { return "admin/users" }

// PageTitle implements View.
func (UsersPage) PageTitle() string { return "Users" }

// States are the choices of the state filter.
func (UsersPage) States() []Option {
	return []Option{{"", "Everyone"}, {"enabled", "Enabled"}, {"disabled", "Disabled"}, {"admins", "Deployment admins"}}
}

// UserRow is one person of the deployment.
type UserRow struct {
	ID              string
	Name            string
	Email           string
	You             bool
	Disabled        Time // zero: enabled
	DeploymentAdmin bool
	HomeOwner       bool
	Workspaces      int
	Sessions        int
	Created         Time
	Seen            Time
	CanManage       bool
	CanName         bool
	Problem         string
}

// Menu is what can be done to the person; empty when nothing can.
func (u UserRow) Menu(base string) Menu {
	m := Menu{ID: "menu-" + u.ID, Label: "More for " + u.Name, Icon: "ellipsis", Style: "quiet", Align: "end", Title: u.Name}
	post := func(label, note, icon, verb string) {
		m.Items = append(m.Items, MenuItem{Label: label, Note: note, Icon: icon, URL: base + "/users/" + u.ID + "/" + verb, Post: true})
	}
	if u.CanName && u.DeploymentAdmin {
		post("End deployment admin", "Keeps their workspaces as they are", "user-cog", "revoke")
	}
	if u.CanName && !u.DeploymentAdmin && u.Disabled.IsZero() {
		post("Make deployment admin", "Manages this server, its people and workspaces", "user-cog", "grant")
	}
	if u.CanManage && !u.You {
		if u.Disabled.IsZero() {
			m.Items = append(m.Items, MenuItem{Label: "Disable…", Note: "Ends their sessions and tokens now", Icon: "ban",
				URL: base + "/users/" + u.ID + "/disable", Danger: true, Rule: len(m.Items) > 0})
		} else {
			post("Enable", "They can sign in again", "circle-check", "enable")
		}
	}
	return m
}
