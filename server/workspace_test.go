package server_test

import (
	"slices"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

type workspaces struct {
	Workspaces []struct {
		ID, Name, Description, Role string
		CreatedAt                   string `json:"created_at"`
		IsActive                    bool   `json:"is_active"`
	}
}

func TestAWorkspaceLivesThroughTheAPI(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		owner := app.As(app.Owner)
		made := owner.JSON("POST", "/api/workspaces", map[string]string{"name": "Drydock", "description": "Repairs"}).Is(201)
		id := made.Text("workspace.id")
		if made.Text("workspace.role") != "owner" || made.Text("workspace.is_active") != "false" {
			t.Errorf("made %s", made.Body)
		}
		owner.JSON("PATCH", "/api/workspaces/"+id, map[string]string{"name": "Dry dock"}).Is(200).Says(`"name":"Dry dock"`).Says(`"description":"Repairs"`)

		session := owner.JSON("POST", "/api/workspaces/active", map[string]string{"id": id}).Is(200)
		if session.Text("session.workspace.id") != id || session.Text("session.role") != "owner" {
			t.Errorf("switched to %s", session.Body)
		}
		var list workspaces
		owner.Get("/api/workspaces").Is(200).Into(&list)
		if len(list.Workspaces) != 3 || list.Workspaces[0].ID != id || !list.Workspaces[0].IsActive || list.Workspaces[1].IsActive {
			t.Errorf("listed %+v", list)
		}

		owner.JSON("DELETE", "/api/workspaces/"+id, nil).Is(200)
		// A device must be able to tell this from a removal.
		owner.Get("/api/workspaces").Is(200).Says(`"deleted":["` + id + `"]`)
		if body := app.As(app.Editor).Get("/api/workspaces").Is(200).Body; strings.Contains(body, "deleted") {
			t.Errorf("a workspace of others is named: %s", body)
		}
		if got := owner.Get("/api/auth/session").Text("session.workspace.id"); got == id || got == "" {
			t.Errorf("the active workspace is %q after it was deleted", got)
		}
		owner.JSON("PATCH", "/api/workspaces/"+id, map[string]string{"name": "x"}).Is(404)
		owner.JSON("DELETE", "/api/workspaces/"+id, nil).Is(404)
		owner.Get("/api/workspaces/" + id + "/members").Is(404)
		app.As(app.Editor).JSON("POST", "/api/workspaces/"+id+"/restore", nil).Is(404)
		owner.JSON("POST", "/api/workspaces/"+id+"/restore", nil).Is(200)
		if body := owner.Get("/api/workspaces").Is(200).Body; strings.Contains(body, "deleted") || !strings.Contains(body, id) {
			t.Errorf("after it was restored: %s", body)
		}
		owner.JSON("POST", "/api/workspaces/"+id+"/restore", nil).Is(409)
		want := []string{"admin.workspace:action:created", "admin.workspace:action:updated", "admin.workspace:action:deleted", "admin.workspace:action:restored"}
		if got := app.Hooks.Names(); !slices.Equal(got, want) {
			t.Errorf("hooks %v", got)
		}
	})
}

func TestTheShapeOfTheListIsPinned(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	body := app.As(app.Viewer).Get("/api/workspaces").Is(200).Body
	want := `{"workspaces":[{"id":"` + app.Harbour + `","name":"Harbour","description":"","role":"viewer","created_at":"2026-11-23T09:30:00Z","is_active":true}]}`
	if body != want {
		t.Errorf("%s\n%s", body, want)
	}
	members := app.As(app.Viewer).Get("/api/workspaces/" + app.Harbour + "/members").Is(200).Body
	first := `{"members":[{"user_id":"` + app.Owner.ID + `","email":"owner@harbour.example","display_name":"Olga Owner","role":"owner","created_at":"2026-11-23T09:30:00Z"},`
	if !strings.HasPrefix(members, first) {
		t.Errorf("%s\n%s", members, first)
	}
}

