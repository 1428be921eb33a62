package engine_test

import (
	"testing"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

func TestOpsTakeVersionsInOrderAndArePulled(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.wantStatuses(w.push(ann, thread(1, "t1", 1), thread(2, "t2", 1), remove(3, wire.Threads, "t1", 2)), "applied 1, applied 2, applied 3")
		r := w.pull(bob, 0, 10)
		w.wantSeen(r, "1 put threads/t1, 2 put threads/t2, 3 delete threads/t1, → 3")
		if got := string(r.Changes[0].Payload); got != `{"id":"t1","title":"by op 1","status":"ready","pinned":false,"created_at":1764288000,"updated_at":1764288000}` {
			t.Errorf("the payload came back as %s", got)
		}
		if r.Changes[0].Stamp != stampOf(1, 1) || r.Changes[2].Payload != nil {
			t.Errorf("changes came back as %+v", r.Changes)
		}
		if r.HistoryID == "" || r.ServerTime != now || r.TombstoneFloor != 0 {
			t.Errorf("the answer's history is %+v", r.History)
		}
	})
}

func TestWorkspacesCountForThemselves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, thread(1, "t1", 1))
		r, err := w.e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w2", Ops: []wire.Op{thread(1, "t1", 1)}})
		if err != nil {
			t.Fatal(err)
		}
		w.wantStatuses(r, "applied 1") // the same pk and the same op id: tenants do not meet
	})
}

func TestAnOpTakesEffectOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.wantStatuses(w.push(ann, thread(1, "t1", 1)), "applied 1")
		again := thread(1, "t1", 1)
		again.Payload = []byte(`{ "updated_at":1764288000,"created_at":1764288000,"pinned":false,"status":"ready","title":"by op 1","id":"t1","clock":99 }`)
		w.wantStatuses(w.push(ann, again), "replayed 1")
		other := thread(1, "t1", 2)
		w.wantStatuses(w.push(ann, other), "rejected conflict op_id")
		w.wantStatuses(w.push(ann, thread(2, "t2", 1), thread(2, "t2", 1), thread(2, "t3", 1)), "applied 2, replayed 2, rejected conflict op_id")
		w.wantStatuses(w.push(bob, thread(1, "t1", 1)), "replayed 1")
		if r := w.pull(ann, 0, 10); len(r.Changes) != 2 {
			t.Errorf("pulled %s, want two changes", seen(r))
		}
	})
}

func TestARejectedIDIsNotRemembered(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bad := thread(1, "t1", 1)
		bad.Payload = []byte(`{"id":"t1"}`)
		w.wantStatuses(w.push(ann, bad), "rejected validation_error status")
		w.wantStatuses(w.push(ann, thread(1, "t1", 1)), "applied 1")
	})
}

func TestABadOpNeverFailsItsNeighbours(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		table := thread(2, "t2", 1)
		table.Table = "sync_runs"
		future := thread(3, "t3", 1)
		future.Stamp.HLC = wire.HLC{Millis: now + 300_001, Node: "a"}.String()
		big := thread(5, "t5", 1)
		big.Payload = append([]byte(`{"id":"t5","x":"`), append(make([]byte, wire.MaxPayload), `"}`...)...)
		w.wantStatuses(w.push(ann, thread(1, "t1", 1), table, future, thread(4, "t4", 1_000_001), big, thread(6, "t6", 1_000_000)),
			"applied 1, rejected validation_error table, rejected validation_error hlc, rejected validation_error clock, rejected oversized, applied 2")
	})
}

func TestTheServersClockDecidesWhatTheFutureIs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		op := thread(1, "t1", 1)
		op.Stamp.HLC = wire.HLC{Millis: now + 10*time.Minute.Milliseconds(), Node: "a"}.String()
		w.wantStatuses(w.push(ann, op), "rejected validation_error hlc")
		w.millis.Add(5 * time.Minute.Milliseconds())
		w.wantStatuses(w.push(ann, op), "applied 1")
	})
}

