package ui

// SignInPage is /sign-in, and / for nobody.
type SignInPage struct {
	Address  string // the host people opened, e.g. cloud.kestrelboats.example
	Email    string
	Next     string // where to go afterwards; a path of this server
	CanJoin  bool   // registration is open
	Invited  bool   // they came from an invite link
	NeedsSet bool   // no owner exists yet: the set-up link is on the server's terminal
	Problems Problems
}

// Template implements View.
func (SignInPage) Template() string { return "pages/bare/sign_in" }

// Title implements View.
func (SignInPage) Title() string { return "Sign in" }

// RegisterPage is /register: a new person, invited or not.
type RegisterPage struct {
	Address     string
	Closed      string // a sentence why nobody can register here; hides the form
	InviteToken string
	Invite      *InviteCard // set when they came by invite
	Email       string
	EmailFixed  bool // the invite is bound to the address
	DisplayName string
	Next        string
	Problems    Problems
}

// Template implements View.
func (RegisterPage) Template() string { return "pages/bare/register" }

// Title implements View.
func (RegisterPage) Title() string { return "Create your account" }

// InviteCard is what an invite says before it is taken.
type InviteCard struct {
	Workspace string
	Role      string // "Editor"
	RoleText  string // what the role may do
	InvitedBy string
	Email     string
	Ends      Moment
}

// InvitePage is /invite?token=…
type InvitePage struct {
	Token       string
	Invite      InviteCard
	SignedInAs  string // display name, "" when nobody is signed in
	SignedEmail string
	Matches     bool // the signed-in person has the invited address
	HasAccount  bool // hint only where it is no secret: the signed-in case
	Already     bool // already a member
	WorkspaceID string
	Dead        string // why the link does not work any more; hides the rest
	Problems    Problems
}

// Template implements View.
func (InvitePage) Template() string { return "pages/bare/invite" }

// Title implements View.
func (p InvitePage) Title() string {
	if p.Dead != "" {
		return "Invite"
	}
	return "Join " + p.Invite.Workspace
}

// SetupPage is the first-run wizard: owner, workspace, then what happens next.
// All steps stand on one page and in one form, so that a single POST creates
// everything and no password ever rides along in a page.
type SetupPage struct {
	Token         string
	Steps         []Step
	Email         string
	DisplayName   string
	WorkspaceName string
	Dead          string // why the link does not work; hides the form
	Problems      Problems
}

// Template implements View.
func (SetupPage) Template() string { return "pages/bare/setup" }

// Title implements View.
func (SetupPage) Title() string { return "Set up OR3 Cloud" }

// LocalPage is / without accounts: the app that lives in the browser alone,
// which this release does not have yet.
type LocalPage struct {
	Guest   bool // accounts exist here; this visitor is a guest
	SignIn  string
	Version string
}

// Template implements View.
func (LocalPage) Template() string { return "pages/bare/local" }

// Title implements View.
func (LocalPage) Title() string { return "Local app" }

// SignOutPage asks a person who opened /sign-out by link to press the button.
type SignOutPage struct {
	Name  string
	Email string
}

// Template implements View.
func (SignOutPage) Template() string { return "pages/bare/sign_out" }

// Title implements View.
func (SignOutPage) Title() string { return "Sign out" }
