package server_test

import (
	"net/url"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

const tides = "/admin/plugins/kestrel.tides"

// agree agrees to all that the version that waits asks for.
func agree(t testing.TB, app *testkit.App) {
	t.Helper()
	page := app.As(app.Owner).Get(tides + "/consent").Is(200)
	app.As(app.Owner).Form(tides+"/consent", url.Values{"version": {hiddenValue(t, page.Body, "version")}, "sha256": {hiddenValue(t, page.Body, "sha256")}, "grant": {"ui.page"}}).Is(303)
}

// withTides is a server with the plugin agreed to and on in Harbour.
func withTides(t testing.TB, p consolePack) *testkit.App {
	t.Helper()
	app := testkit.Open(t, testkit.Options{})
	sendPackage(t, app.As(app.Owner), p.zip(t)).Is(303)
	agree(t, app)
	app.As(app.Owner).Form(tides+"/workspaces/"+app.Harbour+"/enable", nil).Is(303)
	return app
}

func TestAPluginFromPackageToPurge(t *testing.T) {
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		owner := app.As(app.Owner)
		owner.Get("/admin/plugins").Is(200).Says("No plugins yet").Says("or3 plugin new")
		sent := sendPackage(t, owner, consolePack{}.zip(t)).Is(303)
		if at := sent.Header.Get("Location"); at != tides+"/consent" {
			t.Fatalf("sent on to %s", at)
		}
		owner.Get("/admin/plugins").Is(200).Says("Waits for consent").Says("1 waits for an answer").Says("that need somebody")
		owner.Get("/admin").Is(200).Says("Tides 1.0.0 waits for an answer")
		page := owner.Get(tides + "/consent").Is(200).Says("Allow Tides?").Says("“Shows the tides.”").Says("Low risk").Says("Unsigned").Says("reach any other server")
		version, sum := hiddenValue(t, page.Body, "version"), hiddenValue(t, page.Body, "sha256")
		owner.Form(tides+"/workspaces/"+app.Harbour+"/enable", nil).Is(303)
		owner.Get(tides).Is(200).Says("Nobody has agreed yet")
		owner.Form(tides+"/consent", url.Values{"version": {version}, "sha256": {strings.Repeat("0", 64)}, "grant": {"ui.page"}}).Is(409).Says("Somebody has sent another package meanwhile")
		owner.Form(tides+"/consent", url.Values{"version": {version}, "sha256": {sum}, "grant": {"ui.page"}}).Is(303)
		owner.Form(tides+"/workspaces/"+app.Harbour+"/enable", nil).Is(303)
		owner.Get(tides).Is(200).Says("Running").Says("Shows the tides.").Says("In use").Says(`Open <a href="/admin/x/kestrel.tides`)

		sendPackage(t, owner, consolePack{version: "1.1.0", caps: `,{"name":"kv","reason":"Remembers the moon.","quota_kb":64}`}.zip(t)).Is(409).Says("is installed already").Says(`name="force"`)
		sendPackage(t, owner, consolePack{version: "1.1.0", caps: `,{"name":"kv","reason":"Remembers the moon.","quota_kb":64}`}.zip(t), "force").Is(303)
		more := owner.Get(tides + "/consent").Is(200).Says("Update Tides?").Says("1 thing more").Says(">New<").Says("Keep 1.0.0")
		owner.Form(tides+"/consent", url.Values{"version": {"1.1.0"}, "sha256": {hiddenValue(t, more.Body, "sha256")}, "grant": {"ui.page", "kv"}}).Is(303)
		owner.Get(tides).Is(200).Says("1.1.0, H. Lindqvist").Says("Go back to 1.0.0")
		owner.Get(tides + "/rollback?version=1.0.0").Is(200).Says("Go back to Tides 1.0.0?")
		owner.Form(tides+"/rollback", url.Values{"version": {"1.0.0"}}).Is(303)
		owner.Get(tides).Is(200).Says("1.0.0, H. Lindqvist").Says("Go back to 1.1.0")

		owner.Get(tides + "/stop").Is(200).Says("Stop Tides everywhere?")
		owner.Form(tides+"/stop", nil).Is(303)
		owner.Get("/admin/plugins").Is(200).Says("Stopped")
		owner.Form(tides+"/start", nil).Is(303)
		owner.Get(tides + "/export").Is(200)
		owner.Get("/api/admin/audit?action=plugin.exported").Is(200).Says(`"target_id":"kestrel.tides"`)
		owner.Get(tides + "/uninstall").Is(200).Says("It stops in 1 workspace at once.")
		owner.Form(tides+"/uninstall", nil).Is(303)
		owner.Get("/admin/plugins?show=uninstalled").Is(200).Says("Uninstalled").Says("days left").Says("None installed")
		owner.Form(tides+"/reinstate", nil).Is(303)
		owner.Get(tides).Is(200).Says("In use")
		owner.Form(tides+"/uninstall", nil).Is(303)
		owner.Form(tides+"/purge", url.Values{"name": {"tides"}}).Is(422).Says("This is not its id")
		owner.Form(tides+"/purge", url.Values{"name": {"kestrel.tides"}}).Is(303)
		owner.Get(tides).Is(404)
	})
}

