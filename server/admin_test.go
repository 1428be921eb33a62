package server_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

func TestTheStatusSaysWhatRuns(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		r := app.As(app.Editor).Get("/api/admin/status").Is(200)
		for path, want := range map[string]string{
			"version": "test", "providers.auth": "local", "providers.sync": "builtin", "providers.storage": "disk",
			"database.dialect": string(app.DB.Dialect()), "database.pending": "0", "sync.enabled": "true", "database.nodes": "1",
		} {
			if got := r.Text(path); got != want {
				t.Errorf("%s is %q", path, got)
			}
		}
		for _, member := range []string{"version", "instance_id", "pid", "providers", "database", "sync", "storage", "plugins", "warnings"} {
			if r.Text(member) == "" {
				t.Errorf("no %s", member)
			}
		}
		if strings.Contains(r.Body, app.Config.Server.SecretKey) || strings.Contains(r.Body, app.Config.DataDir) {
			t.Error("the status tells secrets")
		}
	})
}

func TestTheDeploymentIsReadByHomeAndByItsAdmins(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	for _, path := range []string{"/api/admin/status", "/api/admin/users", "/api/admin/workspaces"} {
		for who, status := range map[*testkit.Person]int{app.Owner: 200, app.Editor: 200, app.Admin: 200, app.Viewer: 403, app.Stranger: 403, app.Former: 403, app.Disabled: 401} {
			app.As(who).Get(path).Is(status)
			app.Bearer(who).Get(path).Is(status)
		}
		app.Nobody().Get(path).Is(401)
	}
}

func TestDeploymentAdminsAreNamedByHomeOwnersOnly(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	body := map[string]string{"user_id": app.Stranger.ID}
	for _, who := range []*testkit.Person{app.Admin, app.Editor, app.Viewer, app.Stranger} {
		app.As(who).JSON("POST", "/api/admin/admins", body).Is(403)
		app.As(who).JSON("DELETE", "/api/admin/admins/"+app.Admin.ID, nil).Is(403)
	}
	app.As(app.Stranger).Get("/api/admin/status").Is(403)
	app.As(app.Owner).JSON("POST", "/api/admin/admins", body).Is(200)
	app.As(app.SignIn(app.Stranger)).Get("/api/admin/status").Is(200)
	app.As(app.Stranger).Get("/api/admin/status").Is(200)
	app.As(app.Owner).JSON("DELETE", "/api/admin/admins/"+app.Stranger.ID, nil).Is(200)
	app.As(app.SignIn(app.Stranger)).Get("/api/admin/status").Is(403)
	app.As(app.Owner).JSON("POST", "/api/admin/admins", map[string]string{"user_id": "missing"}).Is(404)
	want := []string{"admin.deployment_admin:action:granted", "admin.deployment_admin:action:revoked"}
	if got := app.Hooks.Names(); !slices.Equal(got, want) {
		t.Errorf("hooks %v", got)
	}
}

type auditPage struct {
	Entries []struct {
		Seq         int
		Action      string
		Result      string
		WorkspaceID string `json:"workspace_id"`
		TargetID    string `json:"target_id"`
		IP          string
		RequestID   string `json:"request_id"`
		Actor       struct{ Kind, ID, Name string }
	}
	Next string `json:"next_cursor"`
}

func TestEveryPrivilegedActIsWrittenDown(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		allowed := app.As(app.Owner).JSON("PATCH", "/api/workspaces/"+app.Harbour, map[string]string{"name": "Haven"}).Is(200)
		refused := app.As(app.Editor).JSON("PATCH", "/api/workspaces/"+app.Harbour, map[string]string{"name": "Mine"}).Is(403)
		foreign := app.As(app.Stranger).JSON("PATCH", "/api/workspaces/"+app.Harbour, map[string]string{"name": "Mine"}).Is(404)
		var page auditPage
		app.As(app.Owner).Get("/api/admin/audit?action=workspace.updated").Is(200).Into(&page)
		if len(page.Entries) != 3 {
			t.Fatalf("%+v", page)
		}
		for i, want := range []struct{ result, actor, workspace, request string }{
			{"refused", app.Stranger.ID, "", foreign.Header.Get("X-Request-Id")},
			{"refused", app.Editor.ID, app.Harbour, refused.Header.Get("X-Request-Id")},
			{"allowed", app.Owner.ID, app.Harbour, allowed.Header.Get("X-Request-Id")},
		} {
			e := page.Entries[i]
			if e.Result != want.result || e.Actor.ID != want.actor || e.WorkspaceID != want.workspace || e.RequestID != want.request || e.IP != "127.0.0.1" || e.Actor.Kind != "user" {
				t.Errorf("entry %d is %+v, want %+v", i, e, want)
			}
		}
		if result, err := app.Audit.Verify(t.Context()); err != nil || !result.OK() {
			t.Errorf("the chain: %+v %v", result, err)
		}
	})
}

