package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

func TestPagesFollowEachOtherWithoutLossOrRepetition(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for n := range 25 {
			w.push(ann, thread(n, opID(n), 1))
		}
		var cursor, want int64
		for page := 0; ; page++ {
			r := w.pull(bob, cursor, 10)
			for _, c := range r.Changes {
				if want++; c.ServerVersion != want {
					t.Fatalf("page %d has version %d, want %d", page, c.ServerVersion, want)
				}
			}
			if cursor = r.NextCursor; !r.HasMore {
				break
			}
		}
		if want != 25 || cursor != 25 {
			t.Errorf("pulled up to %d, cursor %d, want 25", want, cursor)
		}
		w.wantSeen(w.pull(bob, 25, 10), "→ 25")
	})
}

func TestLargeRowsComeInPagesThatFitIntoMemory(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		value := strings.Repeat("x", 250_000)
		for first := 0; first < 40; first += 20 {
			var ops []wire.Op
			for n := first; n < first+20; n++ {
				ops = append(ops, kv(n, fmt.Sprintf("row.%d", n), value, 1))
			}
			w.push(ann, ops...)
		}
		page := w.pull(bob, 0, 1000)
		if n := len(page.Changes); n != 34 || !page.HasMore || page.NextCursor != 34 {
			t.Errorf("the first page has %d changes up to %d, more %v; want what exceeds 8 MiB by one", n, page.NextCursor, page.HasMore)
		}
		rest := w.pull(bob, page.NextCursor, 1000)
		if len(page.Changes)+len(rest.Changes) != 40 || rest.HasMore || rest.NextCursor != 40 {
			t.Errorf("the rest has %d changes up to %d, more %v", len(rest.Changes), rest.NextCursor, rest.HasMore)
		}
	})
}

func TestAnEmptyWorkspaceIsPulled(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.pull(ann, 0, 10)
		w.wantSeen(r, "→ 0")
		if r.HistoryID == "" || r.Changes == nil {
			t.Errorf("got %+v", r)
		}
	})
}

func TestTablesFilterThePageAndTheCursorStillAdvances(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, thread(1, "t1", 1), kv(2, "a", "1", 1), thread(3, "t2", 1), kv(4, "b", "1", 1), thread(5, "t3", 1))
		w.wantSeen(w.pull(ann, 0, 1, wire.KV), "2 put kv/a, → 2 and more")
		w.wantSeen(w.pull(ann, 2, 1, wire.KV), "4 put kv/b, → 5")
		w.wantSeen(w.pull(ann, 0, 10, wire.KV, wire.Posts), "2 put kv/a, 4 put kv/b, → 5")
		w.wantSeen(w.pull(ann, 0, 10, wire.Posts), "→ 5")
	})
}

func TestAPageOfOthersRowsOnlyStillAdvances(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		name := "user." + ann.UserID + "."
		for n := range 20 {
			w.push(ann, kv(n, name+opID(n), "x", 1))
		}
		w.push(ann, thread(100, "t1", 1))
		w.wantSeen(w.pull(bob, 0, 5), "21 put threads/t1, → 21")
	})
}

func TestACursorAboveTheHeadMustStartOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, thread(1, "t1", 1))
		w.wantSeen(w.pull(ann, 2, 10), "→ 2 reset")
		cursor := int64(2)
		_, err := w.e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w1", Cursor: &cursor, Ops: []wire.Op{thread(2, "t2", 1)}})
		if f := w.wantFault(err, fault.Conflict); f.Fields["reset_required"] != "true" {
			t.Errorf("fields are %v", f.Fields)
		}
		cursor = 1
		if _, err := w.e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w1", Cursor: &cursor, Ops: []wire.Op{thread(2, "t2", 1)}}); err != nil {
			t.Errorf("at the head a push is refused: %v", err)
		}
	})
}

func TestACursorBelowTheTombstoneFloorMustStartOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, thread(1, "t1", 1), remove(2, wire.Threads, "t1", 2), thread(3, "t3", 1))
		w.exec(`UPDATE sync_heads SET tombstone_floor = 2 WHERE workspace_id = 'w1'`)
		r := w.pull(ann, 1, 10)
		w.wantSeen(r, "→ 1 reset")
		if r.TombstoneFloor != 2 {
			t.Errorf("the floor is told as %d, want 2", r.TombstoneFloor)
		}
		w.wantSeen(w.pull(ann, 2, 10), "3 put threads/t3, → 3")
		cursor := int64(1)
		_, err := w.e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w1", Cursor: &cursor, Ops: []wire.Op{thread(4, "t1", 2)}})
		if f := w.wantFault(err, fault.Conflict); f.Fields["reset_required"] != "true" {
			t.Errorf("fields are %v", f.Fields)
		}
		// The tombstone is forgotten: nothing is left for a put to lose against.
		w.wantStatuses(w.push(ann, thread(5, "t1", 1)), "applied 4")
	})
}

func TestAnotherHistoryMustStartOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.push(ann, thread(1, "t1", 1)).HistoryID
		w.exec(`UPDATE settings SET value = 'restored' WHERE key = 'sync_history_id'`)
		r, err := w.e.Pull(t.Context(), ann, wire.PullRequest{WorkspaceID: "w1", Limit: 10, HistoryID: before})
		if err != nil || !r.ResetRequired || len(r.Changes) != 0 || r.HistoryID != "restored" {
			t.Errorf("a pull with the old history gives %+v, %v", r, err)
		}
		_, err = w.e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w1", HistoryID: before, Ops: []wire.Op{thread(2, "t2", 1)}})
		w.wantFault(err, fault.Conflict)
		if _, err := w.e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w1", HistoryID: "restored", Ops: []wire.Op{thread(2, "t2", 1)}}); err != nil {
			t.Errorf("with the new history a push is refused: %v", err)
		}
	})
}

func TestEnginesOnOneDatabaseShareItsHistory(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.push(ann).HistoryID
		w.e = w.open(w.d)
		if second := w.push(ann).HistoryID; second != first {
			t.Errorf("the second engine says %s, the first %s", second, first)
		}
	})
}

func TestAPullRefusesWhatNoRequestMayAsk(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, req := range []wire.PullRequest{{Limit: 0}, {Limit: 1001}, {Limit: 1, Cursor: -1}, {Limit: 1, Tables: []wire.Table{"users"}}} {
			req.WorkspaceID = "w1"
			_, err := w.e.Pull(t.Context(), ann, req)
			w.wantFault(err, fault.Invalid)
		}
	})
}
