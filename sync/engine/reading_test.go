package engine_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// reading is a thread bob has looked at, with messages pushed into it.
type reading struct {
	*world
	th engine.Ref
}

func newReading(w *world) reading {
	return reading{w, w.start(ann, "Hull 14", "")}
}

// put pushes messages created after the first look; more is the rest of each payload.
func (r reading) put(a engine.Actor, from, n int, more string) {
	r.t.Helper()
	var ops []wire.Op
	for i := from; i < from+n; i++ {
		pk := fmt.Sprintf("m%04d", i)
		ops = append(ops, newOp(fmt.Sprintf(`{"id":%q,"thread_id":%q,"role":"user","index":%d,"order_key":"a","data":{"content":"x"},"created_at":%d,"updated_at":1%s}`, pk, r.th.ID, i, now/1000+1, more), wire.Messages, pk, 1))
	}
	for i := 0; i < len(ops); i += 100 {
		r.push(a, ops[i:min(i+100, len(ops))]...)
	}
}

func (r reading) unread(a engine.Actor, want int) {
	r.t.Helper()
	thread, err := r.e.Thread(r.t.Context(), r.th)
	r.must(err)
	thread.ActiveAt = time.Unix(now/1000+1, 0)
	counts, err := r.e.UnreadThreads(r.t.Context(), "w1", a.UserID, []engine.Thread{thread})
	if err != nil || counts[r.th.ID] != want {
		r.t.Errorf("%d unread (%v), want %d", counts[r.th.ID], err, want)
	}
}

func named(a engine.Actor) string { return fmt.Sprintf(`,"author_user_id":%q`, a.UserID) }

// What counts is the same on devices: sync/client/test/threads.test.ts has the
// same cases.
func TestWhatCountsAsUnread(t *testing.T) {
	text, err := os.ReadFile("../wire/testdata/unread.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Why, By        string
		Named, Pending bool
		Unread         int
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases (%v)", len(cases), err)
	}
	each(t, func(t *testing.T, w *world) {
		for _, c := range cases {
			t.Log(c.Why)
			r := newReading(w)
			r.t = t
			w.must(r.read(bob))
			by, more := bob, ""
			if c.By == "other" {
				by = ann
			}
			if c.Named {
				more = named(by)
			}
			if c.Pending {
				more += `,"pending":true`
			}
			w.push(by, newOp(fmt.Sprintf(`{"id":%q,"thread_id":%q,"role":"user","index":1,"order_key":"a","created_at":%d,"updated_at":1%s}`, r.th.ID+"m", r.th.ID, now/1000+1, more), wire.Messages, r.th.ID+"m", 1))
			r.unread(bob, c.Unread)
		}
	})
}

// A message that stands before 120 of one's own is out of sight: the thread is
// not read to its beginning, with a mark or without.
func TestCountingLooksAtTheLatestMessagesAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := newReading(w)
		w.must(r.read(bob))
		r.put(ann, 0, 1, named(ann))
		r.put(bob, 1, 119, named(bob))
		r.unread(bob, 1)
		r.put(bob, 120, 1, named(bob))
		r.unread(bob, 0)
		r.put(ann, 121, 1, named(ann))
		r.unread(bob, 1)
		w.must(r.read(bob))
		r.unread(bob, 0)
		r.put(ann, 122, 2, named(ann))
		r.put(bob, 124, 119, named(bob))
		r.unread(bob, 1)
		r.put(bob, 243, 1, named(bob))
		r.unread(bob, 0)
	})
}

func (r reading) read(a engine.Actor) error {
	seen, err := r.e.LookAt(r.t.Context(), r.th)
	r.must(err)
	return r.e.MarkRead(r.t.Context(), a, r.th, seen)
}