func TestARefusedPackageShowsEveryFinding(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	bad := consolePack{caps: `,{"name":"ui.widget","reason":""},{"name":"kv","reason":"x","quota_kb":0}`}.zip(t)
	page := sendPackage(t, app.As(app.Owner), bad).Is(422).Says("Package refused").Says("2 things are in the way").Says("/capabilities/1/reason").Says("or3 plugin check").Says("tides.zip was refused")
	if n := strings.Count(page.Body, "glyph-danger"); n != 2 {
		t.Errorf("%d findings", n)
	}
	part := sendPackage(t, app.As(app.Owner).With("HX-Request", "true").With("HX-Request-Type", "partial"), []byte("no zip")).Is(422).Says("archive/")
	if strings.Contains(part.Body, "<html") {
		t.Error("a script gets the whole page")
	}
	sendPackage(t, app.As(app.Owner), nil).Is(422)
	app.As(app.Owner).Get("/admin/plugins").Is(200).Says("No plugins yet")
}

func TestARefusedVersionIsThrownAway(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	sendPackage(t, app.As(app.Owner), consolePack{}.zip(t)).Is(303)
	page := app.As(app.Owner).Get(tides + "/consent").Is(200).Says("Do not install")
	form := url.Values{"version": {hiddenValue(t, page.Body, "version")}, "sha256": {hiddenValue(t, page.Body, "sha256")}, "grant": {"ui.page"}}
	app.As(app.Owner).Form(tides+"/refuse", form).Is(303)
	app.As(app.Owner).Get("/admin/plugins").Is(200).Says("No plugins yet")
}

// Whoever is asked reads what another plugin has that this one gets.
func TestConsentTellsWhosePlaceIsTaken(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	owner := app.As(app.Owner)
	install(t, owner, buoy(t, "1.0.0", ""), "grant", "all").Is(201)
	sendPackage(t, owner, consolePack{more: `,"replaces":["kestrel.buoy","kestrel.gone"]`}.zip(t)).Is(303)
	page := owner.Get(tides + "/consent").Is(200).Says("takes the place of Buoy (kestrel.buoy)")
	if strings.Contains(page.Body, "kestrel.gone") {
		t.Error("it tells of a plugin that is not there")
	}
}

func TestWhatIsNotTickedIsNotGranted(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	sendPackage(t, app.As(app.Owner), consolePack{caps: `,{"name":"kv","reason":"Remembers the moon.","quota_kb":64}`}.zip(t)).Is(303)
	agree(t, app) // to ui.page alone
	page := app.As(app.Owner).Get(tides).Is(200).Says("Shows the tides.")
	if strings.Contains(page.Body, "Remembers the moon.") {
		t.Error("what was not ticked stands among what it may do")
	}
}

