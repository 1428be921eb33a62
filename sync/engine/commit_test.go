package engine_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// hold keeps the committer from writing in w1 until release is called.
func (w *world) hold() (release func()) {
	w.t.Helper()
	w.push(ann) // the head must be there to be locked
	held, released, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- w.d.Write(context.Background(), func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.ExecContext(ctx, `UPDATE sync_heads SET value = value WHERE workspace_id = 'w1'`); err != nil {
				return err
			}
			close(held)
			<-released
			return nil
		})
	}()
	<-held
	var once sync.Once
	release = func() {
		once.Do(func() {
			close(released)
			if err := <-done; err != nil {
				w.t.Error(err)
			}
		})
	}
	w.t.Cleanup(release)
	return release
}

// until waits for other goroutines to come so far.
func (w *world) until(there func() bool) {
	w.t.Helper()
	for began := time.Now(); !there(); runtime.Gosched() {
		if time.Since(began) > time.Minute {
			w.t.Fatal("waited for a minute")
		}
	}
}

// arrived counts the pushes that are with an engine and not answered.
func (w *world) arrived(e *engine.Engine) int {
	s := e.Stats()
	return s.Waiting + s.Writing
}

// eachPatient is each for tests that hold the committer up: PostgreSQL must not
// lose patience with it.
func eachPatient(t *testing.T, test func(t *testing.T, w *world)) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		if strings.HasPrefix(url, "postgres") {
			url += "&lock_timeout=60000&idle_in_transaction_session_timeout=60000&statement_timeout=60000"
		}
		test(t, newWorld(t, dbtest.Open(t, url)))
	})
}

// poison makes the database refuse every change of a row called poison.
func (w *world) poison() {
	if w.d.Dialect() == db.SQLite {
		w.exec(`CREATE TRIGGER poison BEFORE INSERT ON change_log WHEN NEW.pk = 'poison' BEGIN SELECT RAISE(ABORT, 'poisoned'); END`)
		return
	}
	w.exec(`CREATE FUNCTION poison() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'poisoned'; END $$ LANGUAGE plpgsql`)
	w.exec(`CREATE TRIGGER poison BEFORE INSERT ON change_log FOR EACH ROW WHEN (NEW.pk = 'poison') EXECUTE FUNCTION poison()`)
}

func TestPushesThatWaitShareATransaction(t *testing.T) {
	eachPatient(t, func(t *testing.T, w *world) {
		release := w.hold()
		before := w.e.Stats()
		var all sync.WaitGroup
		for n := range 40 {
			all.Go(func() { w.push(ann, thread(n, opID(n), 1)) })
		}
		w.until(func() bool { return w.arrived(w.e) == 40 })
		release()
		all.Wait()
		after := w.e.Stats()
		if got := after.Transactions - before.Transactions; got > 2 {
			t.Errorf("40 pushes took %d transactions, want at most 2", got)
		}
		if got := after.Applied - before.Applied; got != 40 {
			t.Errorf("%d ops were applied, want 40", got)
		}
	})
}

func TestOnlyTheGuiltyOpFails(t *testing.T) {
	eachPatient(t, func(t *testing.T, w *world) {
		w.poison()
		release := w.hold()
		answers := make([]wire.PushResponse, 10)
		var all sync.WaitGroup
		for n := range answers {
			all.Go(func() {
				ops := []wire.Op{thread(10*n, opID(10*n), 1), thread(10*n+1, opID(10*n+1), 1), thread(10*n+2, opID(10*n+2), 1), thread(10*n+3, opID(10*n+3), 1)}
				if n == 5 {
					ops[1] = thread(51, "poison", 1)
					ops[2], ops[3] = in("a", ops[2]), in("a", thread(54, "poison", 1))
				}
				answers[n] = w.push(ann, ops...)
			})
		}
		w.until(func() bool { return w.arrived(w.e) == 10 })
		release()
		all.Wait()
		for n, r := range answers {
			for i, res := range r.Results {
				want := wire.Applied
				if n == 5 && i > 0 {
					want = wire.Rejected
				}
				if res.Status != want || want == wire.Rejected && res.Error.Code != fault.Internal {
					t.Errorf("push %d op %d: %s %v, want %s", n, i, res.Status, res.Error, want)
				}
			}
		}
		r := w.pull(ann, 0, 1000)
		if len(r.Changes) != 37 || r.NextCursor != 37 {
			t.Errorf("%d changes up to %d, want 37 without a gap", len(r.Changes), r.NextCursor)
		}
	})
}

func TestAPushOfNothingButGuiltyOpsIsAnsweredOpByOp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.poison()
		r := w.push(ann, thread(1, "poison", 1), bad(2))
		w.wantStatuses(r, "rejected server_error, rejected validation_error status")
		if r.HistoryID == "" {
			t.Error("the answer has no history id")
		}
	})
}