func TestTheClockMayLeadTheStoredRowByAMillion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.wantStatuses(w.push(ann, thread(1, "t1", 1_000_000), thread(2, "t1", 2_000_000), thread(3, "t1", 3_000_001)),
			"applied 1, applied 2, rejected validation_error clock")
		w.wantStatuses(w.push(ann, thread(3, "t1", 3_000_000)), "applied 3")
	})
}

func TestTheNewestWriteWinsAndTheLoserIsKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.wantStatuses(w.push(ann, thread(2, "t1", 2)), "applied 1")
		r := w.push(bob, thread(1, "t1", 1), thread(3, "t1", 2), thread(0, "t1", 2))
		w.wantStatuses(r, "superseded by 02, applied 2, superseded by 03")
		win := r.Results[0].Winner
		if win.ServerVersion != 1 || win.Op != wire.Put || string(win.Payload) != string(thread(2, "t1", 2).Payload) || win.Stamp != stampOf(2, 2) {
			t.Errorf("the winner is shown as %+v", win)
		}
		if win := r.Results[2].Winner; win.ServerVersion != 2 || string(win.Payload) != string(thread(3, "t1", 2).Payload) {
			t.Errorf("the winner of this very push is shown as %+v", win)
		}
		again := w.push(bob, thread(1, "t1", 1))
		w.wantStatuses(again, "superseded by 03") // still lost, and now to the newest
		changed := thread(1, "t1", 1)
		changed.Payload = thread(7, "t1", 1).Payload
		w.wantStatuses(w.push(bob, changed), "rejected conflict op_id")
		w.wantSeen(w.pull(ann, 0, 10), "1 put threads/t1, 2 put threads/t1, → 2")
		kept, err := w.d.Read().NewSelect().TableExpr("superseded_ops").Where("workspace_id = 'w1'").Count(t.Context())
		if err != nil || kept != 2 {
			t.Errorf("%d superseded ops are kept (%v), want 2", kept, err)
		}
	})
}

func TestADeletedRowStaysDeletedUntilAHigherClockBringsItBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, thread(1, "t1", 1))
		w.wantStatuses(w.push(ann, remove(2, wire.Threads, "t1", 2)), "applied 2")
		r := w.push(bob, thread(3, "t1", 2))
		w.wantStatuses(r, "superseded by 02")
		if win := r.Results[0].Winner; win.Op != wire.Delete || win.Payload != nil {
			t.Errorf("the tombstone is shown as %+v", win)
		}
		w.wantStatuses(w.push(bob, thread(4, "t1", 3)), "applied 3")
		w.wantStatuses(w.push(bob, remove(5, wire.Threads, "nothing", 1)), "applied 4") // devices may know a row the server does not
	})
}

func TestAnEmptyPushTellsTheHead(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, thread(1, "t1", 1))
		r := w.push(vic)
		if len(r.Results) != 0 || r.ServerVersion != 1 || r.HistoryID == "" {
			t.Errorf("got %+v", r)
		}
	})
}

func TestWhatSomebodyPushedBeforeTheyBecameAViewerIsReplayed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.wantStatuses(w.push(bob, thread(1, "t1", 2)), "applied 1")
		w.wantStatuses(w.push(bob, thread(2, "t1", 1)), "superseded by 01")
		viewer := bob
		viewer.CanWrite = false
		w.wantStatuses(w.push(viewer, thread(1, "t1", 2), thread(2, "t1", 1)), "replayed 1, superseded by 01")
		w.wantStatuses(w.push(viewer, thread(1, "t1", 2), thread(3, "t1", 3)), "replayed 1, rejected forbidden")

		// Whoever did not push it learns nothing, and neither does who guesses.
		other := thread(1, "t1", 2)
		other.Payload = thread(9, "t1", 2).Payload
		for who, op := range map[string]struct {
			a engine.Actor
			o wire.Op
		}{"a stranger to the op": {vic, thread(1, "t1", 2)}, "other content": {viewer, other}, "a new op": {viewer, thread(3, "t1", 3)}} {
			_, err := w.e.Push(t.Context(), op.a, wire.PushRequest{WorkspaceID: "w1", Ops: []wire.Op{op.o}})
			if !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s: %v", who, err)
			}
		}
		w.wantSeen(w.pull(ann, 0, 10), "1 put threads/t1, → 1")
	})
}