func TestOwnersOfOtherWorkspacesSwitchAndSetInTheirsAlone(t *testing.T) {
	app := withTides(t, consolePack{})
	sendPackage(t, app.As(app.Owner), consolePack{version: "2.0.0", caps: `,{"name":"kv","reason":"Secret plans.","quota_kb":64}`}.zip(t), "force").Is(303)
	other := app.As(app.Stranger)
	page := other.Get("/admin/plugins").Is(200).Says("Tides").Says("Installed")
	one := other.Get(tides).Is(200).Says("In Elsewhere")
	for _, not := range []string{"Harbour", "2.0.0", "Secret plans", `id="install"`, "Stop everywhere", "Uninstall"} {
		if strings.Contains(page.Body, not) || strings.Contains(one.Body, not) {
			t.Errorf("an owner of another workspace is told %q", not)
		}
	}
	other.Get(tides + "/consent").Is(404)
	sendPackage(t, other, consolePack{}.zip(t)).Is(403)
	other.Form(tides+"/stop", nil).Is(403)
	other.Form(tides+"/workspaces/"+app.Harbour+"/disable", nil).Is(404)
	other.Form(tides+"/workspaces/"+app.Elsewhere+"/enable", nil).Is(303)
	other.Get(tides).Is(200).Says("Running")
	app.As(app.Owner).Get(tides).Is(200).Says("Where it is on").Says("Elsewhere")
	app.As(app.Owner).Form(tides+"/workspaces/"+app.Elsewhere+"/enable", nil).Is(404)
	app.As(app.Owner).Form(tides+"/workspaces/"+app.Elsewhere+"/disable", nil).Is(404)

	reader := app.As(app.Editor).Get("/admin/plugins").Is(200).Says("Tides").Says("can change it")
	for _, not := range []string{`class="flip"`, "Send package"} {
		if strings.Contains(reader.Body, not) {
			t.Errorf("an editor is offered %q", not)
		}
	}
	app.As(app.Editor).Get(tides + "/settings").Is(200).Says("Ahoy")
	app.As(app.Editor).Form(tides+"/workspaces/"+app.Harbour+"/disable", nil).Is(403)
	app.As(app.Viewer).Get("/admin/plugins").Is(403)
	app.As(app.Viewer).Get(tides + "/log").Is(403)
}

