package server_test

import (
	"net/url"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

func TestErrorPagesSayWhatToDoAndNameTheRequest(t *testing.T) {
	app := testkit.Open(t, testkit.Options{Limits: true})
	missing := app.As(app.Owner).Get("/w/" + app.Harbour + "/t/nothing-here").Is(404).Says("Nothing here").Says("<html")
	if id := missing.Header.Get("X-Request-Id"); id == "" || !strings.Contains(missing.Body, id) {
		t.Errorf("the page does not name the request %q", id)
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