func TestNamesHaveTheirLimits(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	for body, status := range map[string]int{
		`{"name":"` + strings.Repeat("é", 100) + `"}`: 201,
		`{"name":"` + strings.Repeat("é", 101) + `"}`: 422,
		`{"name":""}`:               422,
		`{"name":"   "}`:            422,
		`{"description":"no name"}`: 422,
		`{"name":"a","description":"` + strings.Repeat("é", 1000) + `"}`: 201,
		`{"name":"a","description":"` + strings.Repeat("é", 1001) + `"}`: 422,
		`{"name":"a\u202eb"}`:    422,
		`{"name":"line\nbreak"}`: 422,
		`{"name":{"a":1}}`:       422,
		`{"name":["a"]}`:         422,
		`{"name":1}`:             422,
	} {
		if r := app.As(app.Owner).JSON("POST", "/api/workspaces", body); r.Status != status {
			t.Errorf("%.60s: %d %s", body, r.Status, r.Body)
		}
	}
}

func TestTheHomeWorkspaceStays(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	app.As(app.Owner).JSON("DELETE", "/api/workspaces/"+app.Harbour, nil).Is(409)
	app.As(app.Admin).JSON("DELETE", "/api/workspaces/"+app.Harbour, nil).Is(409)
	app.As(app.Admin).JSON("DELETE", "/api/workspaces/"+app.Elsewhere, nil).Is(200) // runs the deployment
	app.As(app.Admin).JSON("POST", "/api/workspaces/"+app.Elsewhere+"/restore", nil).Is(200)
}

func TestLeavingIsForEverybodyButTheLastOwner(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	leave := "/api/workspaces/" + app.Harbour + "/leave"
	app.As(app.Viewer).JSON("POST", leave, nil).Is(200)
	app.As(app.Viewer).JSON("POST", leave, nil).Is(404)
	app.As(app.CoOwner).JSON("POST", leave, nil).Is(200)
	app.As(app.Owner).JSON("POST", leave, nil).Is(409)
	app.As(app.Stranger).JSON("POST", leave, nil).Is(404)
}

func TestEachSessionHasItsOwnActiveWorkspace(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	phone, laptop := app.As(app.SignIn(app.Owner)), app.As(app.SignIn(app.Owner))
	phone.JSON("POST", "/api/workspaces/active", map[string]string{"id": app.Annex}).Is(200)
	if got := laptop.Get("/api/auth/session").Text("session.workspace.id"); got != app.Harbour {
		t.Errorf("the laptop stands in %s", got)
	}
	if got := app.Bearer(app.Owner).Get("/api/auth/session").Text("session.workspace.id"); got != app.Harbour {
		t.Errorf("the token stands in %s, not in the person's oldest workspace", got)
	}
	phone.JSON("POST", "/api/workspaces/active", map[string]string{"id": app.Elsewhere}).Is(404)
	phone.JSON("POST", "/api/workspaces/active", map[string]string{"id": "missing"}).Is(404)
	phone.JSON("POST", "/api/workspaces/active", map[string]string{"id": "../x"}).Is(422)
}

func TestGuestAccessIsAnOwnersSetting(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	path := "/api/workspaces/" + app.Harbour + "/guest-access"
	app.As(app.Editor).Get(path).Is(200).Says(`{"enabled":false}`)
	app.As(app.Editor).JSON("PUT", path, map[string]bool{"enabled": true}).Is(403)
	app.As(app.Owner).JSON("PUT", path, "{}").Is(422)
	app.As(app.Owner).JSON("PUT", path, map[string]bool{"enabled": true}).Is(200)
	app.As(app.Editor).Get(path).Is(200).Says(`{"enabled":true}`)
	if got := app.Hooks.Names(); !slices.Equal(got, []string{"admin.guest_access:action:changed"}) {
		t.Errorf("hooks %v", got)
	}
	pulled := app.As(app.Viewer).JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 10}).Is(200)
	pulled.Says(`"admin.guest_access.enabled"`)
}
