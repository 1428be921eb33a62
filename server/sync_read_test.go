package server_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// deletion is a delete of a thread that was put before.
func deletion(put map[string]any, clock int) map[string]any {
	return map[string]any{"table": "threads", "op": "delete", "pk": put["pk"], "stamp": stamp(clock)}
}

// private is a put of a kv row that belongs to one person.
func private(p *testkit.Person, value string) map[string]any {
	name := "user." + p.ID + ".theme"
	return map[string]any{"table": "kv", "op": "put", "pk": name, "stamp": stamp(1),
		"payload": map[string]any{"id": name, "name": name, "value": value, "created_at": 1, "updated_at": 1}}
}

type item struct {
	Table   string          `json:"table"`
	PK      string          `json:"pk"`
	Op      string          `json:"op"`
	Payload json.RawMessage `json:"payload"`
	Version int64           `json:"server_version"`
	Stamp   struct {
		OpID  string `json:"op_id"`
		HLC   string `json:"hlc"`
		Clock int64  `json:"clock"`
	} `json:"stamp"`
}

type snapshotPage struct {
	Items         []item `json:"items"`
	HighWatermark int64  `json:"high_watermark"`
	Floor         int64  `json:"tombstone_floor"`
	BaseVersion   int64  `json:"base_version"`
	DiscardNewer  bool   `json:"discard_newer"`
	Next          string `json:"next_page_token"`
	HistoryID     string `json:"history_id"`
}

// snapshotOf reads all pages.
func snapshotOf(t *testing.T, c *testkit.Client, body map[string]any) (all []item, last snapshotPage) {
	t.Helper()
	for {
		var page snapshotPage
		reply := c.JSON("POST", "/api/sync/snapshot", body).Is(200)
		if err := json.Unmarshal([]byte(reply.Body), &page); err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, page
		}
		body["page_token"] = page.Next
	}
}

func TestANewDeviceGetsRowsAndTombstonesAndThenPulls(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		editor := app.As(app.Editor)
		gone := thread(1, "gone")
		editor.JSON("POST", "/api/sync/push", push(app.Harbour, gone, thread(1, "a"), thread(1, "b"), private(app.Editor, "dark"))).Is(200)
		editor.JSON("POST", "/api/sync/push", push(app.Harbour, deletion(gone, 2))).Is(200)
		body := map[string]any{"workspace_id": app.Harbour, "page_size": 2}
		items, page := snapshotOf(t, app.As(app.Viewer), body)
		if len(items) != 3 || page.HighWatermark != 5 || page.BaseVersion != 5 || page.DiscardNewer || page.HistoryID == "" {
			t.Fatalf("%+v with %d items", page, len(items))
		}
		tombstones := 0
		for i, it := range items {
			if it.Table == "kv" {
				t.Error("somebody else's private row is in the snapshot")
			}
			if it.Op == "delete" {
				tombstones++
			}
			if i > 0 && items[i-1].PK >= it.PK {
				t.Error("the rows are out of order")
			}
		}
		if tombstones != 1 {
			t.Errorf("%d tombstones", tombstones)
		}
		own, _ := snapshotOf(t, editor, map[string]any{"workspace_id": app.Harbour})
		if len(own) != 4 {
			t.Errorf("the editor sees %d rows", len(own))
		}
		editor.JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": page.HighWatermark, "limit": 10}).Is(200).Says(`"changes":[]`)
	})
}

func TestASnapshotThatTookTooLongStartsAgain(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	editor := app.As(app.Editor)
	editor.JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "a"), thread(1, "b"))).Is(200)
	var page snapshotPage
	reply := editor.JSON("POST", "/api/sync/snapshot", map[string]any{"workspace_id": app.Harbour, "page_size": 1}).Is(200)
	if err := json.Unmarshal([]byte(reply.Body), &page); err != nil {
		t.Fatal(err)
	}
	next := map[string]any{"workspace_id": app.Harbour, "page_size": 1, "page_token": page.Next}
	editor.JSON("POST", "/api/sync/snapshot", next).Is(200)
	app.Clock.Advance(time.Hour + time.Second)
	if reply := editor.JSON("POST", "/api/sync/snapshot", next).Is(409); reply.Code() != "conflict" {
		t.Error(reply.Body)
	}
	editor.JSON("POST", "/api/sync/snapshot", map[string]any{"workspace_id": app.Harbour, "page_token": "bm9uc2Vuc2U"}).Is(422)
	editor.JSON("POST", "/api/sync/snapshot", map[string]any{"workspace_id": app.Harbour, "page_size": 1001}).Is(422)
}

