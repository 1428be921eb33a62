package server_test

import (
	"net/url"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

func TestTheSyncPageShowsDevicesAndTheLog(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "a"), thread(1, "b"), thread(1, "c"))).Is(200)
		app.As(app.Editor).JSON("POST", "/api/sync/update-cursor", map[string]any{"workspace_id": app.Harbour, "device_id": "laptop-of-ed", "version": 1}).Is(200)
		page := app.As(app.Owner).Get("/admin/sync").Is(200)
		page.Says("laptop-of-ed").Says("2 changes to fetch").Says("It gets them by itself").Says("Collect now").Says("Nothing has been old enough")
		app.As(app.Owner).Get("/admin/sync?digest=on").Is(200).Says("Sum up again").Says("<dt>Rows</dt><dd>3</dd>")
		reader := app.As(app.Editor).Get("/admin/sync").Is(200).Says("laptop-of-ed")
		if strings.Contains(reader.Body, "Collect now") {
			t.Error("an editor is offered to collect")
		}
		app.As(app.Viewer).Get("/admin/sync").Is(403)
		app.As(app.Owner).Get("/admin/sync?table=users&pk=x").Is(422)
	})
}

// People know their browsers by name, not by a UUID; what is behind catches up
// while somebody looks; and who has gone is not waited for.
func TestTheDevicesOfTheSyncPageAreNamedAndKeepUp(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		const firefox, id = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "0197a000-1111-7000-8000-0123456789ab"
		note := func(c *testkit.Client, device string, version int) {
			c.JSON("POST", "/api/sync/update-cursor", map[string]any{"workspace_id": app.Harbour, "device_id": device, "version": version}).Is(200)
		}
		editor, owner := app.As(app.Editor), app.As(app.Owner)
		first := thread(1, "a")
		first["stamp"].(map[string]any)["device_id"] = id
		editor.JSON("POST", "/api/sync/push", push(app.Harbour, first, thread(1, "b"))).Is(200)
		note(editor.With("User-Agent", firefox), id, 1)
		page := owner.Get("/admin/sync").Is(200).Says("Ed Editor").Says("Firefox on Linux").Says(">…456789ab<").Says("1 change to fetch")
		if strings.Contains(page.Body, ">"+id) {
			t.Error("the page shows a bare UUID")
		}
		owner.Get("/admin/sync?table=threads&pk=" + first["pk"].(string)).Is(200).Says("Ed Editor wrote it").Says("from Firefox on Linux")

		editor.JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "c"))).Is(200)
		polls := owner.With("HX-Request", "true").With("HX-Request-Type", "partial")
		part := polls.Get("/admin/sync").Is(200).Says("2 changes to fetch").Says("newest version is 3")
		if strings.Contains(part.Body, "<h1") || !strings.HasPrefix(strings.TrimSpace(part.Body), `<div id="devices"`) {
			t.Errorf("the answer to a poll is %.100s", part.Body)
		}
		app.As(app.Viewer).With("HX-Request", "true").With("HX-Request-Type", "partial").Get("/admin/sync").Is(403)

		other := app.As(app.SignIn(app.Editor))
		note(other, "kiosk", 3)
		if strings.Contains(polls.Get("/admin/sync").Body, "Signed out") {
			t.Error("a device in use is shown as signed out")
		}
		other.JSON("POST", "/api/auth/sign-out", nil).Is(200)
		polls.Get("/admin/sync").Is(200).Says("kiosk").Says("Signed out")

		owner.Do("DELETE", "/api/workspaces/"+app.Harbour+"/members/"+app.Editor.ID, "", nil).Is(200)
		if body := polls.Get("/admin/sync").Is(200).Body; strings.Contains(body, "kiosk") || strings.Contains(body, "456789ab") {
			t.Error("the devices of a former member are still waited for")
		}
	})
}

