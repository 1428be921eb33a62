package server_test

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
)

func TestTheSessionsShapeIsPinned(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	body := app.As(app.Editor).Get("/api/auth/session").Is(200).Body
	want := `{"session":{"authenticated":true,"provider":"local","provider_user_id":"` + app.Editor.ID + `",` +
		`"user":{"id":"` + app.Editor.ID + `","email":"editor@harbour.example","display_name":"Ed Editor"},` +
		`"workspace":{"id":"` + app.Harbour + `","name":"Harbour"},"role":"editor","expires_at":"2026-12-23T09:30:00Z","deployment_admin":false}}`
	if body != want {
		t.Errorf("%s\n%s", body, want)
	}
	if got := app.As(app.Admin).Get("/api/auth/session").Text("session.deployment_admin"); got != "true" {
		t.Error(got)
	}
}

func TestSigningInGivesASessionAndACookie(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		r := app.Nobody().JSON("POST", "/api/auth/sign-in", map[string]string{"email": " EDITOR@harbour.example ", "password": testkit.Password}).Is(200)
		if r.Text("session.user.id") != app.Editor.ID {
			t.Error(r.Body)
		}
		cookie := strings.ToLower(r.Header.Get("Set-Cookie"))
		for _, need := range []string{"or3_session=", "httponly", "samesite=lax", "path=/"} {
			if !strings.Contains(cookie, need) {
				t.Errorf("no %s in %s", need, cookie)
			}
		}
		if strings.Contains(cookie, "secure") {
			t.Errorf("secure without TLS: %s", cookie)
		}
		value, _ := r.SessionCookie()
		app.As(&testkit.Person{Cookie: value}).Get("/api/workspaces").Is(200)
		if strings.Contains(app.Log.String(), value) || strings.Contains(app.Log.String(), testkit.Password) {
			t.Error("the log holds a secret")
		}
	})
}

func TestRegistrationFollowsTheDeploymentsMode(t *testing.T) {
	t.Parallel()
	body := map[string]string{"email": "new@nowhere.example", "password": testkit.Password, "display_name": "Nia New"}
	for mode, status := range map[string]int{"open": 200, "invite_only": 403, "disabled": 403} {
		app := testkit.Open(t, testkit.Options{Keys: map[string]string{"auth.registration": mode}, Empty: true})
		app.Nobody().JSON("POST", "/api/auth/register", body).Is(403) // nobody has set the server up
		app.SetUp()
		r := app.Nobody().JSON("POST", "/api/auth/register", body).Is(status)
		if mode == "open" && (r.Text("session.workspace.name") != "My Workspace" || r.Text("session.role") != "owner") {
			t.Errorf("%s", r.Body)
		}
		if mode == "open" {
			app.Nobody().JSON("POST", "/api/auth/register", body).Is(409)
		}
	}
}

func TestAnInvitedPersonRegisters(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	r := app.As(app.Owner).JSON("POST", "/api/workspaces/"+app.Harbour+"/invites", map[string]string{"email": "new@nowhere.example", "role": "editor"}).Is(201)
	_, token, _ := strings.Cut(r.Text("invite.url"), "token=")
	token, _ = url.QueryUnescape(token)
	register := func(email, password string) *testkit.Response {
		return app.Nobody().JSON("POST", "/api/auth/register", map[string]string{"email": email, "password": password, "display_name": "Nia New", "invite_token": token})
	}
	register("other@nowhere.example", testkit.Password).Is(403)
	register("new@nowhere.example", "short").Is(422).Says(`"password"`)
	register("new@nowhere.example", "password1").Is(422)
	in := register("New@nowhere.example", testkit.Password).Is(200)
	if in.Text("session.workspace.id") != app.Harbour || in.Text("session.role") != "editor" {
		t.Errorf("%s", in.Body)
	}
	register("new@nowhere.example", testkit.Password).Is(404)
}

func TestChangingThePasswordEndsEverythingElse(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		here, there := app.SignIn(app.Editor), app.SignIn(app.Editor)
		body := map[string]any{"current_password": "wrong password", "new_password": "another horse battery"}
		app.As(here).JSON("POST", "/api/auth/change-password", body).Is(422).Says("current_password")
		body["current_password"] = testkit.Password
		app.Nobody().JSON("POST", "/api/auth/change-password", body).Is(401)
		fresh, ok := app.As(here).JSON("POST", "/api/auth/change-password", body).Is(200).SessionCookie()
		if !ok || fresh == here.Cookie {
			t.Error("the session kept its token")
		}
		app.As(&testkit.Person{Cookie: fresh}).Get("/api/workspaces").Is(200)
		app.As(here).Get("/api/workspaces").Is(401)
		app.As(there).Get("/api/workspaces").Is(401)
		app.Bearer(app.Editor).Get("/api/workspaces").Is(401)
		app.Nobody().JSON("POST", "/api/auth/sign-in", map[string]string{"email": app.Editor.Email, "password": testkit.Password}).Is(401)

		keep := map[string]any{"current_password": testkit.Password, "new_password": "another horse battery", "keep_tokens": true}
		app.As(app.SignIn(app.Viewer)).JSON("POST", "/api/auth/change-password", keep).Is(200)
		app.Bearer(app.Viewer).Get("/api/workspaces").Is(200)
	})
}

