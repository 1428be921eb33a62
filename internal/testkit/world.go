package testkit

import (
	"context"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

// Password is everybody's password.
const Password = "correct horse battery"

// Person is somebody of the test, signed in with a browser and owning a token.
type Person struct {
	Name    string
	Email   string
	ID      string
	Cookie  string // session token
	Token   string // API token
	Session *policies.Session
}

// World is who and what there is. Harbour is the home workspace; nobody of it
// ever belonged to Elsewhere, nor the other way round.
type World struct {
	Harbour   string // the home workspace's id
	Elsewhere string // another workspace's id
	Annex     string // a second workspace of Owner's

	Owner    *Person // owner of Harbour and Annex
	CoOwner  *Person // second owner of Harbour
	Editor   *Person // editor of Harbour
	Viewer   *Person // viewer of Harbour
	Admin    *Person // deployment admin, owner of a workspace of their own
	Former   *Person // was editor of Harbour
	Stranger *Person // owner of Elsewhere
	Disabled *Person // was editor of Harbour, still a member, account disabled

	AdminSpace  string // Admin's own workspace
	FormerSpace string // Former's own workspace
}

// populate makes the people by the same services the program uses.
func (a *App) populate() World {
	a.t.Helper()
	var w World
	w.Owner = a.SetUp()
	w.Harbour = w.Owner.Session.WorkspaceID

	w.CoOwner = a.Join(w.Owner, w.Harbour, "coowner@harbour.example", "Cora Coowner", policies.Owner)
	w.Editor = a.Join(w.Owner, w.Harbour, "editor@harbour.example", "Ed Editor", policies.Editor)
	w.Viewer = a.Join(w.Owner, w.Harbour, "viewer@harbour.example", "Vera Viewer", policies.Viewer)
	w.Former = a.Join(w.Owner, w.Harbour, "former@harbour.example", "Fred Former", policies.Editor)
	w.Disabled = a.Join(w.Owner, w.Harbour, "disabled@harbour.example", "Dora Disabled", policies.Editor)

	w.Admin, w.AdminSpace = a.Founder("admin@deploy.example", "Ada Admin", "Operations")
	w.Stranger, w.Elsewhere = a.Founder("stranger@elsewhere.example", "Sven Stranger", "Elsewhere")

	annex, err := a.Workspaces.Create(a.ctx(), w.Owner.Session, workspace.Texts{Name: "Annex"})
	a.must(err)
	w.Annex = annex.ID
	own, err := a.Workspaces.Create(a.ctx(), w.Former.Session, workspace.Texts{Name: "Fred's own"})
	a.must(err)
	w.FormerSpace = own.ID

	a.must(a.Accounts.GrantDeploymentAdmin(a.ctx(), w.Owner.Session, w.Admin.ID))
	a.must(a.Workspaces.RemoveMember(a.ctx(), w.Owner.Session, w.Harbour, w.Former.ID))
	a.must(a.Accounts.DisableUser(a.ctx(), w.Owner.Session, w.Disabled.ID))
	a.Hooks.Take()
	return w
}

// SetUp makes the first person, owner of the home workspace Harbour.
func (a *App) SetUp() *Person {
	a.t.Helper()
	token, err := a.SetupToken(a.ctx())
	a.must(err)
	signed, err := a.Accounts.Setup(a.ctx(), account.SetupInput{
		Token: token, Email: "owner@harbour.example", Password: Password, DisplayName: "Olga Owner", WorkspaceName: "Harbour",
	})
	a.must(err)
	return a.person(signed)
}

// Join invites somebody and lets them register.
func (a *App) Join(by *Person, workspaceID, email, name string, role policies.Role) *Person {
	a.t.Helper()
	invite, err := a.Workspaces.CreateInvite(a.ctx(), by.Session, workspaceID, workspace.Newcomer{Email: email, Role: role})
	a.must(err)
	signed, err := a.Accounts.Register(a.ctx(), account.RegisterInput{Email: email, Password: Password, DisplayName: name, InviteToken: invite.Token})
	a.must(err)
	return a.person(signed)
}

// Founder is somebody with a workspace of their own and no other.
func (a *App) Founder(email, name, workspaceName string) (*Person, string) {
	a.t.Helper()
	added, err := a.Accounts.AddUser(a.ctx(), account.NewUser{
		Email: email, DisplayName: name, Password: Password, Workspace: workspaceName, Role: policies.Owner,
	})
	a.must(err)
	signed, err := a.Accounts.SignIn(a.ctx(), account.Credentials{Email: email, Password: Password})
	a.must(err)
	return a.person(signed), added.WorkspaceID
}

// SignIn gives a person another browser.
func (a *App) SignIn(p *Person) *Person {
	a.t.Helper()
	signed, err := a.Accounts.SignIn(a.ctx(), account.Credentials{Email: p.Email, Password: Password})
	a.must(err)
	again := *p
	again.Cookie, again.Session = signed.Token, signed.Session
	return &again
}

// person writes down who signed in and gives them an API token.
func (a *App) person(signed account.Signed) *Person {
	plain, _, err := a.Accounts.CreateToken(a.ctx(), signed.Session, account.NewToken{Name: "test", Expires: 24 * time.Hour})
	a.must(err)
	s := signed.Session
	return &Person{Name: s.DisplayName, Email: s.Email, ID: s.UserID, Cookie: signed.Token, Token: plain, Session: s}
}

// ctx is the context of acts that prepare a test.
func (a *App) ctx() context.Context {
	return audit.WithOrigin(context.Background(), audit.Origin{IP: "192.0.2.1", UserAgent: "testkit", RequestID: "testkit"})
}

func (a *App) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}
