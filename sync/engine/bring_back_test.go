package engine_test

import (
	"fmt"
	"testing"

	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// Whoever brings a thread back means the conversation, not its title.
func TestADeletedThreadComesBackWithTheMessagesThatWentWithIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		th, other := w.start(ann, "Hull 14", "0"), w.start(ann, "Yard", "0")
		ops := make([]wire.Op, 0, 240)
		for n := range 240 {
			id := fmt.Sprintf("m%03d", n)
			ops = append(ops, newOp(fmt.Sprintf(`{"id":%q,"thread_id":%q,"role":"user","index":%d,"order_key":"a","data":{"content":"words"},"created_at":1,"updated_at":1}`, id, th.ID, n+1), wire.Messages, id, 1))
		}
		for i := 0; i < len(ops); i += 100 {
			w.push(bob, ops[i:min(i+100, len(ops))]...)
		}
		elsewhere := w.say(ann, other, "To be deleted after the thread.")
		w.must(w.e.DeleteMessage(t.Context(), bob, engine.Ref{WorkspaceID: "w1", ID: "m007"}))
		w.must(w.e.DeleteThread(t.Context(), ann, th))
		w.must(w.e.DeleteMessage(t.Context(), ann, elsewhere))
		opOf := ""
		for _, e := range w.history(th.ID) {
			if e.Op == wire.Put {
				opOf = e.Stamp.OpID
			}
		}
		n, err := w.e.BringBack(t.Context(), ann, "w1", wire.Threads, th.ID, opOf)
		w.must(err)
		if n != 240 { // the first message and 240 more, less the one that had been deleted before
			t.Errorf("%d messages came back", n)
		}
		live := func(id string) bool {
			h, err := w.e.History(t.Context(), ann, wire.HistoryRequest{WorkspaceID: "w1", Table: wire.Messages, PK: id})
			w.must(err)
			return h.Entries[len(h.Entries)-1].Op == wire.Put
		}
		for id, stands := range map[string]bool{"m000": true, "m006": true, "m007": false, "m239": true, elsewhere.ID: false} {
			if live(id) != stands {
				t.Errorf("%s is there: %v", id, !stands)
			}
		}
		again, err := w.e.BringBack(t.Context(), ann, "w1", wire.Threads, th.ID, opOf)
		if err != nil || again != 0 {
			t.Errorf("again brings %d back (%v)", again, err)
		}
	})
}