func TestDevicesAndTokensBelongToTheirPerson(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	var devices struct {
		Sessions []struct{ ID string }
	}
	laptop := app.SignIn(app.Viewer)
	app.As(laptop).Get("/api/auth/sessions").Is(200).Into(&devices)
	if len(devices.Sessions) != 2 {
		t.Fatalf("%d devices", len(devices.Sessions))
	}
	app.As(app.Editor).JSON("DELETE", "/api/auth/sessions/"+laptop.Session.ID, nil).Is(404)
	app.As(app.Viewer).JSON("DELETE", "/api/auth/sessions/"+laptop.Session.ID, nil).Is(200)
	app.As(laptop).Get("/api/workspaces").Is(401)

	made := app.As(app.Viewer).JSON("POST", "/api/auth/tokens", map[string]any{"name": "backup", "expires_in_seconds": 3600}).Is(201)
	secret, id := made.Text("secret"), made.Text("token.id")
	if !strings.HasPrefix(secret, "or3_pat_") || made.Text("token.expires_at") != "2026-11-23T10:30:00Z" {
		t.Errorf("%s", made.Body)
	}
	list := app.As(app.Viewer).Get("/api/auth/tokens").Is(200).Says("backup")
	if strings.Contains(list.Body, secret) {
		t.Error("the list shows the secret")
	}
	program := app.Bearer(&testkit.Person{Token: secret})
	program.Get("/api/workspaces").Is(200)
	app.As(app.Editor).JSON("DELETE", "/api/auth/tokens/"+id, nil).Is(404)
	app.Clock.Advance(time.Hour)
	program.Get("/api/workspaces").Is(401)
	app.As(app.Viewer).JSON("DELETE", "/api/auth/tokens/"+id, nil).Is(200)
	app.As(app.Viewer).JSON("DELETE", "/api/auth/tokens/"+id, nil).Is(404)
	for _, bad := range []string{`{"expires_in_seconds":-1}`, `{"expires_in_seconds":1.5}`, `{"expires_in_seconds":99999999999}`, `{"name":"` + strings.Repeat("a", 101) + `"}`} {
		app.As(app.Viewer).JSON("POST", "/api/auth/tokens", bad).Is(422)
	}
}

func TestAProfileIsChangedInParts(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	editor := app.As(app.Editor)
	editor.JSON("PATCH", "/api/auth/profile", map[string]string{"time_zone": "Europe/Lisbon"}).Is(200).Says(`"time_zone":"Europe/Lisbon"`)
	editor.JSON("PATCH", "/api/auth/profile", map[string]string{"display_name": "Eddie"}).Is(200).Says(`"time_zone":"Europe/Lisbon"`).Says(`"display_name":"Eddie"`)
	editor.Get("/api/auth/session").Says(`"display_name":"Eddie"`)
	for _, bad := range []string{`{"display_name":""}`, `{"time_zone":"Mars/Olympus"}`, `{"locale":"not a language"}`, `{"email":"x@y.example"}`, `{"display_name":"` + strings.Repeat("a", 121) + `"}`} {
		editor.JSON("PATCH", "/api/auth/profile", bad).Is(422)
	}
}

func TestADisabledPersonIsOutAtOnce(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		app.As(app.Viewer).Get("/api/workspaces").Is(200)
		app.Bearer(app.Viewer).Get("/api/workspaces").Is(200)
		app.As(app.Admin).JSON("POST", "/api/admin/users/"+app.Viewer.ID+"/disable", nil).Is(200)
		app.As(app.Viewer).Get("/api/workspaces").Is(401)
		app.Bearer(app.Viewer).Get("/api/workspaces").Is(401)
		app.Nobody().JSON("POST", "/api/auth/sign-in", map[string]string{"email": app.Viewer.Email, "password": testkit.Password}).Is(401)
		app.As(app.Admin).JSON("POST", "/api/admin/users/"+app.Viewer.ID+"/enable", nil).Is(200)
		app.As(app.Viewer).Get("/api/workspaces").Is(401) // what was ended stays ended
		app.As(app.SignIn(app.Viewer)).Get("/api/workspaces").Is(200)
		if got := app.Hooks.Names(); !slices.Equal(got, []string{"auth.user:action:disabled", "auth.user:action:enabled"}) {
			t.Errorf("hooks %v", got)
		}
	})
}

func TestGuessingPasswordsIsSlowed(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	var last *testkit.Response
	for range 60 {
		last = app.Nobody().JSON("POST", "/api/auth/sign-in", map[string]string{"email": app.Viewer.Email, "password": "wrong password"})
		if last.Status == 429 {
			break
		}
		last.Is(401)
	}
	if last.Status != 429 || last.Header.Get("Retry-After") == "" || last.Code() != "rate_limited" {
		t.Errorf("after many guesses: %d %v", last.Status, last.Header)
	}
}

func TestEveryAnswerBelongsToWhoAsked(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	people := []*testkit.Person{app.Owner, app.CoOwner, app.Editor, app.Viewer, app.Admin, app.Former, app.Stranger}
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			who := people[i%len(people)]
			client := app.As(who)
			if i%2 == 0 {
				client = app.Bearer(who)
			}
			if got := client.Get("/api/auth/session").Text("session.user.id"); got != who.ID {
				t.Errorf("%s was taken for %s", who.Name, got)
			}
		})
	}
	all.Wait()
}

func TestAnotherPersonsSessionDoesNotSpeakForADevice(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	pull := map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 10}
	editor := app.As(app.Editor)
	editor.With("X-Or3-User", app.Editor.ID).JSON("POST", "/api/sync/pull", pull).Is(200)
	editor.With("X-Or3-User", app.Owner.ID).JSON("POST", "/api/sync/pull", pull).Is(401)
	if body := editor.With("X-Or3-User", app.Owner.ID).Get("/api/auth/session").Is(200).Body; body != `{"session":null}` {
		t.Error(body)
	}
}