func TestSettingsAreKeptCheckedAndSecret(t *testing.T) {
	app := withTides(t, consolePack{})
	owner, path := app.As(app.Owner), tides+"/workspaces/"+app.Harbour+"/settings"
	owner.Get(tides + "/settings").Is(200).Says(`value="Ahoy"`).Says("Not set").Says("At least 5, at most 60.").Says(app.Owner.Name)
	typed := url.Values{"greeting": {"Good day"}, "every": {"90"}, "loud": {"on"}, "tone": {"plain"}, "token": {"s3cret-token"}, "who": {app.Owner.ID}, "colour": {"#1a6b7c"}, "days": {"tue"}, "limits.day": {"2.5"}}
	page := owner.Form(path, typed).Is(422).Says(`value="Good day"`).Says(`value="90"`).Says(`aria-invalid="true"`)
	if strings.Contains(page.Body, "s3cret-token") {
		t.Error("a secret came back")
	}
	typed.Set("greeting", "A greeting that is far too long")
	owner.Form(path, typed).Is(422).Says("Greeting: It has 31 characters; 20 are the most.").Says("Minutes: It has to be at most 60.")
	typed.Set("greeting", "")
	owner.Form(path, typed).Is(422).Says("Greeting: Fill this in.")
	typed.Set("greeting", "Good day")
	typed.Set("every", "soon")
	owner.Form(path, typed).Is(422).Says("Write a whole number.")
	typed.Set("every", "30")
	owner.Form(path, typed).Is(303)
	saved := owner.Get(tides + "/settings").Is(200).Says(`value="Good day"`).Says(`value="30"`).Says(`value="2.5"`).Says(`fill="#1a6b7c"`).Says("Type another one to replace it")
	if strings.Contains(saved.Body, "s3cret-token") || strings.Contains(saved.Body, "******") {
		t.Error("the page shows the secret, or its mask")
	}
	if !strings.Contains(saved.Body, `value="tue" checked`) || strings.Contains(saved.Body, `value="mon" checked`) {
		t.Error("the days are not those that were chosen")
	}
	typed.Set("token", "")
	owner.Form(path, typed).Is(303)
	owner.Get(tides + "/settings").Is(200).Says("Type another one to replace it")
	typed.Set("token.clear", "on")
	owner.Form(path, typed).Is(303)
	owner.Get(tides + "/settings").Is(200).Says("Not set")

	owner.Form(path+"/check?field=every", url.Values{"greeting": {"x"}, "every": {"3"}}).Is(200).Says(`aria-invalid="true"`).Says(`value="3"`)
	good := owner.Form(path+"/check?field=every", url.Values{"greeting": {"x"}, "every": {"10"}}).Is(200)
	if strings.Contains(good.Body, "aria-invalid") {
		t.Error("a right value is wrong")
	}
	owner.Form(path+"/check?field=token", url.Values{"token": {"x"}}).Is(404)
	app.As(app.Stranger).Get(tides + "/settings").Is(200).Says(`value="Ahoy"`)
	app.As(app.Stranger).Form(path, typed).Is(404)
}

func TestCallsAndLogTellWhatHappened(t *testing.T) {
	app := withTides(t, consolePack{trap: true})
	owner := app.As(app.Owner)
	owner.Get(tides + "/calls").Is(200).Says("No calls")
	owner.Get(tides + "/log?level=warn&pause=on").Is(200).Says("No lines").Says("Paused at")
	for range 3 {
		owner.Get("/admin/x/kestrel.tides")
	}
	owner.Get(tides + "/calls?end=bad").Is(200).Says("Crashed").Says("Page")
	owner.Get(tides).Is(200).Says("Paused").Says("Let it run again")
	app.As(app.Stranger).Get(tides + "/calls").Is(200).Says("No calls")
	owner.Form(tides+"/workspaces/"+app.Harbour+"/release", nil).Is(303)
	if page := owner.Get(tides).Is(200); strings.Contains(page.Body, "Let it run again") {
		t.Error("it is still paused")
	}
}

func TestWhoMayDecideAboutPackages(t *testing.T) {
	app := withTides(t, consolePack{})
	for _, act := range []string{"consent", "refuse", "stop", "start", "rollback", "uninstall", "reinstate", "purge"} {
		for _, who := range []*testkit.Person{app.Viewer, app.Editor, app.Stranger} {
			app.As(who).Form(tides+"/"+act, nil).Is(403)
		}
	}
	for _, asking := range []string{"stop", "rollback", "uninstall", "purge", "export"} {
		app.As(app.Editor).Get(tides + "/" + asking).Is(403)
		app.As(app.Stranger).Get(tides + "/" + asking).Is(403)
	}
	admin := app.As(app.Admin) // runs the server, and is in none of its workspaces
	admin.Get("/admin/plugins").Is(200).Says("Send package")
	admin.Get(tides).Is(200).Says("Where it is on").Says("Stop everywhere")
	admin.Form(tides+"/stop", nil).Is(303)
	admin.Form(tides+"/start", nil).Is(303)
	app.Nobody().Get("/admin/plugins").Is(303)
	app.As(app.Owner).Get("/admin/plugins/no.such").Is(404)
	app.As(app.Owner).Get("/admin/plugins/Not-An-Id").Is(404)
}
