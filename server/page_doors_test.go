package server_test

import (
	"net/url"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

// setupLink is the path of a fresh set-up link.
func setupLink(t *testing.T, app *testkit.App) string {
	t.Helper()
	token, err := app.SetupToken(t.Context())
	if err != nil || token == "" {
		t.Fatalf("no set-up token: %v", err)
	}
	return "/setup?token=" + url.QueryEscape(token)
}

func TestTheFirstPersonSetsTheServerUpWithoutScripts(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	link := setupLink(t, app)
	b := app.Browser(nil)
	b.Open("/", 200).Says("Nobody owns this server yet")
	b.Open(link, 200).Says("Set up your server")
	b.Open(link, 200).Says("Set up your server") // looking consumes nothing

	b.Submit("/setup", map[string]string{"display_name": "Ines Okafor", "email": "ines@", "password": "pw-Zq7", "workspace_name": "Kestrel Boatworks"}, 422)
	b.Says("2 things to fix")
	for name, want := range map[string]string{"display_name": "Ines Okafor", "email": "ines@", "workspace_name": "Kestrel Boatworks", "password": ""} {
		if got := b.Field("/setup", name); got != want {
			t.Errorf("%s came back as %q, want %q", name, got, want)
		}
	}
	if strings.Contains(b.Body, "pw-Zq7") {
		t.Error("the password came back in the page")
	}
	b.Submit("/setup", map[string]string{"email": "ines@kestrelboats.example", "password": "a sentence that is long"}, 200)
	b.Says("Kestrel Boatworks").Says("No threads yet")

	b.Open(link, 409).Says("This server has its owner already")
	app.Browser(nil).Open("/setup?token=wrong", 409)
}

func TestAWrongSetUpLinkOpensNothing(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	b := app.Browser(nil).Open("/setup?token=wrong", 403).Says("This set-up link does not work")
	if b.Offers("/setup") {
		t.Error("a dead link offers the form")
	}
}

func TestSigningInLeadsWhereThePersonWantedToBe(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(nil).Open("/admin/members", 200).At("/sign-in")
	b.Submit("/sign-in", map[string]string{"email": app.Owner.Email, "password": "wrong"}, 401)
	if b.Field("/sign-in", "email") != app.Owner.Email || b.Field("/sign-in", "next") != "/admin/members" {
		t.Error("what was typed did not come back")
	}
	b.Submit("/sign-in", map[string]string{"password": testkit.Password}, 200).At("/admin/members").Says("Members")
	b.Open("/sign-in?next=//evil.example/", 200).At("/w/" + app.Harbour)
}

func TestAnEmptySignInSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(nil).Open("/sign-in", 200)
	b.Submit("/sign-in", nil, 422).Says("2 things to fix").Says("E-mail is missing.").Says("Password is missing.")
	if !strings.Contains(b.Body, `aria-invalid="true"`) || !strings.Contains(b.Body, `href="#f-email"`) {
		t.Error("the fields are not marked, or the summary does not lead to them")
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(app.Editor)
	b.Open("/sign-out", 200).Submit("/sign-out", nil, 200).At("/sign-in")
	b.Open("/settings", 200).At("/sign-in")
	app.As(app.Editor).Get("/api/auth/sessions").Is(401)
}

func TestAnInviteLeadsAStrangerIntoTheWorkspace(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	owner := app.Browser(app.Owner).Open("/admin/members", 200)
	owner.Submit("/admin/members", map[string]string{"email": "not an address", "role": "viewer"}, 422)
	if owner.Field("/admin/members", "email") != "not an address" || owner.Field("/admin/members", "role") != "viewer" {
		t.Error("what was typed did not come back")
	}
	owner.Submit("/admin/members", map[string]string{"email": "new@harbour.example", "role": "editor"}, 200).Says("It cannot be shown again")
	link := owner.Value("issued")
	if !strings.HasPrefix(link, app.URL+"/invite?token=") {
		t.Fatalf("the link is %q", link)
	}
	if owner.Open("/admin/members", 200).Value("issued") != "" {
		t.Error("the link is shown a second time")
	}

	app.Browser(app.Stranger).Open(link, 200).Says("You are signed in as " + app.Stranger.Email)
	guest := app.Browser(nil).Open(link, 200).Says("Join Harbour").Says("Olga Owner")
	guest.Follow("Create an account", 200)
	if guest.Field("/register", "email") != "new@harbour.example" {
		t.Error("the invited address is not filled in")
	}
	guest.Submit("/register", map[string]string{"display_name": "", "password": "x"}, 422).Says("2 things to fix")
	guest.Submit("/register", map[string]string{"display_name": "Nora New", "password": "a sentence that is long"}, 200).At("/w/" + app.Harbour)
	app.Browser(nil).Open(link, 404).Says("This invite does not work")
}

func TestSomebodyWithAnAccountAcceptsAnInvite(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	owner := app.Browser(app.Owner).Open("/admin/members", 200)
	owner.Submit("/admin/members", map[string]string{"email": app.Stranger.Email, "role": "viewer"}, 200)
	b := app.Browser(app.Stranger).Open(owner.Value("issued"), 200).Says("Join as Sven Stranger")
	b.Submit("/invite", nil, 200).At("/w/" + app.Harbour)
}

func TestRegisteringIsClosedWithoutAnInvite(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(nil).Open("/register", 200).Says("Accounts here are by invitation")
	if b.Offers("/register") {
		t.Error("the form is there although nobody can register")
	}
}

func TestWithoutAccountsOnlyTheLocalAppAnswers(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true, Keys: map[string]string{"auth.enabled": "false"}})
	for _, path := range []string{"/", "/w/local", "/w/local/t/anything", "/shell"} {
		app.Nobody().Get(path).Is(200).Says("On this device only").Says("local.").Says(`"mode":"local"`)
	}
	for _, path := range []string{"/sign-in", "/register", "/setup?token=x", "/admin", "/admin/members", "/settings", "/w/x", "/w/locally", "/search"} {
		app.Nobody().Get(path).Is(404)
	}
	app.Nobody().Get("/api/auth/session").Is(200).Says(`{"session":null}`)
	for _, path := range []string{"/api/workspaces", "/api/admin/status", "/api/openapi.json", "/api/sync/stream?workspace_id=x"} {
		app.Nobody().Get(path).Is(404)
	}
	for _, path := range []string{"/api/sync/push", "/api/sync/pull", "/api/auth/sign-in"} {
		app.Nobody().JSON("POST", path, `{}`).Is(404)
	}
}

