package ui

// MembersPage is /admin/members.
type MembersPage struct {
	Workspace WorkspaceRef
	Base      string
	CanManage bool
	ReadOnly  ReadOnly
	Total     int
	Open      int // open invites
	Invite    InviteForm
	Issued    *IssuedInvite
	Removed   *RemovedMember
	Query     string
	Role      string // filter
	Roles     []Option
	Sort      string // "name", "role", "joined"; "-" in front turns it round
	Columns   []Column
	Rows      []MemberRow
	Paging    Paging
	Filtered  bool
	ClearURL  string
	Invites   []InviteRow
}

// Template implements View.
func (MembersPage) Template() string { return "pages/admin/members" }

// Title implements View.
func (MembersPage) Title() string { return "Members" }

// Column is a sortable head of a table. Order is "", "ascending" or "descending".
type Column struct {
	Name  string
	URL   string // "" when the column does not sort
	Order string
	Right bool
	Hide  bool // not on a phone
}

// InviteForm adds a person.
type InviteForm struct {
	Email    string
	Role     string
	Roles    []Option
	Problems Problems
}

// IssuedInvite is the link of a new invite, shown this once.
type IssuedInvite struct {
	Email string
	Role  string
	URL   string
	Ends  Moment
}

// RemovedMember feeds the bar after a removal: removing cannot be taken back,
// inviting again can.
type RemovedMember struct {
	Name  string
	Email string
	Role  string
}

// MemberRow is one person of the workspace.
type MemberRow struct {
	ID        string
	Name      string
	Email     string
	Face      Face
	You       bool
	Disabled  bool
	Role      string // "owner"
	RoleName  string // "Owner"
	Joined    Moment
	Seen      Moment
	Devices   int
	LastOwner bool // cannot be demoted or removed
	CanManage bool
	Roles     []Option
	RoleURL   string
	RemoveURL string
	AccessURL string
	Problem   string // why the last change of this row did not work
}

// InviteRow is one open invite.
type InviteRow struct {
	ID          string
	Email       string
	RoleName    string
	InvitedBy   string
	Ends        Moment
	WithdrawURL string
	RenewURL    string
}
