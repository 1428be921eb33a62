package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

func (w *world) history(pk string) []wire.Entry {
	w.t.Helper()
	h, err := w.e.History(w.t.Context(), ann, wire.HistoryRequest{WorkspaceID: "w1", Table: wire.Threads, PK: pk})
	if err != nil {
		w.t.Fatal(err)
	}
	return h.Entries
}

func TestAHistoryTellsTheNewestWritesAndTheRowsOwnWhateverItsAge(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, thread(1, "t1", 100_000))
		n := 1
		for range 3 {
			ops := []wire.Op{}
			for range 100 {
				n++
				ops = append(ops, thread(n, "t1", 1)) // they all lose
			}
			w.millis.Add(1000)
			w.push(ann, ops...)
		}
		entries := w.history("t1")
		if len(entries) != engine.MaxHistory {
			t.Fatalf("%d entries", len(entries))
		}
		if first := entries[0]; first.Stamp.OpID != opID(1) || first.Status != wire.Applied {
			t.Errorf("the row's own write is left out: %+v", first)
		}
		for i, e := range entries[1:] {
			if e.Stamp.OpID != opID(103+i) || e.Status != wire.Superseded {
				t.Fatalf("entry %d is %s", i+1, e.Stamp.OpID)
			}
		}
	})
}

func TestAHistoryOfLargeWritesIsShorter(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for n := 1; n <= 30; n++ {
			op := thread(n, "t1", int64(n))
			op.Payload = []byte(strings.Replace(string(op.Payload), "{", fmt.Sprintf(`{"x":%q,`, strings.Repeat("ü", 100_000)), 1)) // 200 kB
			w.push(ann, op)
		}
		entries := w.history("t1")
		if len(entries) != 21 { // the one too many included
			t.Errorf("%d entries", len(entries))
		}
		if last := entries[len(entries)-1]; last.Stamp.OpID != opID(30) {
			t.Errorf("the last is %s", last.Stamp.OpID)
		}
	})
}

// Collecting tombstones with a short retention raises the floor that both
// collections share. What a longer one keeps of the log must stay: it is what
// rows have for a history.
func TestALogKeepsWhatIsYoungerThanItsOwnRetention(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		collect := func(collect func(wire.CollectRequest) (wire.CollectResponse, error), retention time.Duration, deleted, floor int64) {
			t.Helper()
			r, err := collect(wire.CollectRequest{WorkspaceID: "w1", RetentionSeconds: int64(retention / time.Second)})
			if err != nil || r.DeletedCount != deleted || r.TombstoneFloor != floor {
				t.Errorf("%+v %v, want %d deleted and floor %d", r, err, deleted, floor)
			}
		}
		log := func(r wire.CollectRequest) (wire.CollectResponse, error) {
			return w.e.CollectChangeLog(t.Context(), ann, r)
		}
		stones := func(r wire.CollectRequest) (wire.CollectResponse, error) {
			return w.e.CollectTombstones(t.Context(), ann, r)
		}
		w.push(ann, thread(1, "t1", 1), thread(2, "t2", 1))
		w.push(ann, remove(3, wire.Threads, "t2", 2))
		w.millis.Add(time.Hour.Milliseconds())
		w.push(ann, thread(4, "t1", 2), thread(5, "t1", 3))
		w.millis.Add(time.Hour.Milliseconds())
		collect(stones, time.Second, 1, 5)
		collect(log, 24*time.Hour, 0, 5)
		if n := len(w.history("t1")); n != 3 {
			t.Errorf("the history has %d entries", n)
		}
		collect(log, 90*time.Minute, 3, 5)
		if n := len(w.history("t1")); n != 2 {
			t.Errorf("the history has %d entries", n)
		}
		collect(log, time.Second, 2, 5)
		if e := w.history("t1"); len(e) != 1 || e[0].Stamp.OpID != opID(5) {
			t.Errorf("the row's own write is gone: %+v", e)
		}
	})
}