func TestTheLogShowsEverybodyTheirOwn(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	app.As(app.Stranger).JSON("PATCH", "/api/workspaces/"+app.Elsewhere, map[string]string{"name": "Yonder"}).Is(200)
	read := func(who *testkit.Person, query string) (page auditPage) {
		app.As(who).Get("/api/admin/audit" + query).Is(200).Into(&page)
		return page
	}
	sees := func(page auditPage, workspaceID string) bool {
		for _, e := range page.Entries {
			if e.WorkspaceID == workspaceID {
				return true
			}
		}
		return false
	}
	if page := read(app.Stranger, ""); !sees(page, app.Elsewhere) || sees(page, app.Harbour) || sees(page, "") {
		t.Errorf("the owner of Elsewhere sees %+v", page)
	}
	if page := read(app.Admin, ""); !sees(page, app.Elsewhere) || !sees(page, app.Harbour) {
		t.Error("a deployment admin does not see the whole log")
	}
	if page := read(app.Admin, "?workspace_id="+app.Harbour); sees(page, app.Elsewhere) || !sees(page, app.Harbour) {
		t.Error("the filter by workspace leaks")
	}
	app.As(app.Stranger).Get("/api/admin/audit?workspace_id=" + app.Harbour).Is(404)
	app.As(app.Viewer).Get("/api/admin/audit").Is(403)
	app.Nobody().Get("/api/admin/audit").Is(401)
	for _, bad := range []string{"?limit=0x", "?limit=1000", "?since=yesterday", "?cursor=x", "?result=maybe", "?unknown=1", "?action=a&action=b", "?ACTION=a", "?action=%00", "?action=%ff", "?workspace_id=a%2fb"} {
		if r := app.As(app.Owner).Get("/api/admin/audit" + bad); r.Status != 422 && r.Status != 400 || r.Code() != "validation_error" {
			t.Errorf("%s: %d %s", bad, r.Status, r.Body)
		}
	}
	first := read(app.Admin, "?limit=2")
	second := read(app.Admin, "?limit=2&cursor="+first.Next)
	if len(first.Entries) != 2 || len(second.Entries) != 2 || second.Entries[0].Seq != first.Entries[1].Seq-1 {
		t.Errorf("pages %+v %+v", first, second)
	}
}

func TestTheLogCanBeTakenAlong(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	r := app.As(app.Owner).Get("/api/admin/audit/export?format=csv").Is(200)
	if r.Header.Get("Content-Type") != "text/csv; charset=utf-8" || r.Header.Get("Content-Disposition") != `attachment; filename="audit-20261123-093000.csv"` {
		t.Errorf("%v", r.Header)
	}
	rows, err := csv.NewReader(strings.NewReader(r.Body)).ReadAll()
	if err != nil || len(rows) != entries(t, app)+1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	var exported auditPage
	app.As(app.Stranger).Get("/api/admin/audit/export?format=json").Is(200).Into(&exported)
	for _, e := range exported.Entries {
		if e.WorkspaceID != app.Elsewhere {
			t.Errorf("the owner of Elsewhere took %+v along", e)
		}
	}
	if len(exported.Entries) == 0 {
		t.Error("nothing was exported")
	}
	app.As(app.Owner).Get("/api/admin/audit/export").Is(422)
	app.As(app.Owner).Get("/api/admin/audit/export?format=xml").Is(422)
	app.As(app.Viewer).Get("/api/admin/audit/export?format=csv").Is(403)
	app.As(app.Editor).Get("/api/admin/audit").Is(200)                   // an editor of home reads the whole log,
	app.As(app.Editor).Get("/api/admin/audit/export?format=csv").Is(403) // but takes along only their own workspace's
	app.As(app.Editor).Get("/api/admin/audit/export?format=csv&workspace_id=" + app.Elsewhere).Is(403)
	app.As(app.Editor).Get("/api/admin/audit/export?format=csv&workspace_id=" + app.Harbour).Is(200)
}

func TestPeopleOfTheDeploymentAreListed(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	var reply struct {
		Users []struct {
			ID, Email       string
			Disabled        bool
			DeploymentAdmin bool `json:"deployment_admin"`
		}
		Total int
		Next  string `json:"next_cursor"`
	}
	app.As(app.Admin).Get("/api/admin/users?limit=3").Is(200).Into(&reply)
	if reply.Total != 8 || len(reply.Users) != 3 || reply.Users[0].Email != "admin@deploy.example" || !reply.Users[0].DeploymentAdmin || reply.Next == "" {
		t.Errorf("%+v", reply)
	}
	app.As(app.Admin).Get("/api/admin/users?state=disabled").Is(200).Into(&reply)
	if len(reply.Users) != 1 || reply.Users[0].ID != app.Disabled.ID || !reply.Users[0].Disabled {
		t.Errorf("%+v", reply)
	}
	app.As(app.Admin).Get("/api/admin/users?q=elsewhere").Is(200).Into(&reply)
	if len(reply.Users) != 1 || reply.Users[0].ID != app.Stranger.ID {
		t.Errorf("%+v", reply)
	}
	app.As(app.Admin).Get("/api/admin/workspaces?q=else").Is(200).Says(`"Elsewhere"`)
	if strings.Contains(app.As(app.Admin).Get("/api/admin/users").Body, "argon2") {
		t.Error("the list shows password hashes")
	}
}
