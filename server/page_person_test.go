package server_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
)

func TestAPersonChangesTheirProfile(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(app.Editor).Open("/settings", 200)
	b.Submit("/settings/profile", map[string]string{"display_name": "", "time_zone": "Mars/Olympus", "locale": "de-DE"}, 422)
	if b.Field("/settings/profile", "time_zone") != "Mars/Olympus" || b.Field("/settings/profile", "locale") != "de-DE" {
		t.Error("what was typed did not come back")
	}
	b.Submit("/settings/profile", map[string]string{"display_name": "Edda Editor", "time_zone": "Asia/Tokyo"}, 200).Says("Saved 18:30").Says("It is 18:30 there now.")
	app.Browser(app.Owner).Open("/admin/members", 200).Says("Edda Editor")
}

func TestChangingThePasswordSignsTheOtherDevicesOut(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	other := app.SignIn(app.Editor)
	b := app.Browser(app.Editor).Open("/settings", 200).Says("Devices 2")
	b.Submit("/settings/password", map[string]string{"current_password": "wrong-one", "new_password": "a longer sentence"}, 422)
	if strings.Contains(b.Body, "wrong-one") || strings.Contains(b.Body, "a longer sentence") {
		t.Error("a password came back in the page")
	}
	b.Submit("/settings/password", map[string]string{"current_password": testkit.Password, "new_password": "a longer sentence", "keep_tokens": "on"}, 200).
		Says("your API tokens still work").Says("Devices 1")
	app.As(other).Get("/settings").Is(303)
	app.Bearer(app.Editor).Get("/api/workspaces").Is(200)
}

func TestADeviceIsSignedOutFromAfar(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	other := app.SignIn(app.Editor)
	b := app.Browser(app.Editor).Open("/settings", 200).Says("This device")
	b.Submit("/settings/devices/"+other.Session.ID+"/end", nil, 200).Says("That device is signed out.")
	app.As(other).Get("/settings").Is(303)
	app.As(app.Viewer).Form("/settings/devices/"+app.Editor.Session.ID+"/end", url.Values{}).Is(404)
}

func TestATokenIsShownOnceAndRevoked(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(app.Editor).Open("/settings", 200)
	b.Submit("/settings/tokens", map[string]string{"name": strings.Repeat("x", 101), "expires": "7"}, 422)
	if b.Field("/settings/tokens", "expires") != "7" {
		t.Error("the chosen end did not come back")
	}
	b.Submit("/settings/tokens", map[string]string{"name": "ci-deploy", "expires": "30"}, 200).Says("It cannot be shown again").Says("ends in 30 days")
	token := b.Value("fresh")
	if !strings.HasPrefix(token, "or3_pat_") {
		t.Fatalf("the token is %q", token)
	}
	with := *app.Editor
	with.Token = token
	app.Bearer(&with).Get("/api/workspaces").Is(200)
	if b.Open("/settings", 200); strings.Contains(b.Body, token) {
		t.Error("the token is shown a second time")
	}
	at := strings.Index(b.Body, "/settings/tokens/")
	revoke := b.Body[at:][:len("/settings/tokens/")+36] + "/revoke"
	b.Submit(revoke, nil, 200).Says("The token is revoked.")
	app.Bearer(&with).Get("/api/workspaces").Is(401)
}

func TestNothingIsRevealedToAnotherSession(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	answer := app.As(app.Editor).Form("/settings/tokens", url.Values{"name": {"ci"}, "expires": {"30"}}).Is(303)
	sealed := ""
	for _, c := range answer.Header.Values("Set-Cookie") {
		if rest, ok := strings.CutPrefix(c, "or3_flash="); ok {
			sealed, _, _ = strings.Cut(rest, ";")
			if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") {
				t.Errorf("the cookie is %q", c)
			}
		}
	}
	if sealed == "" || strings.Contains(sealed, "or3_pat_") {
		t.Fatalf("the sealed cookie is %q", sealed)
	}
	page := func(p *testkit.Person, cookie string) string {
		return app.Nobody().With("Cookie", "or3_session="+p.Cookie+"; or3_flash="+cookie).Get("/settings").Is(200).Body
	}
	if !strings.Contains(page(app.Editor, sealed), `id="fresh"`) {
		t.Error("the person's own session does not see the token")
	}
	flipped := "A" + sealed[1:]
	if flipped == sealed {
		flipped = "B" + sealed[1:]
	}
	for what, body := range map[string]string{
		"somebody else": page(app.Viewer, sealed), "another browser of theirs": page(app.SignIn(app.Editor), sealed),
		"a changed cookie": page(app.Editor, flipped), "a short cookie": page(app.Editor, "AAAA"), "no base64": page(app.Editor, "%%%"),
	} {
		if strings.Contains(body, `id="fresh"`) {
			t.Errorf("%s is shown the token", what)
		}
	}
	app.Clock.Advance(3 * time.Minute)
	if strings.Contains(page(app.Editor, sealed), `id="fresh"`) {
		t.Error("the cookie still works after its time")
	}
}

