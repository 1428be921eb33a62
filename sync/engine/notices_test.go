package engine_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// told is a world in which people are told of each other's messages.
type told struct {
	*world
	mu      sync.Mutex
	outside map[string]bool // people who may not read
	ops     int
}

func eachTold(t *testing.T, test func(t *testing.T, w *told)) {
	dbtest.EachURL(t, func(t *testing.T, url string) { test(t, newTold(t, dbtest.Open(t, url))) })
}

func newTold(t *testing.T, d *db.DB) *told {
	w := &told{world: newWorld(t, d), outside: map[string]bool{}}
	w.e = w.node(d)
	return w
}

// node starts an engine that tells.
func (w *told) node(d *db.DB) *engine.Engine {
	w.t.Helper()
	e, err := engine.New(engine.Options{DB: d, Bus: hook.New(nil), Now: func() time.Time { return time.UnixMilli(w.millis.Load()) },
		MayRead: func(_ context.Context, userID, _ string) bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return !w.outside[userID]
		}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := e.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return e
}

func (w *told) op() int { w.ops++; return w.ops }

func (w *told) start(a engine.Actor, id string) { w.push(a, thread(w.op(), id, 1)) }

func (w *told) message(threadID, id, role string, createdAt int64) wire.Op {
	return wire.Op{Table: wire.Messages, Op: wire.Put, PK: id, Stamp: stampOf(w.op(), 1), Payload: fmt.Appendf(nil,
		`{"id":%q,"thread_id":%q,"role":%q,"index":%d,"order_key":"%04d","data":{"content":"words of %s"},"created_at":%d,"updated_at":%d}`,
		id, threadID, role, w.ops, w.ops, id, createdAt, createdAt)}
}

func (w *told) second() int64 { return w.millis.Load() / 1000 }

func (w *told) writes(a engine.Actor, threadID, id string) {
	w.t.Helper()
	w.push(a, w.message(threadID, id, "user", w.second()))
}

func (w *told) pass(d time.Duration) { w.millis.Add(d.Milliseconds()) }

// settle waits until everything that was handed over is told.
func (w *told) settle() {
	w.t.Helper()
	for end := time.Now().Add(patience); w.e.Stats().Untold > 0; <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatal("what was written is never told")
		}
	}
}

