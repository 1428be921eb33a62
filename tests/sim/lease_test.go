package sim_test

import (
	"testing"
	"time"

	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// A device that was heard of within the retention and has not seen a deletion
// yet still gets it, however old the deletion is; and a cursor only rises.
func TestADeletionWaitsForEveryDeviceInsideTheRetention(t *testing.T) {
	now := time.UnixMilli(1764288000000)
	d := openNode(t, dbtest.SQLiteURL(t), true, nil)
	e, err := engine.New(engine.Options{DB: d, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	ann := engine.Actor{UserID: "ann", CanWrite: true}
	op := func(kind wire.Kind, clock int64, id string) {
		o := wire.Op{Table: wire.KV, Op: kind, PK: "k", Stamp: wire.Stamp{DeviceID: "b", OpID: "0197a000-0000-7000-8000-00000000000" + id, HLC: "1764288000000:0000:b", Clock: clock}}
		if kind == wire.Put {
			o.Payload = []byte(`{"id":"k","name":"k","created_at":1,"updated_at":1}`)
		}
		if _, err := e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w1", Ops: []wire.Op{o}}); err != nil {
			t.Fatal(err)
		}
	}
	report := func(version int64) error {
		_, err := e.UpdateCursor(t.Context(), ann, wire.CursorRequest{WorkspaceID: "w1", DeviceID: "a", Version: version})
		return err
	}
	op(wire.Put, 1, "1")
	op(wire.Delete, 2, "2")
	now = now.Add(time.Hour)
	if err := report(1); err != nil {
		t.Fatal(err)
	}
	if _, err := e.CollectTombstones(t.Context(), ann, wire.CollectRequest{WorkspaceID: "w1", RetentionSeconds: 60}); err != nil {
		t.Fatal(err)
	}
	page, err := e.Pull(t.Context(), ann, wire.PullRequest{WorkspaceID: "w1", Cursor: 1, Limit: 10})
	if err != nil || page.ResetRequired || len(page.Changes) != 1 || page.Changes[0].Op != wire.Delete {
		t.Errorf("the device gets %+v (%v), want the deletion", page, err)
	}
	if err := report(2); err != nil {
		t.Fatal(err)
	}
	if err := report(1); !fault.Is(err, fault.Conflict) {
		t.Errorf("a cursor that falls is answered with %v, want a conflict", err)
	}
}
