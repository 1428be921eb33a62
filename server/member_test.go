package server_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
)

func TestAMemberComesChangesAndGoes(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		owner, members := app.As(app.Owner), "/api/workspaces/"+app.Annex+"/members"
		added := owner.JSON("POST", members, map[string]string{"email": strings.ToUpper(app.Viewer.Email), "role": "viewer"}).Is(200)
		if added.Text("member.user_id") != app.Viewer.ID || added.Text("invite") != "" {
			t.Errorf("a colleague is added at once: %s", added.Body)
		}
		owner.JSON("POST", members, map[string]string{"email": app.Viewer.Email, "role": "viewer"}).Is(409)
		path := members + "/" + app.Viewer.ID
		if got := owner.JSON("PATCH", path, map[string]string{"role": "editor"}).Is(200).Text("member.role"); got != "editor" {
			t.Error(got)
		}
		app.As(app.Viewer).JSON("PATCH", "/api/workspaces/"+app.Annex, map[string]string{"name": "x"}).Is(403)
		owner.JSON("DELETE", path, nil).Is(200)
		app.As(app.Viewer).Get(members).Is(404) // from the next request on
		owner.JSON("DELETE", path, nil).Is(404)
		want := []string{"admin.user:action:added", "admin.user:action:role_changed", "admin.user:action:removed"}
		if got := app.Hooks.Names(); !slices.Equal(got, want) {
			t.Errorf("hooks %v", got)
		}
	})
}

func TestInvitesSoundTheSameForKnownAndUnknownAddresses(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	members := "/api/workspaces/" + app.Annex + "/members"
	shape := func(email string) string {
		r := app.As(app.Owner).JSON("POST", members, map[string]string{"email": email, "role": "editor"}).Is(200)
		if r.Text("invite.expires_at") != "2026-11-30T09:30:00Z" || !strings.HasPrefix(r.Text("invite.url"), app.URL+"/invite?token=") {
			t.Errorf("%s: %s", email, r.Body)
		}
		return strings.NewReplacer(r.Text("invite.id"), "", r.Text("invite.url"), "").Replace(r.Body)
	}
	if known, unknown := shape(app.Stranger.Email), shape("nobody@nowhere.example"); known != unknown {
		t.Errorf("%s\n%s", known, unknown)
	}
}

func TestAnInviteLetsOnePersonInOnce(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		invites := "/api/workspaces/" + app.Harbour + "/invites"
		r := app.As(app.Owner).JSON("POST", invites, map[string]string{"email": app.Stranger.Email, "role": "editor"}).Is(201)
		_, token, _ := strings.Cut(r.Text("invite.url"), "token=")
		accept := map[string]string{"token": token}
		app.As(app.Editor).Get(invites).Is(200).Says(app.Stranger.Email)
		if strings.Contains(app.As(app.Editor).Get(invites).Body, token) {
			t.Error("the list shows the link")
		}
		app.As(app.Former).JSON("POST", "/api/invites/accept", accept).Is(403) // bound to the address
		app.Nobody().JSON("POST", "/api/invites/accept", accept).Is(401)
		in := app.As(app.Stranger).JSON("POST", "/api/invites/accept", accept).Is(200)
		if in.Text("workspace.id") != app.Harbour || in.Text("workspace.role") != "editor" || in.Text("workspace.is_active") != "true" {
			t.Errorf("joined %s", in.Body)
		}
		app.As(app.Stranger).JSON("POST", "/api/invites/accept", accept).Is(404)
		if got := app.Hooks.Names(); !slices.Equal(got, []string{"admin.user:action:invited", "admin.user:action:added"}) {
			t.Errorf("hooks %v", got)
		}
	})
}

func TestAnInviteEnds(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	invites := "/api/workspaces/" + app.Harbour + "/invites"
	invite := func() (id string, accept map[string]string) {
		r := app.As(app.Owner).JSON("POST", invites, map[string]string{"email": app.Stranger.Email, "role": "editor"}).Is(201)
		_, token, _ := strings.Cut(r.Text("invite.url"), "token=")
		return r.Text("invite.id"), map[string]string{"token": token}
	}
	id, accept := invite()
	app.As(app.Stranger).JSON("DELETE", "/api/workspaces/"+app.Elsewhere+"/invites/"+id, nil).Is(404) // a foreign child
	app.As(app.Editor).JSON("DELETE", invites+"/"+id, nil).Is(403)
	app.As(app.Owner).JSON("DELETE", invites+"/"+id, nil).Is(200)
	app.As(app.Stranger).JSON("POST", "/api/invites/accept", accept).Is(404)
	_, accept = invite()
	app.Clock.Advance(7*24*time.Hour + time.Second)
	app.As(app.Stranger).JSON("POST", "/api/invites/accept", accept).Is(404)
}

