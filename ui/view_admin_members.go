package ui

// MembersPage is /admin/members.
type MembersPage struct {
	Workspace WorkspaceRef
	CanManage bool
	ReadOnly  ReadOnly
	Total     int
	Invite    Form // email, role
	Issued    *Secret
	Filter    Form // q, role
	Filtered  bool
	Columns   []Column
	Rows      []MemberRow
	Pager     Pager
	Invites   []InviteRow
}

// PageName implements View.
func (MembersPage) PageName() string { return "admin/members" }

// PageTitle implements View.
func (MembersPage) PageTitle() string { return "Members" }

// RoleOptions are the roles an invite can carry.
func (MembersPage) RoleOptions() []Option { return RoleOptions() }

// RoleFilter are the choices of the role filter.
func (MembersPage) RoleFilter() []Option {
	return []Option{{"", "Every role"}, {"owner", "Owners"}, {"editor", "Editors"}, {"viewer", "Viewers"}}
}

// MemberRow is one person of the workspace.
type MemberRow struct {
	ID        string
	Name      string
	Email     string
	You       bool
	Disabled  bool
	Role      string // "owner"
	Joined    Time
	Seen      Time
	Devices   int
	LastOwner bool // cannot be demoted or removed
	CanManage bool
	Problem   string // why the last change of this row did not work
}

// RoleName is the role with a capital.
func (m MemberRow) RoleName() string { return RoleName(m.Role) }

// RoleMenu changes the person's role. base is the admin's base path.
func (m MemberRow) RoleMenu(base string) Menu {
	menu := Menu{ID: "menu-" + m.ID, Text: m.RoleName(), Label: "Role of " + m.Name, Style: "select", Title: "Role of " + m.Name, Target: "#member-" + m.ID}
	if m.LastOwner {
		menu.Why = "The last owner stays an owner. Make somebody else an owner first."
	}
	for _, c := range RoleChoices(m.Role) {
		menu.Items = append(menu.Items, MenuItem{Label: c.Label, Note: c.Note, Icon: c.Icon, Current: c.Selected,
			URL: base + "/members/" + m.ID + "/role", Post: true, Fields: []Hidden{{"role", c.Value}}})
	}
	menu.Items = append(menu.Items, MenuItem{Label: "Remove from workspace…", Note: "Their devices lose it within a second", Icon: "user-minus",
		URL: base + "/members/" + m.ID + "/remove", Danger: true, Rule: true})
	return menu
}

// InviteRow is one open invite.
type InviteRow struct {
	ID        string
	Email     string
	RoleName  string
	InvitedBy string
	Ends      Time
	Ended     bool // its link opens nothing any more; a new one can be made
	CanManage bool
}
