package server_test

import (
	"net/url"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

func TestTheSyncPageShowsDevicesAndTheLog(t *testing.T) {
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "a"), thread(1, "b"), thread(1, "c"))).Is(200)
		app.As(app.Editor).JSON("POST", "/api/sync/update-cursor", map[string]any{"workspace_id": app.Harbour, "device_id": "laptop-of-ed", "version": 1}).Is(200)
		page := app.As(app.Owner).Get("/admin/sync").Is(200)
		page.Says("laptop-of-ed").Says("2 behind").Says("Collect now").Says("Nothing has been old enough")
		app.As(app.Owner).Get("/admin/sync?digest=on").Is(200).Says("Sum up again").Says("<dt>Rows</dt><dd>3</dd>")
		reader := app.As(app.Editor).Get("/admin/sync").Is(200).Says("laptop-of-ed")
		if strings.Contains(reader.Body, "Collect now") {
			t.Error("an editor is offered to collect")
		}
		app.As(app.Viewer).Get("/admin/sync").Is(403)
		app.As(app.Owner).Get("/admin/sync?table=users&pk=x").Is(422)
	})
}

func TestAnOwnerCollectsByHandAfterAQuestion(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	gone := thread(1, "gone")
	app.As(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, gone, thread(1, "kept"))).Is(200)
	app.As(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, deletion(gone, 2))).Is(200)
	if _, err := app.DB.RawWriter().Exec(`UPDATE change_log SET written_at = 1`); err != nil { // long ago
		t.Fatal(err)
	}
	app.As(app.Owner).Get("/admin/sync/collect").Is(200).Says("Collect now?")
	app.As(app.Editor).Form("/admin/sync/collect", nil).Is(403)
	app.As(app.Owner).Form("/admin/sync/collect", nil).Is(303)
	app.As(app.Owner).Get("/admin/sync").Is(200).Says("3 removed, asked for by you").Says("Deletions: 1 removed")
	app.As(app.Owner).Get("/api/admin/audit?workspace_id=" + app.Harbour + "&action=sync.collected").Is(200).Says(`"sync.collected"`)
}

func TestWhatLostIsSeenAndBroughtBack(t *testing.T) {
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		first := thread(1, "First words")
		newer, late := thread(3, "Newer words"), thread(2, "Late words")
		for _, op := range []map[string]any{newer, late} {
			op["pk"] = first["pk"]
			op["payload"].(map[string]any)["id"] = first["pk"]
		}
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, first, newer, late)).Is(200).Says(`"superseded"`)
		pk := first["pk"].(string)
		where := "/admin/sync?table=threads&pk=" + pk
		page := app.As(app.Editor).Get(where).Is(200).Says("Late words").Says("Lost").Says("Stands now").Says("Earlier")
		if n := strings.Count(page.Body, "Bring back</button>"); n != 2 {
			t.Errorf("%d writes are offered, want the one that lost and the earlier one", n)
		}
		lost := late["stamp"].(map[string]any)["op_id"].(string)
		bring := url.Values{"table": {"threads"}, "pk": {pk}, "op_id": {lost}}
		app.As(app.Viewer).Form("/admin/sync/bring-back", bring).Is(403)
		app.As(app.Editor).Form("/admin/sync/bring-back", bring).Is(303)
		pulled := app.As(app.Viewer).JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 2, "limit": 10}).Is(200)
		pulled.Says(`"title":"Late words"`).Says(`"clock":4`).Says(`"next_cursor":3`)

		// A deleted row comes back too, and what nobody knows does not.
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, deletion(first, 5))).Is(200).Says(`"applied"`)
		app.As(app.Editor).Form("/admin/sync/bring-back", bring).Is(303)
		app.As(app.Viewer).JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 4, "limit": 10}).Is(200).Says(`"op":"put"`).Says(`"clock":6`)
		bring.Set("op_id", "0d9c1e9e-8f0a-4c55-9c7e-6a4f2f1f5e01")
		app.As(app.Editor).Form("/admin/sync/bring-back", bring).Is(303)
		app.As(app.Editor).JSON("POST", "/api/sync/digest", map[string]any{"workspace_id": app.Harbour}).Is(200).Says(`"server_version":5`)
	})
}

func TestAPrivateRowIsBroughtBackByItsPersonAlone(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	own := private(app.Owner, "burgundy")
	app.As(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, own)).Is(200)
	pk := own["pk"].(string)
	page := app.As(app.Editor).Get("/admin/sync?table=kv&pk=" + pk).Is(200).Says("No such row")
	if strings.Contains(page.Body, "burgundy") {
		t.Error("an editor sees the owner's private row")
	}
	bring := url.Values{"table": {"kv"}, "pk": {pk}, "op_id": {own["stamp"].(map[string]any)["op_id"].(string)}}
	app.As(app.Editor).Form("/admin/sync/bring-back", bring).Is(303)
	app.As(app.Owner).JSON("POST", "/api/sync/digest", map[string]any{"workspace_id": app.Harbour}).Is(200).Says(`"server_version":1`)
}
