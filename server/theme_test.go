package server_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/archive"
)

// themeZip is a package with a theme.
func themeZip(t *testing.T, id, theme string) []byte {
	t.Helper()
	var zip bytes.Buffer
	must(t, archive.PackFiles(&zip, map[string][]byte{
		"or3.manifest.json": []byte(`{"schema":1,"kind":"theme","id":"` + id + `","name":"` + strings.ToUpper(id) + `","version":"1.0.0","api":"1","theme":` + theme + `}`),
		"assets/logo.svg":   []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="10"/></svg>`),
	}))
	return zip.Bytes()
}

// installTheme puts a theme on the server; an error is what the gate said.
func installTheme(t *testing.T, app *testkit.App, id, theme string) error {
	t.Helper()
	zip := themeZip(t, id, theme)
	_, err := app.Plugins.Install(context.Background(), app.Owner.Session, zip, plugins.InstallOptions{GrantAll: true})
	return err
}

// A theme dresses the pages of the workspace that chose it, and its owner always
// finds the way back.
func TestAWorkspaceIsDressedInItsTheme(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	must(t, installTheme(t, app, "plum", `{"light":{"accent":"#7a2a6a"},"logo":"assets/logo.svg"}`))
	must(t, installTheme(t, app, "moss", `{"dark":{"canvas":"#0b120d"}}`))
	if err := installTheme(t, app, "fog", `{"light":{"ink":"#b0b0b0"}}`); err == nil || !strings.Contains(err.Error(), "ink on canvas is") {
		t.Errorf("a theme that cannot be read: %v", err)
	}
	owner, viewer := app.Browser(app.Owner), app.As(app.Viewer)
	// Among the plugins they are what they are: nothing to be switched on.
	listed := app.As(app.Owner).Get("/admin/plugins").Is(200).Says("No plugins, 2 themes").Says("Themes<span class=\"sr\">, where PLUM is chosen</span>").Says("A zip of at most 25 MiB.").Body
	if strings.Contains(listed, "/admin/plugins/plum/workspaces/") {
		t.Error("a theme is switched on and off like what runs")
	}
	plain := func() {
		t.Helper()
		if body := viewer.Get("/w/" + app.Harbour).Is(200).Body; strings.Contains(body, "theme.css") || !strings.Contains(body, `<svg class="mark"`) {
			t.Error("a workspace without a theme is dressed in one")
		}
	}
	plain()
	// Who agrees to one is led to where it is chosen, and not told of failures.
	sendPackage(t, app.As(app.Owner), themeZip(t, "rust", `{"light":{"accent":"#7a3a1a"}}`)).Is(303)
	asked := owner.Open("/admin/plugins/rust/consent", 200)
	if strings.Contains(app.As(app.Owner).Get("/admin/plugins/rust/consent").Is(200).Body, "If it fails") {
		t.Error("a theme is said to fail")
	}
	asked.Submit("/admin/plugins/rust/consent", nil, 200).At("/admin/themes").Says("RUST 1.0.0 is installed.")

	// Its own page has nothing of what runs.
	about := owner.Open("/admin/plugins/plum", 200)
	if about.Offers("/admin/plugins/plum/calls") || about.Offers("/admin/plugins/plum/export") {
		t.Error("a theme is said to be called, or to keep something")
	}
	owner.Open("/admin/themes", 200).Submit("/admin/plugins/plum/workspaces/"+app.Harbour+"/enable", nil, 200).At("/admin/themes").Says("PLUM is on in Harbour.")
	sheet := linkTo(t, viewer.Get("/w/"+app.Harbour).Is(200).Says("/assets/plugins/plum/").Says(`<img class="mark mark-own"`).Body, "/theme.css")
	css := viewer.Get(sheet).Is(200).Says("--accent: light-dark(#7a2a6a, oklch(0.775 0.074 208));")
	if kind := css.Header.Get("Content-Type"); kind != "text/css; charset=utf-8" {
		t.Errorf("the stylesheet is sent as %s", kind)
	}
	viewer.Get(strings.TrimSuffix(sheet, "theme.css") + "logo.svg").Is(200)
	app.As(app.Stranger).Get(sheet).Is(404)
	app.Nobody().Get("/sign-in").Is(200)
	if strings.Contains(app.As(app.Owner).Get("/w/"+app.Annex).Is(200).Body, "theme.css") {
		t.Error("another workspace is dressed in it as well")
	}
	owner.Open("/w/"+app.Harbour, 200)
	app.As(app.Viewer).Get("/admin/themes").Is(403)

	// Another one takes its place, and neither stays behind.
	owner.Open("/admin/themes", 200).Submit("/admin/plugins/moss/workspaces/"+app.Harbour+"/enable", nil, 200)
	if body := viewer.Get("/w/" + app.Harbour).Is(200).Says("/assets/plugins/moss/").Body; strings.Contains(body, "/plum/") {
		t.Error("two themes at once")
	}
	if editor := app.Browser(app.Editor).Open("/admin/themes", 200); editor.Offers("/admin/themes/" + app.Harbour + "/default") {
		t.Error("an editor is offered to change the theme")
	}
	owner.Open("/admin/themes", 200).Submit("/admin/themes/"+app.Harbour+"/default", nil, 200).Says("Harbour has the default colours again.")
	plain()
	viewer.Get(sheet).Is(404) // it is used nowhere any more
}

// linkTo is the address of a link of a page by its end.
func linkTo(t *testing.T, body, end string) string {
	t.Helper()
	before, _, ok := strings.Cut(body, end)
	if !ok {
		t.Fatalf("nothing leads to %s", end)
	}
	return before[strings.LastIndex(before, `"`)+1:] + end
}
