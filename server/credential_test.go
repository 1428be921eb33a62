package server_test

import (
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
)

func TestAPlantedSessionIsNeverSignedInTo(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	credentials := map[string]string{"email": app.Viewer.Email, "password": testkit.Password}
	for _, planted := range []string{"planted", strings.Repeat("A", 43), app.Editor.Cookie} {
		who := app.As(&testkit.Person{Cookie: planted})
		fresh, ok := who.JSON("POST", "/api/auth/sign-in", credentials).Is(200).SessionCookie()
		if !ok || fresh == planted || len(fresh) < 43 {
			t.Fatalf("after %q the cookie is %q", planted, fresh)
		}
		if got := app.As(&testkit.Person{Cookie: planted}).Get("/api/auth/session").Body; got != `{"session":null}` {
			t.Errorf("the planted session %q lives: %s", planted, got)
		}
	}
}

func TestSigningInEndsTheBrowsersOldSession(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	old := app.SignIn(app.Viewer)
	app.As(old).JSON("POST", "/api/auth/sign-in", map[string]string{"email": app.Viewer.Email, "password": testkit.Password}).Is(200)
	app.As(old).Get("/api/workspaces").Is(401)
	app.As(app.Viewer).Get("/api/workspaces").Is(200)
}

func TestSigningOutEndsTheSessionAndNotOnlyTheCookie(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	browser := app.SignIn(app.Viewer)
	r := app.As(browser).JSON("POST", "/api/auth/sign-out", nil).Is(200)
	if value, ok := r.SessionCookie(); !ok || value != "" {
		t.Errorf("the cookie is %q", value)
	}
	app.As(browser).Get("/api/workspaces").Is(401)
}

func TestAnAuthorizationHeaderAloneDecides(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	for _, header := range []string{"Bearer wrong", "Bearer or3_pat_" + strings.Repeat("A", 43), "Basic b3duZXI6eA==", "Bearer", "", "bearer  " + app.Owner.Token + " x"} {
		who := app.As(app.Owner).With("Authorization", header)
		if r := who.Get("/api/workspaces"); r.Status != 401 {
			t.Errorf("%q beside a good cookie: %d", header, r.Status)
		}
		if got := who.Get("/api/auth/session").Body; got != `{"session":null}` {
			t.Errorf("%q beside a good cookie: %s", header, got)
		}
	}
	app.Nobody().With("Authorization", "bearer "+app.Owner.Token).Get("/api/workspaces").Is(200)
	twice := "GET /api/workspaces HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + app.Owner.Token + "\r\nAuthorization: Bearer " + app.Owner.Token + "\r\n\r\n"
	if answer := raw(t, app, twice); !strings.HasPrefix(answer, "HTTP/1.1 401 ") {
		t.Errorf("two Authorization headers: %.100q", answer)
	}
}

func TestTwoSessionCookiesAreNone(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	twice := "GET /api/workspaces HTTP/1.1\r\nHost: a\r\nCookie: or3_session=" + app.Owner.Cookie + "; or3_session=" + app.Viewer.Cookie + "\r\n\r\n"
	if answer := raw(t, app, twice); !strings.HasPrefix(answer, "HTTP/1.1 401 ") {
		t.Errorf("%.100q", answer)
	}
}

func TestATokenOpensTheAPIButNotThePages(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	app.Bearer(app.Owner).Get("/api/workspaces").Is(200)
	r := app.Bearer(app.Owner).Get("/settings")
	if r.Status != 303 || !strings.HasPrefix(r.Header.Get("Location"), "/sign-in?next=") {
		t.Errorf("%d %s", r.Status, r.Header.Get("Location"))
	}
}

func TestATokenChangesNoCredentials(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	bearer := app.Bearer(app.Owner)
	tried := 0
	for _, row := range app.Table() {
		if !row.CookieOnly {
			continue
		}
		path := strings.NewReplacer(":id", "x", ":user_id", app.Viewer.ID).Replace(row.Path)
		before := entries(t, app)
		if r := bearer.JSON(row.Method, path, "{}"); r.Status != 403 || r.Code() != "forbidden" {
			t.Errorf("%s %s: %d", row.Method, path, r.Status)
		}
		// Whoever stole a token and reaches for the deployment leaves a trace.
		if privileged := strings.HasPrefix(row.Path, "/api/admin/"); privileged != (entries(t, app) == before+1) {
			t.Errorf("%s %s: the audit log grew by %d", row.Method, path, entries(t, app)-before)
		}
		tried++
	}
	if tried < 8 {
		t.Errorf("only %d routes are for browsers alone", tried)
	}
	for _, must := range []string{"POST /api/auth/tokens", "DELETE /api/auth/tokens/:id", "DELETE /api/auth/sessions/:id", "POST /api/auth/change-password", "POST /api/admin/admins", "DELETE /api/admin/admins/:user_id"} {
		found := false
		for _, row := range app.Table() {
			found = found || row.CookieOnly && row.Method+" "+row.Path == must
		}
		if !found {
			t.Errorf("%s takes tokens", must)
		}
	}
}

func TestASessionEndsWhenItIsIdleOrOld(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	idle := app.SignIn(app.Viewer)
	app.Clock.Advance(29 * 24 * time.Hour)
	app.As(idle).Get("/api/workspaces").Is(200)
	app.Clock.Advance(31 * 24 * time.Hour)
	app.As(idle).Get("/api/workspaces").Is(401)

	used := app.SignIn(app.Viewer)
	for range 9 {
		app.As(used).Get("/api/workspaces").Is(200)
		app.Clock.Advance(10 * 24 * time.Hour)
	}
	app.As(used).Get("/api/workspaces").Is(401)
}

func TestNewRightsBringANewToken(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	viewer := app.SignIn(app.Viewer)
	app.Clock.Advance(time.Minute)
	app.As(app.Owner).JSON("PATCH", "/api/workspaces/"+app.Harbour+"/members/"+app.Viewer.ID, map[string]string{"role": "editor"}).Is(200)
	fresh, ok := app.As(viewer).Get("/api/workspaces").Is(200).SessionCookie()
	if !ok || fresh == viewer.Cookie || fresh == "" {
		t.Fatalf("the token was not replaced: %q", fresh)
	}
	app.As(viewer).Get("/api/workspaces").Is(200) // requests under way keep working for a moment
	app.Clock.Advance(time.Minute)
	app.As(viewer).Get("/api/workspaces").Is(401)
	app.As(&testkit.Person{Cookie: fresh}).Get("/api/workspaces").Is(200)
}

func TestWrongPasswordAndUnknownAddressSoundTheSame(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	answer := func(email, password string) string {
		r := app.Nobody().JSON("POST", "/api/auth/sign-in", map[string]string{"email": email, "password": password}).Is(401)
		return strings.Replace(r.Body, r.Header.Get("X-Request-Id"), "", 1)
	}
	wrong := answer(app.Viewer.Email, "wrong password")
	for _, other := range []string{answer("nobody@nowhere.example", "wrong password"), answer(app.Disabled.Email, testkit.Password), answer("not an address", "x")} {
		if other != wrong {
			t.Errorf("%s\n%s", other, wrong)
		}
	}
}
