package server_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/server"
)

// yard builds testdata/yard, the plugin of these tests, once for all of them.
var yard = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "or3-yard")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "yard"))); err != nil {
		return nil, err
	}
	if err := os.Remove(filepath.Join(dir, "main.go")); err != nil {
		return nil, err
	}
	build := exec.Command("go", "build", "-trimpath", "-buildmode=c-shared", "-ldflags=-s -w", "-o", filepath.Join(dir, "plugin.wasm"), "./testdata/yard")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if said, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, said)
	}
	var zip bytes.Buffer
	err = archive.Pack(&zip, os.DirFS(dir))
	return zip.Bytes(), err
})

// withYard is a program on which the plugin runs in Harbour.
func withYard(t *testing.T, o testkit.Options) *testkit.App {
	t.Helper()
	zip, err := yard()
	must(t, err)
	app := testkit.Open(t, o)
	_, err = app.Plugins.Install(context.Background(), app.Owner.Session, zip, plugins.InstallOptions{GrantAll: true})
	must(t, err)
	must(t, app.Plugins.Enable(context.Background(), app.Owner.Session, "yard.plan", app.Harbour))
	return app
}

// hiddenIn are the hidden fields of the first form that posts to an address.
func hiddenIn(t *testing.T, body, address string) url.Values {
	t.Helper()
	_, form, ok := strings.Cut(body, `action="`+address+`"`)
	if !ok {
		t.Fatalf("no form posts to %s", address)
	}
	form, _, _ = strings.Cut(form, "</form>")
	fields := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(form, -1) {
		fields.Set(m[1], strings.NewReplacer("&#34;", `"`, "&amp;", "&", "&#43;", "+").Replace(m[2]))
	}
	return fields
}