func TestGuestsGetTheLocalAppAndNothingElse(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"auth.guest_access": "true"}})
	app.Browser(nil).Open("/", 200).Says("On this device only").Follow("Sign in", 200)
	app.Browser(app.Viewer).Open("/", 200).At("/w/" + app.Harbour)
	for _, path := range []string{"/", "/w/local", "/w/local/t/x"} {
		r := app.Nobody().Get(path).Is(200)
		for _, secret := range []string{"Harbour", app.Harbour, app.Owner.Name, app.Owner.Email} {
			if strings.Contains(r.Body, secret) {
				t.Errorf("%s shows a guest %q", path, secret)
			}
		}
	}
	app.Nobody().Get("/w/" + app.Harbour).Is(303)
	app.Nobody().Get("/sw.js").Is(200).Says(`"guest":"/w/local"`)
}

func TestTheHomeWorkspaceKeepsGuestsOut(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"auth.guest_access": "true"}})
	app.As(app.Owner).JSON("PUT", "/api/workspaces/"+app.Harbour+"/guest-access", `{"enabled":false}`).Is(200)
	app.Browser(nil).Open("/", 200).Says("Password")
	app.Nobody().Get("/w/local").Is(303)
	app.Nobody().Get("/sw.js").Is(200).Says(`"guest":""`)
	app.As(app.Owner).JSON("PUT", "/api/workspaces/"+app.Harbour+"/guest-access", `{"enabled":true}`).Is(200)
	app.Nobody().Get("/w/local").Is(200)
}

func TestWithoutGuestsThereIsNoLocalApp(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	app.Nobody().Get("/w/local").Is(303) // asks to sign in, as for any workspace
	app.As(app.Owner).Get("/w/local").Is(404)
}