func TestTheLastOwnerStaysOwner(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	member := func(p *testkit.Person) string { return "/api/workspaces/" + app.Harbour + "/members/" + p.ID }
	app.As(app.Owner).JSON("PATCH", member(app.CoOwner), map[string]string{"role": "editor"}).Is(200)
	app.As(app.Owner).JSON("PATCH", member(app.Owner), map[string]string{"role": "editor"}).Is(409)
	app.As(app.Owner).JSON("DELETE", member(app.Owner), nil).Is(409)
	app.As(app.Owner).JSON("POST", "/api/admin/users/"+app.Owner.ID+"/disable", nil).Is(409)
	if lines := app.As(app.Owner).Get("/api/admin/audit?result=refused&workspace_id=" + app.Harbour).Is(200); strings.Count(lines.Body, `"refused"`) < 2 {
		t.Errorf("refusals are not in the log: %s", lines.Body)
	}
}

func TestRolesArePinned(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	for _, role := range []string{"Owner", "admin", "", "guest", "owner "} {
		app.As(app.Owner).JSON("PATCH", "/api/workspaces/"+app.Harbour+"/members/"+app.Viewer.ID, map[string]string{"role": role}).Is(422)
	}
}

func TestARestrictionTakesEffectWithTheNextRequest(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		path := "/api/workspaces/" + app.Harbour + "/restrictions"
		app.As(app.Editor).Get(path).Is(200).Says(`{"restrictions":[]}`)
		app.As(app.Editor).JSON("PUT", path, `{"restrictions":[]}`).Is(403)
		set := app.As(app.Owner).JSON("PUT", path, `{"restrictions":[{"role":"editor","permission":"admin.access"}]}`).Is(200)
		set.Says(`{"restrictions":[{"role":"editor","permission":"admin.access"}]}`)
		app.As(app.Editor).Get(path).Is(403)
		app.As(app.Owner).Get(path).Is(200)
		explained := app.As(app.Owner).Get("/api/access/explain?workspace_id=" + app.Harbour + "&user_id=" + app.Editor.ID + "&permission=admin.access").Is(200)
		if explained.Text("allowed") != "false" || explained.Text("reason") != "restricted" || explained.Text("restriction.role") != "editor" {
			t.Errorf("explained %s", explained.Body)
		}
		app.As(app.Owner).JSON("PUT", path, `{"restrictions":[]}`).Is(200)
		app.As(app.Editor).Get(path).Is(200)
		for _, bad := range []string{
			`{"restrictions":[{"role":"owner","permission":"admin.access"}]}`, `{"restrictions":[{"role":"editor","permission":"nonsense"}]}`,
			`{}`, `{"restrictions":[{"role":"editor"}]}`, `{"restrictions":[{"role":"editor","permission":"admin.access","x":1}]}`,
		} {
			if r := app.As(app.Owner).JSON("PUT", path, bad); r.Status != 422 {
				t.Errorf("%s: %d", bad, r.Status)
			}
		}
	})
}

func TestAccessIsExplained(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	ask := func(who *testkit.Person, query string) *testkit.Response {
		return app.As(who).Get("/api/access/explain?" + query)
	}
	r := ask(app.Editor, "permission=workspace.write").Is(200) // oneself, the active workspace
	if r.Text("allowed") != "true" || r.Text("reason") != "granted" || r.Text("role") != "editor" || !strings.Contains(r.Text("policy"), "workspace.write") || r.Text("filters") != "[]" {
		t.Errorf("%s", r.Body)
	}
	r = ask(app.Owner, "user_id="+app.Stranger.ID+"&permission=workspace.read").Is(200)
	if r.Text("allowed") != "false" || r.Text("reason") != "not_found" || r.Text("role") != "" {
		t.Errorf("%s", r.Body)
	}
	ask(app.Owner, "workspace_id="+app.Elsewhere+"&permission=workspace.read").Is(404)
	ask(app.Viewer, "permission=workspace.read").Is(403)
	ask(app.Owner, "").Is(422)
	ask(app.Owner, "permission=workspace.read&permission=x").Is(422)
	ask(app.Owner, "permission=workspace.read&Permission=x").Is(422)
	ask(app.Owner, "permission=nonsense").Is(200).Says(`"unknown_permission"`)
}