// has checks a person's notices, the latest first: "title: body", "!" when read.
func (w *told) has(a engine.Actor, want ...string) {
	w.t.Helper()
	w.settle()
	page, err := w.e.Notices(context.Background(), engine.NoticeQuery{WorkspaceID: "w1", UserID: a.UserID, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	var got []string
	for _, n := range page.Notices {
		line := n.Title + ": " + n.Body
		if n.Read {
			line = "!" + line
		}
		got = append(got, line)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestThoseWhoTakePartHearOfAnAnswerAndItsWriterDoesNot(t *testing.T) {
	eachTold(t, func(t *testing.T, w *told) {
		w.start(ann, "t1")
		w.writes(bob, "t1", "m1")
		w.has(ann, "Bob answered in by op 1: words of m1")
		w.has(bob)
		w.writes(ann, "t1", "m2")
		w.has(bob, "Ann answered in by op 1: words of m2")
		w.has(vic) // never wrote here
		if r := w.pull(bob, 0, 100, wire.Notifications); len(r.Changes) != 1 || r.Changes[0].PK == "" {
			t.Errorf("bob's devices pull %s", seen(r))
		}
	})
}

func TestOnlyNewMessagesAreToldOf(t *testing.T) {
	eachTold(t, func(t *testing.T, w *told) {
		w.start(ann, "t1")
		w.push(bob, w.message("t1", "old", "user", w.second()-4*24*3600), w.message("t1", "system", "system", w.second()))
		w.push(bob, remove(w.op(), wire.Messages, "old", 2))
		again := w.message("t1", "old", "user", w.second())
		again.Stamp.Clock = 3
		w.push(bob, again) // brought back
		edited := w.message("t1", "system", "user", w.second())
		edited.Stamp.Clock = 2
		w.push(bob, edited)
		w.push(bob, w.message("nowhere", "m2", "user", w.second()))
		w.has(ann)
		w.push(bob, w.message("t1", "answer", "assistant", w.second()))
		w.has(ann, "An answer came in by op 1: words of answer")
	})
}

func TestAMessageThatIsDeletedAtOnceIsNotToldOf(t *testing.T) {
	eachTold(t, func(t *testing.T, w *told) {
		w.start(ann, "t1")
		w.push(bob, w.message("t1", "m1", "user", w.second()), remove(w.op(), wire.Messages, "m1", 2))
		w.has(ann)
	})
}

func TestWhoMutedAThreadOrMayNotReadItHearsNothing(t *testing.T) {
	eachTold(t, func(t *testing.T, w *told) {
		w.start(ann, "t1")
		w.writes(vicWriting, "t1", "m0")
		w.settle()
		if err := w.e.ClearNotices(t.Context(), ann, "w1"); err != nil {
			t.Fatal(err)
		}
		if err := w.e.MuteThread(t.Context(), ann, engine.Ref{WorkspaceID: "w1", ID: "t1"}, true); err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		w.outside[vic.UserID] = true
		w.mu.Unlock()
		w.writes(bob, "t1", "m1")
		w.has(ann)
		w.has(vic)
		if err := w.e.MuteThread(t.Context(), ann, engine.Ref{WorkspaceID: "w1", ID: "t1"}, false); err != nil {
			t.Fatal(err)
		}
		w.writes(bob, "t1", "m2")
		w.has(ann, "Bob answered in by op 1: words of m2") // cleared before, so it comes back
	})
}

var vicWriting = engine.Actor{UserID: vic.UserID, CanWrite: true}

// One line per thread: it is renewed, not repeated, and not more often than
// every 15 seconds unless it was read meanwhile.
func TestAThreadHasOneNoticeWhichIsRenewed(t *testing.T) {
	eachTold(t, func(t *testing.T, w *told) {
		w.start(ann, "t1")
		w.writes(bob, "t1", "m1")
		w.has(ann, "Bob answered in by op 1: words of m1")
		w.pass(14 * time.Second)
		w.writes(bob, "t1", "m2")
		w.has(ann, "Bob answered in by op 1: words of m1")
		w.pass(time.Second)
		w.writes(vicWriting, "t1", "m3")
		w.has(ann, "Vic answered in by op 1: words of m3")
		if err := w.e.ReadNotices(t.Context(), ann, "w1"); err != nil {
			t.Fatal(err)
		}
		w.has(ann, "!Vic answered in by op 1: words of m3")
		w.writes(bob, "t1", "m4")
		w.has(ann, "Bob answered in by op 1: words of m4")
		if n, err := w.e.Unread(t.Context(), "w1", ann.UserID); n != 1 || err != nil {
			t.Error(n, "unread", err)
		}
	})
}

// An import writes into many threads at once.
func TestManyMessagesAtOnceEndInOneLineAndSilence(t *testing.T) {
	eachTold(t, func(t *testing.T, w *told) {
		flood := func(round string) {
			var ops []wire.Op
			for i := range 40 {
				ops = append(ops, w.message(fmt.Sprint("t", i), fmt.Sprint("m", round, i), "user", w.second()))
			}
			w.push(bob, ops...)
			w.settle()
		}
		for i := range 40 {
			w.start(ann, fmt.Sprint("t", i))
		}
		flood("a")
		count := func() (lines, many int) {
			page, err := w.e.Notices(t.Context(), engine.NoticeQuery{WorkspaceID: "w1", UserID: ann.UserID, Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range page.Notices {
				if n.Title == "Many messages came at once" {
					many++
				}
			}
			return page.Total, many
		}
		if lines, many := count(); lines != 6 || many != 1 {
			t.Errorf("%d lines, %d that say there is more", lines, many)
		}
		w.pass(59 * time.Second)
		flood("b")
		if lines, _ := count(); lines != 6 {
			t.Errorf("%d lines while it should be silent", lines)
		}
		w.pass(time.Second)
		w.start(ann, "calm")
		w.writes(bob, "calm", "m")
		w.settle()
		if lines, _ := count(); lines != 7 {
			t.Errorf("%d lines after the silence", lines)
		}
	})
}

// Whoever knows who is in which thread still cannot take the id of a notice
// beforehand, which would have every message told by itself; and all nodes
// renew the same one.
func TestNobodyCanComputeTheIDOfANotice(t *testing.T) {
	ids := map[string]bool{}
	eachTold(t, func(t *testing.T, w *told) {
		for _, thread := range []string{"t1", ""} {
			sum := sha256.Sum256([]byte(ann.UserID + "\x00" + thread))
			w.push(bob, notification(w.op(), "answer-"+hex.EncodeToString(sum[:16]), bob.UserID, 1))
		}
		w.start(ann, "t1")
		w.writes(bob, "t1", "m1")
		w.has(ann, "Bob answered in by op 3: words of m1")
		w.writes(bob, "t1", "m2")
		w.has(ann, "Bob answered in by op 3: words of m1")
		id := w.pull(ann, 0, 100, wire.Notifications).Changes[0].PK
		if ids[id] {
			t.Error("the id is the same in another database:", id)
		}
		ids[id] = true
		w.e = w.node(w.d)
		w.pass(15 * time.Second)
		w.writes(bob, "t1", "m3")
		w.has(ann, "Bob answered in by op 3: words of m3")
	})
}

// A person may have given the id of a notice away, and somebody has taken it.
func TestATakenIDKeepsNobodyFromBeingTold(t *testing.T) {
	eachTold(t, func(t *testing.T, w *told) {
		w.start(ann, "t1")
		w.writes(bob, "t1", "m1")
		w.settle()
		id := w.pull(ann, 0, 100, wire.Notifications).Changes[0].PK
		w.push(ann, thread(w.op(), "t2", 1))
		// The row goes and is forgotten; bob takes its id.
		w.exec(`DELETE FROM sync_rows WHERE table_name = 'notifications'`)
		w.push(bob, notification(w.op(), id, bob.UserID, 1))
		w.pass(time.Minute)
		w.writes(bob, "t1", "m2")
		w.has(ann, "Bob answered in by op 1: words of m2")
		w.has(bob, "T: ")
	})
}

// The node that committed a message writes its notices; the others do not.
func TestOfSeveralNodesOneTells(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := newTold(t, dbtest.Open(t, url))
		other, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = other.Close() })
		second := w.node(other)
		w.start(ann, "t1")
		w.writes(bob, "t1", "m1")
		w.has(ann, "Bob answered in by op 1: words of m1")
		if n := second.Stats().Told; n != 0 {
			t.Errorf("the other node wrote %d notices", n)
		}
		if n := w.e.Stats().Told; n != 1 {
			t.Errorf("the node wrote %d notices", n)
		}
	})
}

// What waits when the program stops is still told.
func TestClosingTellsWhatWaits(t *testing.T) {
	eachTold(t, func(t *testing.T, w *told) {
		for _, id := range []string{"t1", "t2", "t3"} {
			w.start(ann, id)
		}
		w.mu.Lock() // nobody is told until it is known who may read
		for i, id := range []string{"t1", "t2", "t3"} {
			w.writes(bob, id, fmt.Sprint("m", i))
		}
		closed := make(chan error)
		go func() { closed <- w.e.Close() }()
		w.mu.Unlock()
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		w.e = w.node(w.d)
		if page, err := w.e.Notices(t.Context(), engine.NoticeQuery{WorkspaceID: "w1", UserID: ann.UserID, Limit: 1}); page.Total != 3 || err != nil {
			t.Errorf("%d notices, %v", page.Total, err)
		}
	})
}

// Two people write into the same thread before anybody is told: each hears of
// the other's message.
func TestTwoWhoWriteAtOnceHearOfEachOther(t *testing.T) {
	eachTold(t, func(t *testing.T, w *told) {
		w.start(ann, "t0")
		w.start(ann, "t1")
		w.mu.Lock()
		w.writes(bob, "t0", "m0")
		w.writes(bob, "t1", "m1")
		w.writes(ann, "t1", "m2")
		w.writes(ann, "t1", "m3")
		w.mu.Unlock()
		w.settle()
		if page, err := w.e.Notices(t.Context(), engine.NoticeQuery{WorkspaceID: "w1", UserID: ann.UserID}); err != nil || len(page.Notices) != 2 {
			t.Errorf("ann has %v, %v", page.Notices, err)
		}
		w.has(bob, "Ann answered in by op 2: words of m3")
	})
}

// So much at once is an import: pushes go on, the count says what was left out,
// and others are told of what others have written.
func TestAFloodHoldsUpNoPushAndKeepsNobodyElsesNewsOut(t *testing.T) {
	eachTold(t, func(t *testing.T, w *told) {
		w.start(ann, "t0")
		w.start(ann, "t1")
		if _, err := w.e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w2", Ops: []wire.Op{thread(w.op(), "t2", 1)}}); err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		w.writes(bob, "t0", "m0")
		for range 12 {
			var ops []wire.Op
			for range 100 {
				id := fmt.Sprint(w.ops)
				ops = append(ops, w.message("n"+id, "m"+id, "user", w.second()))
			}
			w.push(bob, ops...)
		}
		w.writes(vicWriting, "t1", "m1")
		if _, err := w.e.Push(t.Context(), vicWriting, wire.PushRequest{WorkspaceID: "w2", Ops: []wire.Op{w.message("t2", "m2", "user", w.second())}}); err != nil {
			t.Fatal(err)
		}
		w.mu.Unlock()
		w.settle()
		var told []string
		for _, id := range []string{"w1", "w2"} {
			page, err := w.e.Notices(t.Context(), engine.NoticeQuery{WorkspaceID: id, UserID: ann.UserID})
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range page.Notices {
				told = append(told, id+" "+n.Body)
			}
		}
		slices.Sort(told)
		if want := []string{"w1 words of m0", "w1 words of m1", "w2 words of m2"}; !slices.Equal(told, want) {
			t.Errorf("ann was told of %q, want %q", told, want)
		}
		if n := w.e.Stats().LeftOut; n < 12*100-512 {
			t.Error(n, "left out")
		}
	})
}

func TestANoticeThatNeedNotWaitIsWrittenSoon(t *testing.T) {
	eachTold(t, func(t *testing.T, w *told) {
		w.e.TellSoon("w1", bob.UserID, engine.Notice{Type: "workspace.joined", Title: "Ann added you", Body: "You are an editor here."})
		w.has(bob, "Ann added you: You are an editor here.")
		w.mu.Lock()
		w.outside[vic.UserID] = true
		w.mu.Unlock()
		w.e.TellSoon("w1", vic.UserID, engine.Notice{Type: "workspace.joined", Title: "Ann added you"})
		w.has(vic)
	})
}