// digestOf is written from the contract alone.
func digestOf(items []item) string {
	var b strings.Builder
	for _, it := range items {
		deleted := 0
		if it.Op == "delete" {
			deleted = 1
		}
		fmt.Fprintf(&b, "%s\x00%s\x00%d\x00%s\x00%s\x00%d\n", it.Table, it.PK, it.Stamp.Clock, it.Stamp.HLC, it.Stamp.OpID, deleted)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

func TestADeviceThatHasEverythingComputesTheServersDigest(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		owner := app.As(app.Owner)
		digest := func(p *testkit.Person, deep bool) (d struct {
			Version int64  `json:"server_version"`
			Rows    int64  `json:"rows"`
			Digest  string `json:"digest"`
		}) {
			t.Helper()
			reply := app.As(p).JSON("POST", "/api/sync/digest", map[string]any{"workspace_id": app.Harbour, "deep": deep}).Is(200)
			if err := json.Unmarshal([]byte(reply.Body), &d); err != nil {
				t.Fatal(err)
			}
			return d
		}
		if empty := digest(app.Owner, false); empty.Rows != 0 || empty.Digest != digestOf(nil) {
			t.Errorf("nothing: %+v", empty)
		}
		gone := thread(1, "gone")
		owner.JSON("POST", "/api/sync/push", push(app.Harbour, gone, thread(1, "a"), private(app.Owner, "dark"))).Is(200)
		owner.JSON("POST", "/api/sync/push", push(app.Harbour, deletion(gone, 2))).Is(200)
		for _, p := range []*testkit.Person{app.Owner, app.Viewer} {
			items, _ := snapshotOf(t, app.As(p), map[string]any{"workspace_id": app.Harbour})
			d := digest(p, false)
			if d.Digest != digestOf(items) || d.Rows != int64(len(items)) || d.Version != 4 {
				t.Errorf("%s: %+v, want %s over %d", p.Email, d, digestOf(items), len(items))
			}
			if deep := digest(p, true); deep.Digest == d.Digest || len(deep.Digest) != 64 {
				t.Errorf("deep: %+v", deep)
			}
		}
		if digest(app.Owner, false).Digest == digest(app.Viewer, false).Digest {
			t.Error("a private row does not count for its owner")
		}
		before := digest(app.Viewer, false)
		owner.JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "new"))).Is(200)
		if after := digest(app.Viewer, false); after.Digest == before.Digest || after.Rows != before.Rows+1 {
			t.Errorf("the digest did not follow a write: %+v", after)
		}
	})
}

func TestARowsHistoryTellsWhatLost(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		first := thread(1, "first")
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, first)).Is(200)
		newer, late := thread(3, "newer"), thread(2, "late")
		for _, op := range []map[string]any{newer, late} {
			op["pk"] = first["pk"]
			op["payload"].(map[string]any)["id"] = first["pk"]
		}
		app.As(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, newer)).Is(200)
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, late)).Is(200).Says(`"superseded"`)
		var h struct {
			Entries []struct {
				Status  string `json:"status"`
				Op      string `json:"op"`
				UserID  string `json:"user_id"`
				At      int64  `json:"at"`
				Payload struct {
					Title string `json:"title"`
				} `json:"payload"`
			} `json:"entries"`
		}
		ask := func(p *testkit.Person, table string, pk any) {
			t.Helper()
			h.Entries = nil
			reply := app.As(p).JSON("POST", "/api/sync/history", map[string]any{"workspace_id": app.Harbour, "table": table, "pk": pk}).Is(200)
			if err := json.Unmarshal([]byte(reply.Body), &h); err != nil {
				t.Fatal(err)
			}
		}
		ask(app.Viewer, "threads", first["pk"])
		told := map[string]string{}
		for _, e := range h.Entries {
			told[e.Payload.Title] = e.Status
			if e.At != app.Clock.Now().UnixMilli() || e.Op != "put" {
				t.Errorf("%+v", e)
			}
		}
		if len(h.Entries) != 3 || told["first"] != "applied" || told["newer"] != "applied" || told["late"] != "superseded" {
			t.Errorf("%+v", h.Entries)
		}
		own := private(app.Owner, "dark")
		app.As(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, own)).Is(200)
		if ask(app.Viewer, "kv", own["pk"]); len(h.Entries) != 0 {
			t.Error("the history shows a private row")
		}
		if ask(app.Owner, "kv", own["pk"]); len(h.Entries) != 1 {
			t.Error("the owner does not see their own row's history")
		}
		// Their sessions have ended after a month.
		app.Clock.Advance(31 * 24 * time.Hour)
		later, err := app.Engine.History(t.Context(), engine.Actor{UserID: app.Viewer.ID},
			wire.HistoryRequest{WorkspaceID: app.Harbour, Table: wire.Threads, PK: first["pk"].(string)})
		if err != nil || len(later.Entries) != 1 || later.Entries[0].Stamp.Clock != 3 || later.Entries[0].UserID != app.Owner.ID {
			t.Errorf("after a month: %+v %v", later.Entries, err)
		}
	})
}