func with(fields url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for name, values := range fields {
		out[name] = values
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

// Who sees what of a plugin is the route's permission and the page's, in the
// workspace where it runs.
func TestAPluginsPageIsForWhoMayReadItWhereItRuns(t *testing.T) {
	app := withYard(t, testkit.Options{})
	console, there := "/admin/x/yard.plan", "/w/"+app.Harbour+"/x/yard.plan"
	people := map[string]*testkit.Person{"viewer": app.Viewer, "editor": app.Editor, "owner": app.Owner, "stranger": app.Stranger}
	for _, c := range []struct {
		path                            string
		viewer, editor, owner, stranger int
	}{
		{console, 403, 200, 200, 404}, {console + "/hulls", 403, 200, 200, 404}, {console + "/write", 403, 200, 200, 404}, {console + "/own", 403, 403, 200, 404},
		{there, 403, 200, 200, 404}, {there + "/hulls", 200, 200, 200, 404}, {there + "/hulls/h14", 200, 200, 200, 404}, {there + "/write", 403, 200, 200, 404}, {there + "/own", 403, 403, 200, 404},
		{there + "/-/widgets/slips", 403, 200, 200, 404}, {there + "/-/widgets/none", 404, 404, 404, 404}, {there + "/hulls/", 404, 404, 404, 404}, {there + "/no", 403, 404, 404, 404},
		{"/w/" + app.Harbour + "/x/nothing", 404, 404, 404, 404}, {"/admin/x/nothing", 403, 404, 404, 404},
		{"/w/" + app.Elsewhere + "/x/yard.plan/hulls", 404, 404, 404, 404},
	} {
		for who, want := range map[string]int{"viewer": c.viewer, "editor": c.editor, "owner": c.owner, "stranger": c.stranger} {
			if got := app.As(people[who]).Get(c.path); got.Status != want {
				t.Errorf("%s as %s: %d, want %d", c.path, who, got.Status, want)
			}
		}
	}
	if got := app.Nobody().Get(there).Is(303).Header.Get("Location"); !strings.HasPrefix(got, "/sign-in") {
		t.Errorf("nobody is sent to %s", got)
	}
	app.As(app.Viewer).Get(there + "/hulls").Says("You are viewer, asked as ").Says("Hull 14").Says("/hulls/h14\"")
	app.As(app.Viewer).Get(there + "/hulls/h14").Says("Hull h14")
	must(t, app.Plugins.Disable(context.Background(), app.Owner.Session, "yard.plan", app.Harbour))
	app.As(app.Owner).Get(there + "/hulls").Is(404)
	app.As(app.Owner).Form(there+"/-/actions/say", url.Values{}).Is(404)
}

// A plugin that fails is a calm page with the request id; owners find its log.
func TestAPluginThatFailsIsACalmPage(t *testing.T) {
	app := withYard(t, testkit.Options{Adjust: func(o *server.Options) { o.PluginTime = 2 * time.Second }}) // one does not end
	there := "/w/" + app.Harbour + "/x/yard.plan"
	for path, words := range map[string]string{"/loop": "Slipway planner took too long and was stopped.", "/trap": "Slipway planner failed.", "/fails": "reported an error", "/away": "cannot be shown", "/large": "cannot be shown"} {
		app.Clock.Advance(2 * 60e9) // the ones before are no reason to pause it
		got := app.As(app.Owner).Get(there + path).Is(500).Says(words).Says("Request <code>").Says("/admin/plugins/yard.plan/log").Says("Slipway planner")
		if !strings.Contains(got.Body, got.Header.Get("X-Request-Id")) {
			t.Errorf("%s: the page has another request id", path)
		}
		if editor := app.As(app.Editor).Get(there + path).Is(500); strings.Contains(editor.Body, "/admin/plugins/") || strings.Contains(editor.Body, "no water in the basin") {
			t.Errorf("%s: an editor is told what is for owners", path)
		}
	}
	for range 3 {
		app.As(app.Owner).Get(there + "/trap").Is(500)
	}
	app.As(app.Owner).Get(there + "/hulls").Is(500).Says("paused for a while.").Says("Try again in")
	app.As(app.Owner).Get("/w/" + app.Harbour).Is(200)
}

// What a plugin says is words, never markup, and leads nowhere else.
func TestWhatAHostilePluginSaysIsWords(t *testing.T) {
	app := withYard(t, testkit.Options{})
	there := "/w/" + app.Harbour + "/x/yard.plan"
	got := app.As(app.Owner).Get(there + "/script").Is(200)
	if strings.Contains(got.Body, "<script>alert") || strings.Contains(got.Body, "<img src=x") {
		t.Error("it runs")
	}
	page := app.As(app.Owner).Get(there + "/hulls").Is(200)
	app.As(app.Owner).Form(there+"/-/actions/away", hiddenIn(t, page.Body, there+"/-/actions/away")).Is(500).Says("cannot be shown")
	if to := app.As(app.Owner).Get(there + "/leads").Is(303).Header.Get("Location"); to != there+"/hulls" {
		t.Errorf("it leads to %s", to)
	}
}

func TestAPluginsFormIsHeldAgainstWhatItAskedFor(t *testing.T) {
	app := withYard(t, testkit.Options{})
	there := "/w/" + app.Harbour + "/x/yard.plan"
	save := there + "/-/actions/save"
	page := app.As(app.Editor).Get(there + "/form").Is(200).Says("Plan a hull").Says("Ed")
	fields := hiddenIn(t, page.Body, save)
	good := with(fields, "name", "Hull 14", "length", "12.5", "slip", "4")

	app.As(app.Editor).Form(save, with(good, "name", strings.Repeat("x", 21), "length", "long", "slip", "6", "who", "nobody", "where", app.Elsewhere)).Is(422).
		Says("At most 20 characters").Says("Write a number.").Says("Choose one of the list.").Says("Choose a member of this workspace.").Says("Choose one of your workspaces.").Says(`value="long"`).Says("things to fix")
	app.As(app.Editor).Form(save, with(good, "name", "Hull 13")).Is(422).Says("There is no Hull 13 in any yard.").Says(`value="Hull 13"`)
	app.As(app.Editor).Form(save, with(good, "name", "Nobody", "key", "top secret")).Is(422).Says("The crane is away.")
	if again := app.As(app.Editor).Form(save, with(good, "name", "", "key", "top secret")).Is(422); strings.Contains(again.Body, "top secret") {
		t.Error("a secret comes back")
	}
	to := app.As(app.Editor).Form(save, good).Is(303).Header.Get("Location")
	if to != there+"/hulls" {
		t.Errorf("it goes on to %s", to)
	}
	b := app.Browser(app.Editor).Open(there+"/form", 200)
	b.Submit(save, map[string]string{"name": "Hull 14", "length": "12.5", "slip": "4"}, 200).Says("Saved Hull 14, 12.5 m, slip 4")

	// Forged, another's, another page's, an old version's, and one that sends elsewhere.
	for what, bad := range map[string]url.Values{"none": with(good, "_sealed", ""), "noise": with(good, "_sealed", "AAAA"), "another page": with(good, "_page", "hulls"), "cut": with(good, "_sealed", good.Get("_sealed")[:40])} {
		got := app.As(app.Editor).Form(save, bad).Is(409).Says("earlier version of the page")
		if what != "another page" && !strings.Contains(got.Body, `value="Hull 14"`) {
			t.Errorf("%s: what was typed is gone", what)
		}
	}
	app.As(app.Owner).Form(save, good).Is(409)
	app.As(app.Editor).Form(there+"/-/actions/show", good).Is(409)
	app.As(app.Editor).Form(there+"/-/actions/say", good).Is(303) // its own button
	app.As(app.Viewer).Form(save, good).Is(403)
	app.As(app.Editor).Form(there+"/-/actions/none", good).Is(404)
	app.As(app.Editor).Form("/w/"+app.Elsewhere+"/x/yard.plan/-/actions/save", good).Is(404)
	app.As(app.Editor).With("Origin", "https://evil.example").With("Sec-Fetch-Site", "cross-site").Do("POST", save, "application/x-www-form-urlencoded", []byte(good.Encode())).Is(403)
	app.Clock.Advance(25 * 3600e9)
	app.As(app.Editor).Form(save, good).Is(409)
}

func TestAPluginsButtonsDoWhatTheyWereShownWith(t *testing.T) {
	app := withYard(t, testkit.Options{})
	there := "/w/" + app.Harbour + "/x/yard.plan"
	say, remove := there+"/-/actions/say", there+"/-/actions/remove"
	page := app.As(app.Viewer).Get(there + "/hulls?sort=name").Is(200)
	lower := hiddenIn(t, page.Body, say)
	if to := app.As(app.Viewer).Form(say, lower).Is(303).Header.Get("Location"); to != there+"/hulls?sort=name" {
		t.Errorf("it comes back to %s", to)
	}
	app.As(app.Viewer).Form(say, with(lower, "_values", `{"row":"h15"}`)).Is(409).Says("earlier version")
	app.As(app.Viewer).Form(there+"/-/actions/own", with(lower)).Is(403)
	// What the manifest has asked is asked without scripts too.
	gone := hiddenIn(t, page.Body, remove)
	gone.Del("_confirmed")
	ask := app.As(app.Viewer).Form(remove, gone).Is(200).Says("Remove it from the plan?").Says("From the plugin Slipway planner.")
	app.As(app.Viewer).Form(remove, hiddenIn(t, ask.Body, remove)).Is(303)
	// With htmx the plugin's part of the page is all that comes.
	part := app.As(app.Viewer).With("HX-Request", "true").With("HX-Request-Type", "partial")
	got := part.Form(say, lower).Is(200).Says("Done by viewer h14").Says(`role="status"`)
	if strings.Contains(got.Body, "<html") || strings.Contains(got.Body, "sidebar") {
		t.Error("more than the plugin's part came")
	}
	part.Form(there+"/-/actions/show", hiddenIn(t, page.Body, there+"/-/actions/show")).Is(200).Says("Only shown.")
	app.As(app.Viewer).Form(there+"/-/proposals/propose", url.Values{}).Is(403)
	form := hiddenIn(t, app.As(app.Viewer).Get(there+"/form").Is(200).Body, there+"/-/actions/save")
	part.Form(there+"/-/proposals/propose", with(form, "query", "Far")).Is(200).Says(`<option value="Far north" label="&lt;b&gt;">`)
	part.Form(there+"/-/proposals/save", with(form, "query", "Far")).Is(403)
	plain := app.Browser(app.Viewer).Open(there+"/plain", 200).Says("Nobody has said anything.")
	plain.Submit(there+"/plain", map[string]string{"word": ""}, 422).Says("Fill this in.")
	plain.Submit(there+"/plain", map[string]string{"word": "ahoy"}, 200).Says("You said ahoy")
}

func TestAPluginsFormBringsAFile(t *testing.T) {
	app := withYard(t, testkit.Options{})
	there := "/w/" + app.Harbour + "/x/yard.plan"
	fields := hiddenIn(t, app.As(app.Editor).Get(there+"/form").Is(200).Body, there+"/-/actions/save")
	send := func(kind string, sizes ...int) *testkit.Response {
		var body strings.Builder
		part := func(head, text string) {
			body.WriteString("--b\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + text + "\r\n")
		}
		for name := range fields {
			part(`name="`+name+`"`, fields.Get(name))
		}
		part(`name="name"`, "Hull 14")
		for _, size := range sizes {
			part(`name="plan"; filename="C:\boats\plan.csv"`+"\r\nContent-Type: "+kind, strings.Repeat("1", size))
		}
		body.WriteString("--b--\r\n")
		return app.As(app.Editor).Do("POST", there+"/-/actions/save", `multipart/form-data; boundary=b`, []byte(body.String()))
	}
	send("text/csv", 1500).Is(303)
	send("text/csv", 2500).Is(422).Says("At most 2 KB")
	send("text/html", 15).Is(422).Says("Choose a file of type text/csv.")
	send("text/csv", 2<<20).Is(413)
	send("text/csv", 15, 20).Is(422).Says("The field “plan” takes one file, and two came.")
}

// The log says which plugin did something by its name, and leads to it.
func TestTheAuditLogNamesAPlugin(t *testing.T) {
	app := withYard(t, testkit.Options{})
	must(t, app.Audit.Record(t.Context(), audit.Entry{
		Action: "plugin:yard.plan.hull.lowered", Actor: audit.Actor{Kind: audit.System, Name: "plugin:yard.plan"}, WorkspaceID: app.Harbour, TargetKind: "plugin", TargetID: "yard.plan",
		Details: map[string]any{"plugin": "yard.plan", "version": "1.0.0", "said": nil},
	}))
	app.As(app.Owner).Get("/admin/audit").Is(200).Says(`<a href="/admin/plugins/yard.plan">Slipway planner</a>`).Says(`<span class="audit-who">Slipway planner</span>`)
}

// A widget that fails is a card of its own, with its request id and another try.
func TestAWidgetFailsAlone(t *testing.T) {
	app := withYard(t, testkit.Options{})
	there := "/w/" + app.Harbour + "/x/yard.plan"
	part := app.As(app.Owner).With("HX-Request", "true").With("HX-Request-Type", "partial")
	part.Get(there + "/-/widgets/slips?size=large").Is(200).Says("Slips in Harbour").Says("large").Says("widget-view")
	broken := part.Get(there + "/-/widgets/broken?size=small").Is(200).Says("Request <code>").Says("Try again").Says(there + "/-/widgets/broken?size=small")
	if strings.Contains(broken.Body, "<html") {
		t.Error("a whole page came")
	}
	app.As(app.Owner).Get(there + "/-/widgets/slips").Is(200).Says("<html").Says("Slips in Harbour")
	fields := hiddenIn(t, part.Get(there+"/-/widgets/slips?size=large").Body, there+"/-/actions/say")
	part.Form(there+"/-/actions/say", fields).Is(200).Says("Done by owner").Says("Slips in Harbour")
	board := app.Browser(app.Owner).Open("/w/"+app.Harbour+"/dashboard", 200)
	_ = board
	if to := app.As(app.Owner).Form(there+"/-/actions/say", fields).Is(303).Header.Get("Location"); to != "/w/"+app.Harbour+"/dashboard" {
		t.Errorf("without scripts it goes to %s", to)
	}
}

// Everybody sees the dashboard an owner arranged, each what they may.
func TestAnOwnerArrangesTheDashboard(t *testing.T) {
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		zip, err := yard()
		must(t, err)
		_, err = app.Plugins.Install(context.Background(), app.Owner.Session, zip, plugins.InstallOptions{GrantAll: true})
		must(t, err)
		board := "/w/" + app.Harbour + "/dashboard"
		app.As(app.Owner).Get(board).Is(200).Says("No widgets yet")
		if nav := app.As(app.Owner).Get("/w/" + app.Harbour).Is(200); strings.Contains(nav.Body, board) {
			t.Error("a dashboard without widgets is in the navigation")
		}
		must(t, app.Plugins.Enable(context.Background(), app.Owner.Session, "yard.plan", app.Harbour))
		app.As(app.Owner).Get("/w/" + app.Harbour).Is(200).Says(`href="` + board + `"`).Says("/x/yard.plan/hulls")
		app.As(app.Owner).Get("/admin").Is(200).Says("/admin/x/yard.plan/-/widgets/slips").Says(`href="/admin/x/yard.plan"`).Says("Office")
		order := func(who *testkit.Person) (found []string) {
			for _, m := range regexp.MustCompile(`widgets/(\w+)\?size=(\w+)" hx-trigger`).FindAllStringSubmatch(app.As(who).Get(board).Is(200).Body, -1) {
				found = append(found, m[1]+" "+m[2])
			}
			return found
		}
		want := func(who *testkit.Person, widgets ...string) {
			t.Helper()
			if got := order(who); fmt.Sprint(got) != fmt.Sprint(widgets) {
				t.Errorf("%s sees %q, want %q", who.Name, got, widgets)
			}
		}
		want(app.Owner, "slips medium", "broken small")
		b := app.Browser(app.Owner).Open(board+"?arrange=on", 200).Says("Arrange the dashboard")
		if !strings.Contains(b.Body, `aria-label="Move Slips down"`) {
			t.Error("nothing to arrange with")
		}
		do := func(what, widget string) *testkit.Response {
			return app.As(app.Owner).Form(board, url.Values{"do": {what}, "widget": {"yard.plan/" + widget}})
		}
		do("down", "slips").Is(303)
		do("large", "broken").Is(303)
		want(app.Editor, "broken large", "slips medium")
		want(app.Viewer)
		do("remove", "broken").Is(303)
		want(app.Editor, "slips medium")
		part := app.As(app.Owner).With("HX-Request", "true").With("HX-Request-Type", "partial")
		part.Form(board, url.Values{"do": {"add"}, "widget": {"yard.plan/broken"}}).Is(200).Says("is at the end of the dashboard.").Says(`id="board"`)
		part.Form(board, url.Values{"do": {"move"}, "widget": {"yard.plan/broken"}, "to": {"0"}}).Is(200).Says("Tide gauge is now 1 of 2.")
		want(app.Editor, "broken small", "slips medium")
		do("reset", "").Is(303)
		want(app.Editor, "slips medium", "broken small")
		app.As(app.Editor).Form(board, url.Values{"do": {"remove"}, "widget": {"yard.plan/slips"}}).Is(403)
		if page := app.As(app.Editor).Get(board + "?arrange=on").Is(200); strings.Contains(page.Body, "Move Slips") {
			t.Error("an editor is offered to arrange")
		}
		app.As(app.Stranger).Form(board, url.Values{"do": {"reset"}}).Is(404)
		do("up", "none").Is(303)
		app.As(app.Owner).Get("/admin/audit").Is(200).Says("dashboard")
	})
}

// The files of a plugin go to members where it runs, as plain as they are.
func TestAPluginsFilesAreForMembersAndHarmless(t *testing.T) {
	app := withYard(t, testkit.Options{})
	there := "/w/" + app.Harbour + "/x/yard.plan"
	page := app.As(app.Owner).Get(there + "/frame").Is(200)
	mark := regexp.MustCompile(`/assets/plugins/yard\.plan/[0-9a-f]{12}/mark\.svg`).FindString(page.Body)
	frame := regexp.MustCompile(`/assets/plugins/yard\.plan/[0-9a-f]{12}-[^/"]+/map\.html`).FindString(page.Body)
	if mark == "" || frame == "" || !strings.Contains(page.Header.Get("Content-Security-Policy"), "frame-src 'self'") {
		t.Fatalf("the page shows %q and %q under %s", mark, frame, page.Header.Get("Content-Security-Policy"))
	}
	got := app.As(app.Viewer).Get(mark).Is(200)
	if h := got.Header; h.Get("Content-Type") != "image/svg+xml" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") ||
		h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Cache-Control"), "immutable") {
		t.Errorf("%v", got.Header)
	}
	app.Nobody().Get(mark).Is(401)
	app.As(app.Stranger).Get(mark).Is(404)
	document := strings.Replace(mark, "mark.svg", "map.html", 1)
	if got := app.As(app.Viewer).Get(document).Is(200); !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain") {
		t.Error("a document of a plugin is a page of ours")
	}
	framed := app.Nobody().Get(frame).Is(200)
	if policy := framed.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox allow-scripts allow-forms;") || !strings.Contains(policy, "connect-src 'none'") || !strings.Contains(policy, "frame-ancestors 'self'") {
		t.Errorf("a frame's policy is %s", policy)
	}
	app.Nobody().Get(strings.Replace(frame, "map.html", "map.js", 1)).Is(200)
	app.Nobody().Get(strings.Replace(frame, "-", "-f", 1)).Is(401)
	app.As(app.Owner).Get(strings.Replace(mark, "mark.svg", "none.svg", 1)).Is(404)
	app.As(app.Owner).Get(strings.Replace(mark, "mark.svg", "../or3.manifest.json", 1)).Is(400)
	app.Clock.Advance(14 * 3600e9)
	app.Nobody().Get(frame).Is(401)
}
