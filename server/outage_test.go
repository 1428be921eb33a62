package server_test

import (
	"context"
	"testing"

	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/policies"
)

func TestAnOutageIsNotALogout(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		fresh := app.SignIn(app.Viewer)
		if err := app.DB.Close(); err != nil {
			t.Fatal(err)
		}
		r := app.As(fresh).Get("/api/workspaces").Is(503)
		if r.Code() != "unavailable" {
			t.Error(r.Body)
		}
		if _, set := r.SessionCookie(); set {
			t.Error("the cookie was touched")
		}
		if r := app.As(fresh).Get("/settings"); r.Status != 503 {
			t.Errorf("a page: %d %s", r.Status, r.Header.Get("Location"))
		}
		if r := app.As(fresh).Get("/api/auth/session"); r.Status != 503 {
			t.Errorf("the session: %d %s", r.Status, r.Body)
		}
		app.Nobody().Get("/readyz").Is(503).Says("database")
		app.Nobody().Get("/healthz").Is(200)
		app.Nobody().Get("/api/auth/session").Is(200).Says("null")
	})
}

func TestAFilterNarrowsEveryGuardedRoute(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	pull := map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 1}
	app.As(app.Owner).JSON("POST", "/api/sync/pull", pull).Is(200)
	off := policies.DecisionFilter.On(app.Bus, hook.Options{Name: "curfew"}, func(_ context.Context, q policies.Question) (policies.Question, error) {
		q.Decision.Allowed, q.Note = false, "After hours."
		return q, nil
	})
	app.As(app.Owner).JSON("POST", "/api/sync/pull", pull).Is(403)
	app.As(app.Owner).Get("/api/admin/status").Is(403)
	app.As(app.Owner).Get("/w/" + app.Harbour).Is(403)
	app.As(app.Stranger).JSON("POST", "/api/sync/pull", pull).Is(404) // a stranger's question never reaches it
	off()
	policies.DecisionFilter.On(app.Bus, hook.Options{Name: "generous"}, func(_ context.Context, q policies.Question) (policies.Question, error) {
		q.Decision.Allowed = true
		return q, nil
	})
	app.As(app.Viewer).Get("/api/admin/status").Is(403)
	app.Bearer(app.Owner).Get("/metrics").Is(200).Says("or3_auth_filter_grant_attempts_total 1")
}