func TestPreferencesAreCookiesOfTheBrowser(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(app.Viewer).Open("/settings", 200)
	b.Submit("/preferences", map[string]string{"theme": "dark", "keys": "off"}, 200).At("/settings")
	if !strings.Contains(b.Body, `data-theme="dark"`) || b.Field("/preferences", "theme") != "dark" || b.Field("/preferences", "keys") != "off" {
		t.Error("the page does not follow the preferences")
	}
	b.Open("/shortcuts", 200).Says("Single keys are off in this browser")
	b.Submit("/preferences", map[string]string{"keys": "on"}, 200).At("/shortcuts").Says("Single keys never act while you type")
	app.Nobody().Form("/preferences", url.Values{"theme": {"neon"}}).Is(400)
	if got := app.Nobody().Form("/preferences", url.Values{"theme": {"dark"}, "next": {"//evil.example"}}).Is(303).Header.Get("Location"); got != "/" {
		t.Errorf("next leads to %q", got)
	}
}

func TestAPersonMakesAndLeavesAWorkspace(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(app.Viewer).Open("/workspaces/new", 200)
	b.Submit("/workspaces/new", map[string]string{"name": "", "description": "Rotas"}, 422)
	if b.Field("/workspaces/new", "description") != "Rotas" {
		t.Error("what was typed did not come back")
	}
	b.Submit("/workspaces/new", map[string]string{"name": "Yard office"}, 200).Says("Yard office").Says("No threads yet")
	b.Open("/workspaces", 200).Says("Harbour").Says("Yard office")
	leave := "/w/" + app.Harbour + "/leave"
	b.Open(leave, 200).Says("Leave Harbour?").Says("you need an invite from Olga Owner and Cora Coowner")
	b.Submit(leave, nil, 200).At("/workspaces").Says("You left Harbour.")
	b.Open("/w/"+app.Harbour, 404)
}

func TestShortcutsNameOnlyWhatAPersonMayDo(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	app.Browser(app.Owner).Open("/shortcuts", 200).Says("Everyone on this server").Says("New thread")
	viewer := app.Browser(app.Viewer).Open("/shortcuts", 200)
	for _, hidden := range []string{"Everyone on this server", "New thread", "Audit log", "Members"} {
		if viewer.Shows(hidden) {
			t.Errorf("a viewer's sheet names %q", hidden)
		}
	}
}

func TestThePaletteShowsNothingAPersonMayNotSee(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	ask := func(p *testkit.Person) string {
		return app.As(p).With("HX-Request", "true").With("HX-Request-Type", "partial").Get("/search?q=owner").Is(200).Body
	}
	owner, editor, viewer := ask(app.Owner), ask(app.Editor), ask(app.Viewer)
	if !strings.Contains(owner, "Change the role of Olga Owner") || strings.Contains(owner, "<html") {
		t.Errorf("the owner finds\n%s", owner)
	}
	if strings.Contains(editor, "Change the role") || !strings.Contains(editor, "What can Olga Owner do, and why?") {
		t.Errorf("the editor finds\n%s", editor)
	}
	if strings.Contains(viewer, "Olga") {
		t.Errorf("the viewer finds\n%s", viewer)
	}
	app.Browser(app.Viewer).Open("/search?q="+url.QueryEscape(`<script>"`), 200).Says(`Nothing matches “<script>"”`)
}

func TestBadFormsAreRefusedAndNothingHappens(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	as := app.As(app.Owner)
	const form = "application/x-www-form-urlencoded"
	browser := as.With("Origin", app.URL).With("Sec-Fetch-Site", "same-origin")
	save := "/admin/workspaces/" + app.Harbour
	for name, body := range map[string]string{
		"bad UTF-8": "name=%ff&description=", "NUL": "name=a%00b&description=", "an unknown field": "name=X&description=&owner=me",
		"a field twice": "name=X&name=Y&description=", "broken escapes": "name=%zz&description=",
	} {
		if got := browser.Do("POST", save, form, []byte(body)).Status; got != 400 && got != 422 {
			t.Errorf("%s: status %d", name, got)
		}
	}
	browser.Do("POST", save, "application/json", []byte(`{"name":"X"}`)).Is(415)
	browser.Do("POST", save, form, []byte("name="+strings.Repeat("x", 2<<20))).Is(413)
	as.With("Origin", "https://evil.example").Do("POST", save, form, []byte("name=X&description=")).Is(403)
	as.With("Sec-Fetch-Site", "cross-site").Do("POST", save, form, []byte("name=X&description=")).Is(403)
	app.Browser(app.Owner).Open("/admin/workspaces", 200).Says("Harbour, 5 members")
}