// What is committed after a page looked is not read by it, at the thread's end
// or before; and neither an older page nor one made by hand moves a mark wrongly.
func TestReadIsWhatWasSeen(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := newReading(w)
		w.must(r.read(bob))
		r.put(ann, 5, 2, named(ann))
		look := func() engine.Seen {
			seen, err := w.e.LookAt(t.Context(), r.th)
			w.must(err)
			again, err := engine.ParseSeen(seen.String())
			w.must(err)
			return again
		}
		note := func(seen engine.Seen) { w.must(w.e.MarkRead(t.Context(), bob, r.th, seen)) }
		first := look()
		r.put(ann, 7, 1, named(ann))
		r.put(ann, 2, 1, named(ann)) // stands before what was seen
		note(first)
		r.unread(bob, 2)
		second := look()
		note(second)
		r.unread(bob, 0)
		r.put(ann, 8, 1, named(ann))
		note(first) // a page from before that is loaded late
		r.unread(bob, 1)
		far := look()
		far.End.Index, far.End.Version = 1<<40, 1<<40
		note(far)
		r.unread(bob, 0)
		r.put(ann, 9, 1, named(ann))
		r.unread(bob, 1)
		_, err := engine.ParseSeen("nonsense")
		w.wantFault(err, fault.Invalid)
	})
}

func TestWhatOthersWroteIsUnreadUntilItIsRead(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		th := w.start(ann, "Hull 14", "")
		put := func(a engine.Actor, pk string, index int, clock int64) {
			t.Helper()
			w.push(a, newOp(fmt.Sprintf(`{"id":%q,"thread_id":%q,"role":"user","index":%d,"order_key":"a","author_user_id":%q,"data":{"content":"x"},"created_at":%d,"updated_at":1}`, pk, th.ID, index, a.UserID, now/1000+1), wire.Messages, pk, clock))
		}
		unread := func(a engine.Actor, want int) {
			t.Helper()
			thread, err := w.e.Thread(t.Context(), th)
			if err != nil {
				t.Fatal(err)
			}
			thread.ActiveAt = time.Unix(now/1000+1, 0)
			counts, err := w.e.UnreadThreads(t.Context(), "w1", a.UserID, []engine.Thread{thread})
			if err != nil || counts[th.ID] != want {
				t.Errorf("%d unread (%v), want %d", counts[th.ID], err, want)
			}
		}
		read := func(a engine.Actor) {
			t.Helper()
			seen, err := w.e.LookAt(t.Context(), th)
			w.must(err)
			w.must(w.e.MarkRead(t.Context(), a, th, seen))
		}
		put(ann, "m0", 0, 1)
		unread(bob, 0) // never looked: nothing is news
		read(bob)      // from now on it is
		read(vic)
		put(ann, "m2", 2, 1)
		put(bob, "m3", 3, 1)
		unread(bob, 2) // m0 and m2 are later than the first look; one's own are not counted
		unread(vic, 3)
		unread(ann, 0)
		read(bob)
		unread(bob, 0)
		put(ann, "m2", 2, 2) // an edit is no news
		unread(bob, 0)
		put(ann, "m1", 1, 1) // written before, arrived late
		unread(bob, 1)
		put(ann, "m4", 4, 1)
		unread(bob, 2)
		read(vic) // a viewer reads, too
		unread(vic, 0)
		read(bob)
		unread(bob, 0)
		head := w.pull(bob, 0, 100).NextCursor
		read(bob) // nothing to note, nothing written
		if next := w.pull(bob, 0, 100).NextCursor; next != head {
			t.Errorf("reading what is read wrote up to %d, was %d", next, head)
		}
		for i := range 130 {
			put(ann, fmt.Sprintf("n%03d", i), 10+i, 1)
		}
		unread(bob, engine.MaxUnread)
		read(bob)
		unread(bob, 0)
		for _, c := range w.pull(vic, 0, 1000).Changes {
			if strings.Contains(c.PK, bob.UserID) {
				t.Errorf("how far bob has read is shown to vic: %s", c.PK)
			}
		}
	})
}
