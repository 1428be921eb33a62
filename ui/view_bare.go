package ui

// SignInPage is /sign-in, and / for nobody. Form: email, password.
type SignInPage struct {
	Host    string // the host people opened, e.g. cloud.kestrelboats.example
	Next    string // where to go afterwards; a path of this server
	CanJoin bool   // registration is open
	Unset   bool   // no owner exists yet: the set-up link is in the server's terminal
	Form    Form
}

// PageName implements View.
func (SignInPage) PageName() string { return "bare/sign_in" }

// PageTitle implements View.
func (SignInPage) PageTitle() string { return "Sign in" }

// RegisterPage is /register: a new person, invited or not. Form: email,
// display_name, password.
type RegisterPage struct {
	Host        string
	Closed      string // a sentence why nobody can register here; hides the form
	InviteToken string
	Invite      *InviteCard // set when they came by invite
	Next        string
	Form        Form
}

// PageName implements View.
func (RegisterPage) PageName() string { return "bare/register" }

// PageTitle implements View.
func (RegisterPage) PageTitle() string { return "Create your account" }

// InviteCard is what an invite says before it is taken.
type InviteCard struct {
	Workspace string
	Role      string // "editor"
	InvitedBy string
	Email     string
	Ends      Time
}

// RoleName is the role with a capital.
func (c InviteCard) RoleName() string { return RoleName(c.Role) }

// RoleText says what the role may do.
func (c InviteCard) RoleText() string { return RoleText(c.Role) }

// InvitePage is /invite?token=…
type InvitePage struct {
	Token    string
	Invite   InviteCard
	Name     string // who is signed in, "" for nobody
	Email    string
	Matches  bool   // the signed-in person has the invited address
	Joined   string // address of the workspace when they are a member already
	Dead     string // why the link does not work any more; hides the rest
	Form     Form   // an error of accepting
	Register bool   // this deployment lets invited people create an account
}

// PageName implements View.
func (InvitePage) PageName() string { return "bare/invite" }

// PageTitle implements View.
func (p InvitePage) PageTitle() string {
	if p.Dead != "" {
		return "Invite"
	}
	return "Join " + p.Invite.Workspace
}

// SetupPage is the first-run wizard: owner, workspace, then what happens next.
// All steps stand on one page and in one form, so that a single POST creates
// everything and no password ever rides along in a page. Form: display_name,
// email, password, workspace_name.
type SetupPage struct {
	Token string
	Dead  string // why the link does not work; hides the form
	Form  Form
}

// PageName implements View.
func (SetupPage) PageName() string { return "bare/setup" }

// PageTitle implements View.
func (SetupPage) PageTitle() string { return "Set up OR3 Cloud" }

// Steps are the wizard's rail. The step whose fields need mending is the
// current one.
func (p SetupPage) Steps() []Step {
	f := p.Form
	inOwner := f.Err("display_name")+f.Err("email")+f.Err("password") != "" || !f.Failed()
	return []Step{
		{Name: "Owner", Note: "You, with every right", Now: inOwner, Done: !inOwner},
		{Name: "Workspace", Note: "Where your people meet", Now: !inOwner},
		{Name: "Then", Note: "Invite people, start a thread"},
	}
}

// SignOutPage asks a person who opened /sign-out by link to press the button.
type SignOutPage struct {
	Name  string
	Email string
}

// PageName implements View.
func (SignOutPage) PageName() string { return "bare/sign_out" }

// PageTitle implements View.
func (SignOutPage) PageTitle() string { return "Sign out" }
