package engine_test

import (
	"fmt"
	"testing"

	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// A branch of a branch shows the whole way there, as far as there is room.
func TestABranchOfABranchShowsWhatStandsBeforeBoth(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		put := func(pk, thread string, index int) {
			w.push(ann, newOp(fmt.Sprintf(`{"id":%q,"thread_id":%q,"role":"user","index":%d,"order_key":"a","data":{"content":%q},"created_at":1,"updated_at":1}`, pk, thread, index, pk), wire.Messages, pk, 1))
		}
		first := w.start(ann, "First", "")
		for i := range 4 {
			put(fmt.Sprintf("a%d", i), first.ID, i)
		}
		fork := func(parent engine.Ref, anchor string, copied bool) engine.Ref {
			id, err := w.e.ForkThread(t.Context(), ann, engine.Fork{Parent: parent, Anchor: anchor, Title: "Branch", Copy: copied})
			if err != nil {
				t.Fatal(err)
			}
			return engine.Ref{WorkspaceID: "w1", ID: id}
		}
		second := fork(first, "a2", false)
		put("b0", second.ID, 0)
		put("b1", second.ID, 1)
		third := fork(second, "b0", false)
		before := func(of engine.Ref, limit int) string {
			th, err := w.e.Thread(t.Context(), of)
			if err != nil {
				t.Fatal(err)
			}
			messages, more, err := w.e.Before(t.Context(), "w1", *th.Origin, limit)
			if err != nil {
				t.Fatal(err)
			}
			var texts []string // each is the id of the message, or of what it is a copy of
			for _, m := range messages {
				texts = append(texts, m.Text)
			}
			return fmt.Sprint(texts, more)
		}
		want(t, before(third, 10), "[a0 a1 a2 b0] false")
		want(t, before(third, 4), "[a0 a1 a2 b0] false")
		want(t, before(third, 3), "[a1 a2 b0] true")
		want(t, before(third, 2), "[a2 b0] true")
		want(t, before(third, 1), "[b0] true")
		want(t, before(second, 3), "[a0 a1 a2] false")
		want(t, before(second, 2), "[a1 a2] true")
		// What was copied is the fork's own: behind it nothing is shown twice.
		copied := fork(second, "b1", true)
		put("c9", copied.ID, 9)
		want(t, before(fork(copied, "c9", false), 10), "[b0 b1 c9] false")
		if err := w.e.DeleteThread(t.Context(), ann, first); err != nil {
			t.Fatal(err)
		}
		want(t, before(third, 10), "[b0] false")
	})
}

// Only a hand-made push can name two threads as each other's parent; a page is
// asked for all the same, and ends.
func TestThreadsThatAreEachOthersBranchAreReadToAnEnd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i, name := range []string{"a", "b"} {
			other := []string{"b", "a"}[i]
			w.push(ann, newOp(fmt.Sprintf(`{"id":"t%s","status":"ready","pinned":false,"forked":true,"branch_mode":"reference","parent_thread_id":"t%s","anchor_message_id":"m%s","created_at":1,"updated_at":1}`, name, other, other), wire.Threads, "t"+name, 1))
			w.push(ann, newOp(fmt.Sprintf(`{"id":"m%s","thread_id":"t%s","role":"user","index":0,"order_key":"a","data":{"content":"x"},"created_at":1,"updated_at":1}`, name, name), wire.Messages, "m"+name, 1))
		}
		th, err := w.e.Thread(t.Context(), engine.Ref{WorkspaceID: "w1", ID: "ta"})
		if err != nil {
			t.Fatal(err)
		}
		messages, more, err := w.e.Before(t.Context(), "w1", *th.Origin, 5)
		if err != nil || len(messages) != 2 || more {
			t.Fatalf("%d messages, more: %v, %v", len(messages), more, err)
		}
		want(t, messages[0].ID+" "+messages[1].ID, "ma mb")
	})
}