func TestAnOwnerCollectsByHandAfterAQuestion(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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

// A device that has sent a file describes it as well, and the server was first: nothing
// is lost by that, and nothing to be brought back. A name that lost is.
func TestWhatADeviceSaysOfAFileItSentIsNotLost(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		f, a := files(app, app.Editor), pngOf(t, 40, 30)
		f.keep(t, a)
		put := func(name string) map[string]any {
			old := stamp(1)
			old["hlc"] = "0000000000001:0000:laptop"
			return map[string]any{"table": "file_meta", "op": "put", "pk": a.hash(), "stamp": old, "payload": map[string]any{"hash": a.hash(), "name": name,
				"mime_type": a.kind, "kind": "image", "size_bytes": len(a.text), "storage_id": "own", "width": nil, "added_by": app.Editor.ID, "created_at": 1, "updated_at": 1}}
		}
		f.JSON("POST", "/api/sync/push", push(app.Harbour, put(a.name))).Is(200).Says(`"superseded"`)
		where := "/admin/sync?table=file_meta&pk=" + a.hash()
		page := app.As(app.Editor).Get(where).Is(200).Says("Nothing lost").Says("Stands now")
		if strings.Contains(page.Body, ">Lost<") || strings.Contains(page.Body, "Bring back</button>") {
			t.Error("what the row says is offered as lost")
		}
		f.JSON("POST", "/api/sync/push", push(app.Harbour, put("my own name.png"))).Is(200).Says(`"superseded"`)
		page = app.As(app.Editor).Get(where).Is(200).Says("Nothing lost").Says("Lost").Says("my own name.png")
		if n := strings.Count(page.Body, "Bring back</button>"); n != 1 {
			t.Errorf("%d writes are offered, want the other name", n)
		}
	})
}

func TestAPrivateRowIsBroughtBackByItsPersonAlone(t *testing.T) {
	t.Parallel()
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

// What the question before a deletion promises.
func TestADeletedMessageOfAnotherIsBroughtBack(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		home, written := thread(1, "Hull 14"), thread(1, "")
		pk := written["pk"].(string)
		written["table"] = "messages"
		written["payload"] = map[string]any{"id": pk, "thread_id": home["pk"], "role": "user", "index": 0, "order_key": "a", "data": map[string]any{"content": "Keel is sound."},
			"author_user_id": app.Editor.ID, "created_at": 1, "updated_at": 1, "deleted": false, "clock": 1}
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, home, written)).Is(200).Says(`"applied"`)
		gone := deletion(written, 2)
		gone["table"] = "messages"
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, gone)).Is(200).Says(`"applied"`)
		path := "/w/" + app.Harbour + "/t/" + home["pk"].(string)
		if strings.Contains(app.As(app.Viewer).Get(path).Is(200).Body, "Keel is sound.") {
			t.Fatal("the message was not deleted")
		}
		bring := url.Values{"table": {"messages"}, "pk": {pk}, "op_id": {written["stamp"].(map[string]any)["op_id"].(string)}}
		app.As(app.Owner).Form("/admin/sync/bring-back", bring).Is(303)
		app.As(app.Viewer).Get(path).Is(200).Says("Keel is sound.")
	})
}

func TestADeletedThreadIsBroughtBackWithItsMessages(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		home := thread(1, "Hull 14")
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, home)).Is(200)
		path := "/w/" + app.Harbour + "/t/" + home["pk"].(string)
		app.As(app.Editor).Form(path+"/messages", url.Values{"text": {"Keel is sound."}}).Is(303)
		app.As(app.Owner).Get(path + "/delete").Is(200).Says("For 30 days, owners and editors can bring it back under Admin, Sync. Its messages come with it.")
		app.As(app.Owner).Form(path+"/delete", nil).Is(303)
		app.As(app.Viewer).Get(path).Is(404)
		editor := app.Browser(app.Editor).Open("/admin/sync?table=threads&pk="+home["pk"].(string), 200)
		editor.Submit("/admin/sync/bring-back", nil, 200).Says("Brought back with 1 message that was deleted with it, as new writes in your name.")
		app.As(app.Viewer).Get(path).Is(200).Says("Keel is sound.")
	})
}
