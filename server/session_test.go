package server_test

import (
	"testing"

	"or3.cloud/or3/internal/testkit"
)

func TestNobodyHasANullSession(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	r := app.Nobody().Get("/api/auth/session").Is(200)
	if r.Body != `{"session":null}` || r.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s %v", r.Body, r.Header)
	}
	r = app.As(app.Owner).Get("/api/auth/session").Is(200)
	t.Log(r.Body)
}