func TestADevicesCursorOnlyRises(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "a"), thread(1, "b"))).Is(200)
		note := func(p *testkit.Person, version, status int) *testkit.Response {
			t.Helper()
			return app.As(p).JSON("POST", "/api/sync/update-cursor", map[string]any{"workspace_id": app.Harbour, "device_id": "laptop", "version": version}).Is(status)
		}
		note(app.Viewer, 1, 200).Says(`"version":1`)
		note(app.Viewer, 2, 200)
		note(app.Viewer, 2, 200)
		if r := note(app.Viewer, 1, 409); r.Code() != "conflict" {
			t.Error(r.Body)
		}
		if r := note(app.Viewer, 3, 422); r.Code() != "validation_error" {
			t.Error(r.Body)
		}
		if r := note(app.CoOwner, 2, 403); r.Code() != "forbidden" {
			t.Error(r.Body)
		}
		note(app.Editor, 1, 200) // who wrote from it; the viewer was only quicker to name it
		note(app.Viewer, 1, 409)
	})
}

func TestCollectionKeepsWhatADeviceNeeds(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		owner, editor := app.As(app.Owner), app.As(app.Editor)
		gone := thread(1, "gone")
		editor.JSON("POST", "/api/sync/push", push(app.Harbour, gone, thread(1, "kept"))).Is(200)
		editor.JSON("POST", "/api/sync/push", push(app.Harbour, deletion(gone, 2))).Is(200)
		app.Clock.Advance(48 * time.Hour)
		editor.JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "new"))).Is(200)
		cursor := func(version int) {
			t.Helper()
			editor.JSON("POST", "/api/sync/update-cursor", map[string]any{"workspace_id": app.Harbour, "device_id": "laptop", "version": version}).Is(200)
		}
		collect := func(what string) *testkit.Response {
			t.Helper()
			return owner.JSON("POST", "/api/sync/gc-"+what, map[string]any{"workspace_id": app.Harbour, "retention_seconds": 86400}).Is(200)
		}
		pull := func(from int) *testkit.Response {
			t.Helper()
			return editor.JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": from, "limit": 10}).Is(200)
		}
		cursor(1)
		collect("change-log").Says(`"deleted_count":1`).Says(`"tombstone_floor":1`)
		pull(1).Says(`"next_cursor":4`)
		cursor(4)
		collect("tombstones").Says(`"deleted_count":1`).Says(`"tombstone_floor":3`)
		pull(1).Says(`"reset_required":true`).Says(`"changes":[]`)
		pull(3).Says(`"next_cursor":4`)
		collect("change-log").Says(`"deleted_count":2`)
		refused := editor.JSON("POST", "/api/sync/push", map[string]any{"workspace_id": app.Harbour, "cursor": 1, "ops": []any{thread(1, "late")}}).Is(409)
		refused.Says(`"reset_required":"true"`)
		items, page := snapshotOf(t, editor, map[string]any{"workspace_id": app.Harbour})
		if len(items) != 2 || page.Floor != 3 || page.HighWatermark != 4 {
			t.Errorf("%+v", page)
		}
		// A device that was silent for a whole retention holds nothing back.
		app.Clock.Advance(48 * time.Hour)
		collect("change-log").Says(`"deleted_count":1`).Says(`"tombstone_floor":4`)
		for _, bad := range []int{0, 31536001} {
			owner.JSON("POST", "/api/sync/gc-change-log", map[string]any{"workspace_id": app.Harbour, "retention_seconds": bad}).Is(422)
		}
	})
}

func TestARestoredDatabaseTellsDevicesWhatToPushAgain(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		editor := app.As(app.Editor)
		editor.JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "a"), thread(1, "b"))).Is(200)
		_, before := snapshotOf(t, editor, map[string]any{"workspace_id": app.Harbour})
		if _, err := app.Engine.RenewHistory(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		editor.JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "c"))).Is(200)
		_, between := snapshotOf(t, editor, map[string]any{"workspace_id": app.Harbour, "history_id": before.HistoryID})
		if between.HistoryID == before.HistoryID || between.BaseVersion != 2 || between.DiscardNewer || between.HighWatermark != 3 {
			t.Errorf("%+v", between)
		}
		editor.JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 2, "limit": 10, "history_id": before.HistoryID}).Is(200).Says(`"reset_required":true`)
		editor.JSON("POST", "/api/sync/push", map[string]any{"workspace_id": app.Harbour, "history_id": before.HistoryID, "ops": []any{thread(1, "x")}}).Is(409)
		if _, err := app.Engine.RenewHistory(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		for known, want := range map[string]snapshotPage{before.HistoryID: {BaseVersion: 2, DiscardNewer: true}, between.HistoryID: {BaseVersion: 3, DiscardNewer: true}, "nobody-knows": {}} {
			_, after := snapshotOf(t, editor, map[string]any{"workspace_id": app.Harbour, "history_id": known})
			if after.BaseVersion != want.BaseVersion || after.DiscardNewer != want.DiscardNewer {
				t.Errorf("since %s: %+v", known, after)
			}
		}
	})
}

func TestAClientThatIsTooOldIsTold(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	pull := map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 10}
	for version, status := range map[string]int{"0.0.1": 426, "0.9": 426, "1.0.0": 200, "2.1.0-beta": 200, "": 200, "dev": 200} {
		reply := app.As(app.Viewer).With("X-Or3-Client", version).JSON("POST", "/api/sync/pull", pull).Is(status)
		if status == 426 && reply.Code() != "client_too_old" {
			t.Error(reply.Body)
		}
	}
}