func TestTooManyWaitingPushesAreTurnedAway(t *testing.T) {
	eachPatient(t, func(t *testing.T, w *world) {
		e, err := engine.New(engine.Options{DB: w.d, Bus: w.bus, Now: func() time.Time { return time.UnixMilli(now) }, MaxWaiting: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		var full, refused atomic.Int64
		engine.QueueFull.On(w.bus, hook.Options{Name: "count"}, func(context.Context, engine.QueueEvent) { full.Add(1) })
		release := w.hold()
		var all sync.WaitGroup
		for n := range 10 {
			all.Go(func() {
				_, err := e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w1", Ops: []wire.Op{thread(n, opID(n), 1)}})
				if err == nil {
					return
				}
				var f *fault.Error
				if !errors.As(err, &f) || f.Kind != fault.Unavailable || f.Retry == 0 {
					t.Errorf("refused with %v, want unavailable and when to try again", err)
				}
				refused.Add(1)
			})
		}
		w.until(func() bool { return int(refused.Load())+w.arrived(e) == 10 })
		turnedAway := refused.Load()
		release()
		all.Wait()
		if turnedAway < 6 { // at most two are being written while two wait
			t.Errorf("only %d of 10 were turned away", turnedAway)
		}
		if refused.Load() != turnedAway || full.Load() != turnedAway {
			t.Errorf("%d were turned away, then %d; the hook fired %d times", turnedAway, refused.Load(), full.Load())
		}
	})
}

func TestARequestThatGivesUpDoesNotTakeItsWriteBack(t *testing.T) {
	eachPatient(t, func(t *testing.T, w *world) {
		release := w.hold()
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() {
			_, err := w.e.Push(ctx, ann, wire.PushRequest{WorkspaceID: "w1", Ops: []wire.Op{thread(1, "t1", 1)}})
			gone <- err
		}()
		cancel()
		w.wantFault(<-gone, fault.Unavailable)
		release()
		w.wantStatuses(w.push(ann, thread(1, "t1", 1)), "replayed 1")
	})
}

func TestClosingFinishesWhatWaitsAndRefusesTheRest(t *testing.T) {
	eachPatient(t, func(t *testing.T, w *world) {
		release := w.hold()
		answered := make(chan error, 3)
		for n := range 3 {
			go func() { answered <- w.pushErr(ann, thread(n, opID(n), 1)) }()
		}
		w.until(func() bool { return w.arrived(w.e) == 3 })
		closed := make(chan error, 1)
		go func() { closed <- w.e.Close() }()
		release()
		for range 3 {
			if err := <-answered; err != nil {
				t.Errorf("a push that waited got %v", err)
			}
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if err := w.e.Close(); err != nil {
			t.Errorf("closing twice: %v", err)
		}
		w.wantFault(w.pushErr(ann, thread(9, "t9", 1)), fault.Unavailable)
	})
}

func TestALostDatabaseIsToldAndNothingIsRejectedForIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.exec(`ALTER TABLE sync_heads RENAME TO hidden`)
		r, err := w.e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w1", Ops: []wire.Op{thread(1, "t1", 1)}})
		if err == nil {
			t.Errorf("without its tables the push is answered with %s", statuses(r))
		}
		w.exec(`ALTER TABLE hidden RENAME TO sync_heads`)
		w.wantStatuses(w.push(ann, thread(1, "t1", 1)), "applied 1")
	})
}

func TestAWorkspaceThatDoesNotExistIsNotFound(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, err := w.e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "nowhere", Ops: []wire.Op{thread(1, "t1", 1)}})
		w.wantFault(err, fault.NotFound)
	})
}

func TestHooksTellWhatHappened(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var told []string
		note := func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) }
		engine.PushBefore.On(w.bus, hook.Options{}, func(_ context.Context, p engine.PushEvent) {
			note("before %s %s %d", p.WorkspaceID, p.Actor.ID, p.Count)
		})
		engine.PushAfter.On(w.bus, hook.Options{}, func(_ context.Context, p engine.PushEvent) {
			note("after %d+%d of %d → %d", p.SuccessCount, p.FailCount, p.Count, p.ServerVersion)
		})
		engine.PullAfter.On(w.bus, hook.Options{}, func(_ context.Context, p engine.PullEvent) { note("pull %d → %d", p.Count, p.Cursor) })
		engine.ConflictDetected.On(w.bus, hook.Options{}, func(_ context.Context, c engine.ConflictEvent) {
			note("conflict %s/%s %s: %d stands against %d", c.Table, c.PK, c.Winner, c.Local.Stamp.Clock, c.Remote.Stamp.Clock)
		})
		w.push(ann, thread(1, "t1", 5), thread(2, "t1", 4), bad(3))
		w.pull(ann, 0, 10)
		want := fmt.Sprint([]string{"before w1 " + ann.UserID + " 3", "after 2+1 of 3 → 1", "conflict threads/t1 local: 5 stands against 4", "pull 1 → 1"})
		if got := fmt.Sprint(told); got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	})
}

// PostgreSQL finds a workspace's head by the order of keys: of a workspace that
// had none it locked the next one's, and a first push waited for a stranger.
func TestTheFirstPushToAWorkspaceWaitsForNoNeighbour(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.PostgresURL(t)))
	w.push(ann, thread(1, "t1", 1))
	err := w.d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		return db.InsertWorkspace(ctx, tx, &db.Workspace{ID: "w0", Name: "before w1", CreatedBy: ann.UserID, CreatedAt: now})
	})
	if err != nil {
		t.Fatal(err)
	}
	var pushed error
	err = w.d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		if _, _, err := db.LockHead(ctx, tx, "w1"); err != nil {
			return err
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, pushed = w.e.Push(context.Background(), ann, wire.PushRequest{WorkspaceID: "w0", Ops: []wire.Op{thread(2, "t1", 1)}})
		}()
		select {
		case <-done:
		case <-time.After(patience):
			t.Error("the push waits for the neighbour's head")
		}
		return nil
	})
	if err != nil || pushed != nil {
		t.Error(err, pushed)
	}
}
