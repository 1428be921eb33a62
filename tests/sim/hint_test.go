package sim_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// A device that listens must not be told of a write that was then rolled back.
func TestNobodyHearsOfWhatWasRolledBack(t *testing.T) {
	fail := false
	d := openNode(t, dbtest.SQLiteURL(t), true, func(point string) error {
		if fail && point == "COMMIT" {
			return &net.OpError{Op: "write", Err: errors.New("broken pipe")}
		}
		return nil
	})
	e, err := engine.New(engine.Options{DB: d})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	life, err := db.SettingValue(t.Context(), d.Read(), db.SyncHistorySetting)
	if err != nil {
		t.Fatal(err)
	}
	w := e.Watch("w1")
	defer w.Close()
	push := func(pk string) error {
		op := wire.Op{Table: wire.KV, Op: wire.Put, PK: pk, Payload: []byte(`{"id":"` + pk + `","name":"` + pk + `","created_at":1,"updated_at":1}`),
			Stamp: wire.Stamp{DeviceID: "a", OpID: "0197a000-0000-7000-8000-00000000000" + pk[len(pk)-1:], HLC: "1764288000000:0000:a", Clock: 1}}
		_, err := e.Push(t.Context(), engine.Actor{UserID: "ann", CanWrite: true}, wire.PushRequest{WorkspaceID: "w1", Ops: []wire.Op{op}})
		return err
	}
	if err := push("kept0"); err != nil {
		t.Fatal(err)
	}
	fail = true
	if err := push("undone1"); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("the push that could not be committed says %v", err)
	}
	fail = false
	if err := push("kept2"); err != nil {
		t.Fatal(err)
	}
	page, err := e.Pull(t.Context(), engine.Actor{UserID: "ann", CanWrite: true}, wire.PullRequest{WorkspaceID: "w1", Cursor: 0, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for cursor, heard := page.NextCursor, ""; cursor < 2 || !strings.Contains(heard, "kept2"); {
		event, next, _ := w.After("ann", life, cursor)
		if heard += string(event); strings.Contains(heard, "undone1") {
			t.Fatalf("a watcher heard of a write that was rolled back: %s", event)
		}
		if event != nil {
			cursor = next
			continue
		}
		if time.Now().After(deadline) {
			t.Fatalf("at %d the watcher has heard only %s", cursor, heard)
		}
		select {
		case <-w.C:
		case <-time.After(20 * time.Millisecond):
		}
	}
}
