package server_test

import (
	"net/url"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

func TestErrorPagesSayWhatToDoAndNameTheRequest(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Limits: true})
	missing := app.As(app.Owner).Get("/w/" + app.Harbour + "/t/nothing-here").Is(404).Says("Nothing here").Says("<html")
	if id := missing.Header.Get("X-Request-Id"); id == "" || !strings.Contains(missing.Body, id) {
		t.Errorf("the page does not name the request %q", id)
	}
	// It may be on the member's device, unsent: their page starts the app. A stranger's does not.
	for _, path := range []string{"/t/nothing-here", "/documents/nothing-here", "/projects/nothing-here"} {
		app.As(app.Owner).Get("/w/" + app.Harbour + path).Is(404).Says("Nothing here").Says(`id="or3-app"`).Says("Opening what is on this device")
		if page := app.As(app.Stranger).Get("/w/" + app.Harbour + path).Is(404).Says("Nothing here"); strings.Contains(page.Body, `id="or3-app"`) {
			t.Errorf("a stranger's page of %s starts the app", path)
		}
	}
	if page := app.As(app.Owner).Get("/w/" + app.Harbour + "/nowhere").Is(404); strings.Contains(page.Body, `id="or3-app"`) {
		t.Error("the page of an address that leads nowhere starts the app")
	}
	app.As(app.Viewer).Get("/w/" + app.Harbour + "/t/x/delete").Is(403).Says("You can read here, not write").Says("Olga Owner and Cora Coowner can change that")
	app.As(app.Stranger).Get("/admin/users").Is(403).Says("Not allowed")
	if strings.Contains(app.As(app.Stranger).Get("/admin/users").Body, "Olga") {
		t.Error("the page names owners of a workspace the person is not in")
	}

	guess := url.Values{"email": {app.Owner.Email}, "password": {"wrong"}, "next": {""}}
	for range 30 {
		if r := app.Nobody().Form("/sign-in", guess); r.Status == 429 {
			if r.Header.Get("Retry-After") == "" || !strings.Contains(r.Body, "<html") {
				t.Errorf("the page of too many tries is\n%s", r.Body)
			}
			return
		}
	}
	t.Error("30 wrong passwords in a row were never slowed")
}
