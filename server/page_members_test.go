package server_test

import (
	"net/url"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

func TestAnOwnerChangesARoleAndItHoldsFromTheNextRequest(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	editor := app.Browser(app.Editor).Open("/admin/members", 200)
	owner := app.Browser(app.Owner).Open("/admin/members?sort=-name&q=harbour", 200)
	role := "/admin/members/" + app.Editor.ID + "/role"
	if !owner.Offers(role) {
		t.Fatal("the owner has no role menu")
	}
	app.As(app.Owner).Form(role, url.Values{"role": {"viewer"}}).Is(303)
	editor.Open("/admin/members", 403).Says("The admin pages are for owners and editors").Says("You are a viewer of Harbour").Says("Olga Owner and Cora Coowner can change that")
}

func TestAnEditKeepsTheListWhereItWas(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	list := "/admin/members?q=harbour&sort=-name"
	owner := app.As(app.Owner).With("Referer", app.URL+list)
	got := owner.Form("/admin/members/"+app.Viewer.ID+"/role", url.Values{"role": {"editor"}}).Is(303).Header.Get("Location")
	if got != list {
		t.Errorf("after the edit the browser goes to %q, want %q", got, list)
	}
	for _, referer := range []string{"https://evil.example" + list, app.URL + "/settings", "::"} {
		got := app.As(app.Owner).With("Referer", referer).Form("/admin/members/"+app.Viewer.ID+"/role", url.Values{"role": {"viewer"}}).Is(303).Header.Get("Location")
		if got != "/admin/members" {
			t.Errorf("coming from %q the browser goes to %q", referer, got)
		}
	}
}

func TestTheListFindsFiltersAndSortsByItsAddress(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(app.Owner)
	b.Open("/admin/members?q=VERA", 200).Says("Vera Viewer")
	if b.Shows("Ed Editor") {
		t.Error("the filter shows somebody who does not match")
	}
	b.Open("/admin/members?role=owner", 200).Says("Olga Owner").Says("Cora Coowner")
	if b.Shows("Vera Viewer") {
		t.Error("the role filter shows a viewer")
	}
	b.Open("/admin/members?q=nobody-at-all", 200).Says("Nobody matches").Says("Without the filter there are 5 people")
	b.Open("/admin/members?sort=-name", 200)
	if strings.Index(b.Body, "Vera Viewer") > strings.Index(b.Body, "Cora Coowner") {
		t.Error("the list is not turned round")
	}
	b.Open("/admin/members?sort=nonsense&role=nonsense&page=-3", 200).Says("Olga Owner")
}

func TestTheRowAloneAnswersHTMX(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	htmx := app.As(app.Owner).With("HX-Request", "true").With("HX-Request-Type", "partial")
	row := htmx.Form("/admin/members/"+app.Viewer.ID+"/role", url.Values{"role": {"editor"}}).Is(200).Says(`<tr id="member-` + app.Viewer.ID)
	if strings.Contains(row.Body, "<html") {
		t.Error("the fragment is a page")
	}
	list := htmx.Get("/admin/members?q=vera").Is(200).Says(`<div id="people">`)
	if strings.Contains(list.Body, "<html") || strings.Contains(list.Body, "Olga Owner") {
		t.Error("the list is a page, or not filtered")
	}
}

func TestTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	leave := "/w/" + app.Harbour + "/leave"
	page := app.Browser(app.Owner).Open(leave, 200)
	if !page.Offers(leave) {
		t.Error("one of two owners cannot leave")
	}
	owner := app.As(app.Owner)
	owner.Form("/admin/members/"+app.CoOwner.ID+"/remove", url.Values{}).Is(303)
	if page.Open(leave, 200).Says("You are its last owner. Make somebody else an owner first.").Offers(leave) {
		t.Error("the last owner is offered to leave")
	}
	owner.Form("/admin/members/"+app.Owner.ID+"/role", url.Values{"role": {"viewer"}}).Is(409).Says("owner")
	owner.Form("/admin/members/"+app.Owner.ID+"/remove", url.Values{}).Is(409)
	owner.Form(leave, url.Values{}).Is(409)
}

func TestRemovingIsAskedAndOffersToInviteAgain(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	path := "/admin/members/" + app.Editor.ID + "/remove"
	b := app.Browser(app.Owner).Open("/admin/members", 200)
	b.Open(path, 200).Says("Remove Ed Editor?").Says("editor@harbour.example loses Harbour within a second")
	b.Submit(path, nil, 200).At("/admin/members").Says("Removed Ed Editor.").Says("Invite again")
	app.As(app.Editor).Get("/admin/members").Is(403)
	if app.Browser(app.Owner).Open("/admin/members", 200).Shows("Ed Editor") {
		t.Error("the removed member is still listed")
	}
	b.Open(path, 404)
}

func TestAnEditorSeesTheAdminPagesAndChangesNothing(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	editor := app.Browser(app.Editor)
	for _, path := range []string{"/admin", "/admin/workspaces", "/admin/members", "/admin/access", "/admin/users", "/admin/audit"} {
		editor.Open(path, 200)
		if path != "/admin/audit" {
			editor.Says("You are an editor: you see everything here and change nothing. Olga Owner and Cora Coowner can change it.")
		}
		if strings.Contains(editor.Body, `method="post" action="/admin`) {
			t.Errorf("%s offers an editor a form", path)
		}
	}
	as := app.As(app.Editor)
	for path, fields := range map[string]url.Values{
		"/admin/members": {"email": {"x@y.example"}, "role": {"owner"}},
		"/admin/members/" + app.Viewer.ID + "/role":    {"role": {"owner"}},
		"/admin/members/" + app.Viewer.ID + "/remove":  {},
		"/admin/workspaces/" + app.Harbour:             {"name": {"Mine"}, "description": {""}},
		"/admin/workspaces/" + app.Harbour + "/guests": {"enabled": {"on"}},
		"/admin/access/restrictions":                   {"take": {"viewer workspace.read"}},
		"/admin/users/" + app.Viewer.ID + "/disable":   {},
		"/admin/users/" + app.Viewer.ID + "/grant":     {},
	} {
		as.Form(path, fields).Is(403)
	}
	as.Form("/admin/workspaces/"+app.Elsewhere, url.Values{"name": {"Mine"}, "description": {""}}).Is(404)
}

func TestNobodyFromOutsideSeesAnAdminPage(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	for _, path := range []string{"/admin", "/admin/workspaces", "/admin/members", "/admin/access", "/admin/users", "/admin/audit", "/admin/audit/export?format=csv"} {
		if got := app.Nobody().Get(path).Is(303).Header.Get("Location"); !strings.HasPrefix(got, "/sign-in?next=%2Fadmin") {
			t.Errorf("%s sends nobody to %q", path, got)
		}
		app.As(app.Viewer).Get(path).Is(403)
	}
	app.As(app.Stranger).Get("/admin/users").Is(403)
	app.As(app.Stranger).Get("/admin/members").Is(200) // of their own workspace
}
