package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"or3.cloud/or3/internal/testkit"
)

// thread is a put of a thread as a device sends it.
func thread(clock int, title string) map[string]any {
	id := uuid.Must(uuid.NewV7()).String()
	return map[string]any{
		"table": "threads", "op": "put", "pk": id,
		"payload": map[string]any{"id": id, "title": title, "status": "ready", "deleted": false, "pinned": false, "created_at": 1795426200, "updated_at": 1795426200, "clock": clock},
		"stamp":   stamp(clock),
	}
}

func stamp(clock int) map[string]any {
	return map[string]any{"device_id": "laptop", "op_id": uuid.NewString(), "hlc": fmt.Sprintf("1795426200000:%04d:laptop", clock), "clock": clock}
}

func push(workspaceID string, ops ...any) map[string]any {
	return map[string]any{"workspace_id": workspaceID, "ops": ops}
}

func TestWhatOneDevicePushesAnotherPulls(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		op := thread(1, "Hull 14")
		r := app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, op)).Is(200)
		r.Says(`"status":"applied","server_version":1`).Says(`"server_time":1795426200000`).Says(`"history_id":"`)
		app.Bearer(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, op)).Is(200).Says(`"status":"replayed","server_version":1`)
		pulled := app.As(app.Viewer).JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 100}).Is(200)
		pulled.Says(`"Hull 14"`).Says(`"next_cursor":1`).Says(`"has_more":false`)
		if pulled.Header.Get("Cache-Control") != "no-store" {
			t.Error("a pull may be kept")
		}
	})
}

func TestAPushIsJudgedOpByOp(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	good, bad := thread(1, "good"), thread(1, "bad")
	bad["payload"].(map[string]any)["title"] = "a\x00b"
	r := app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, good, bad, "nonsense", thread(1, "also good"))).Is(200)
	if strings.Count(r.Body, `"applied"`) != 2 || strings.Count(r.Body, `"rejected"`) != 2 {
		t.Errorf("%s", r.Body)
	}
}

func TestAViewerPushesOnlyWhatIsTheirs(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	r := app.As(app.Viewer).JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "x"))).Is(403)
	if r.Code() != "forbidden" {
		t.Error(r.Body)
	}
	name := "user." + app.Viewer.ID + ".theme"
	own := map[string]any{"table": "kv", "op": "put", "pk": name, "stamp": stamp(1),
		"payload": map[string]any{"id": name, "name": name, "value": "dark", "deleted": false, "created_at": 1, "updated_at": 1, "clock": 1}}
	app.As(app.Viewer).JSON("POST", "/api/sync/push", push(app.Harbour, own, thread(1, "x"))).Is(200).Says(`"applied"`).Says(`"forbidden"`)
	if seen := app.As(app.Owner).JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 10}); strings.Contains(seen.Body, name) {
		t.Error("the owner sees the viewer's private row")
	}
}

func TestSyncKnowsNoForeignWorkspaces(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	for _, id := range []string{app.Elsewhere, "missing"} {
		for _, who := range []*testkit.Person{app.Owner, app.Former, app.Admin} {
			r := app.As(who).JSON("POST", "/api/sync/push", push(id, thread(1, "x")))
			if r.Status != 404 || r.Code() != "not_found" {
				t.Errorf("%s pushes to %s: %d", who.Name, id, r.Status)
			}
			r = app.As(who).JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": id, "cursor": 0, "limit": 1})
			if r.Status != 404 || r.Code() != "not_found" {
				t.Errorf("%s pulls from %s: %d", who.Name, id, r.Status)
			}
		}
	}
	app.Nobody().JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "x"))).Is(401)
	both := `{"workspace_id":"` + app.Harbour + `","WORKSPACE_ID":"` + app.Elsewhere + `","ops":[]}`
	app.As(app.Owner).JSON("POST", "/api/sync/push", both).Is(422)
	twice := `{"workspace_id":"` + app.Harbour + `","workspace_id":"` + app.Elsewhere + `","ops":[]}`
	app.As(app.Owner).JSON("POST", "/api/sync/push", twice).Is(422)
}

func TestTheSameRowIDInAnotherWorkspaceIsAnotherRow(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	op := thread(1, "Harbour's")
	app.As(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, op)).Is(200).Says(`"applied"`)
	stolen := thread(9, "Stranger's")
	stolen["pk"] = op["pk"]
	stolen["payload"].(map[string]any)["id"] = op["pk"]
	app.As(app.Stranger).JSON("POST", "/api/sync/push", push(app.Elsewhere, stolen)).Is(200).Says(`"applied"`)
	pulled := app.As(app.Owner).JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 10})
	if strings.Contains(pulled.Body, "Stranger") {
		t.Error(pulled.Body)
	}
}

func TestARemovedMemberStopsSyncingAtOnce(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	pull := map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 1}
	app.Bearer(app.Editor).JSON("POST", "/api/sync/pull", pull).Is(200)
	app.As(app.Owner).JSON("DELETE", "/api/workspaces/"+app.Harbour+"/members/"+app.Editor.ID, nil).Is(200)
	app.Bearer(app.Editor).JSON("POST", "/api/sync/pull", pull).Is(404)
	app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "x"))).Is(404)
	if body := app.As(app.Editor).Get("/api/workspaces").Is(200).Body; body != `{"workspaces":[]}` {
		t.Error(body)
	}
}

func TestARestrictionStopsPushes(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	app.As(app.Owner).JSON("PUT", "/api/workspaces/"+app.Harbour+"/restrictions", `{"restrictions":[{"role":"editor","permission":"workspace.write"}]}`).Is(200)
	app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "x"))).Is(403)
	app.As(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "x"))).Is(200)
}

func TestTooManyOpsAreTooMuch(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	var ops []any
	for range 101 {
		ops = append(ops, thread(1, "x"))
	}
	if r := app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, ops...)); r.Status != 413 || r.Code() != "oversized" {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, ops[:100]...)).Is(200)
}
