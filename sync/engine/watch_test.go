package engine_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

const patience = 60 * time.Second

// follower reads a workspace as a stream does.
type follower struct {
	t       testing.TB
	e       *engine.Engine
	w       *engine.Watch
	a       engine.Actor
	history string
	cursor  int64
	seen    []int64
	empty   int // events that only advanced
	pulls   int
}

func (w *world) follower(e *engine.Engine, a engine.Actor) *follower {
	f := &follower{t: w.t, e: e, w: e.Watch("w1"), a: a}
	w.t.Cleanup(f.w.Close)
	f.pull()
	return f
}

func (f *follower) pull() {
	f.pulls++
	for more := true; more; {
		r, err := f.e.Pull(f.t.Context(), f.a, wire.PullRequest{WorkspaceID: "w1", Cursor: f.cursor, Limit: 500})
		if err != nil {
			f.t.Error(err)
			return
		}
		for _, c := range r.Changes {
			f.seen = append(f.seen, c.ServerVersion)
		}
		f.cursor, f.history, more = r.NextCursor, r.HistoryID, r.HasMore
	}
}

// until follows until a version.
func (f *follower) until(version int64) {
	f.t.Helper()
	end := time.After(patience)
	for f.cursor < version {
		event, next, place := f.w.After(f.a.UserID, f.history, f.cursor)
		switch {
		case place == engine.Behind:
			f.pull()
		case place == engine.OtherHistory:
			f.t.Error("another history")
			return
		case event != nil:
			f.take(event, next)
		default:
			select {
			case <-f.w.C:
			case <-end:
				f.t.Errorf("stuck at %d of %d", f.cursor, version)
				return
			}
		}
	}
}

func (f *follower) take(event []byte, next int64) {
	var data struct {
		Changes []struct {
			Version int64 `json:"server_version"`
		}
		NextCursor int64 `json:"next_cursor"`
	}
	_, text, _ := strings.Cut(string(event), "\ndata: ")
	if err := json.Unmarshal([]byte(text), &data); err != nil || data.NextCursor != next || next <= f.cursor {
		f.t.Errorf("%v after %d: %s", err, f.cursor, event)
	}
	for _, c := range data.Changes {
		f.seen = append(f.seen, c.Version)
	}
	if len(data.Changes) == 0 {
		f.empty++
	}
	f.cursor = next
}

func versionsTo(n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i + 1)
	}
	return out
}

func TestWhoWatchesSeesEveryCommitInOrder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const writers, pushes = 8, 30
		var followers []*follower
		for range 4 {
			followers = append(followers, w.follower(w.e, ann))
		}
		var all sync.WaitGroup
		for k := range writers {
			all.Go(func() {
				for n := range pushes {
					i := k*1000 + n
					if _, err := w.e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w1", Ops: []wire.Op{thread(i, fmt.Sprint("t", i), 1)}}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for _, f := range followers {
			all.Go(func() { f.until(writers * pushes) })
		}
		all.Wait()
		for _, f := range followers {
			if !slices.Equal(f.seen, versionsTo(writers*pushes)) {
				t.Errorf("%d changes, some twice or out of order: %v", len(f.seen), f.seen)
			}
		}
	})
}

func TestAWatchLeavesOutOtherPeoplesPrivateRows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		hers, his := w.follower(w.e, ann), w.follower(w.e, bob)
		w.push(ann, kv(1, "user."+ann.UserID+".theme", "dark", 1), thread(2, "t", 1))
		w.push(robot, notification(3, "n", bob.UserID, 1))
		his.until(3)
		w.push(ann, kv(4, "user."+ann.UserID+".font", "large", 1))
		hers.until(4)
		his.until(4)
		if !slices.Equal(hers.seen, []int64{1, 2, 4}) {
			t.Error("ann saw", hers.seen)
		}
		if !slices.Equal(his.seen, []int64{2, 3}) || his.empty != 1 {
			t.Error("bob saw", his.seen, "and", his.empty, "empty events")
		}
	})
}

// A tail is bounded. Who reads slower than it grows is told so, and finds the
// rest in the log.
func TestWhoFallsBehindFindsTheRestInTheLog(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lazy, keen := w.follower(w.e, ann), w.follower(w.e, ann)
		const pushes = 40
		for n := range pushes {
			var ops []wire.Op
			for k := range 100 {
				i := n*100 + k
				ops = append(ops, thread(i, fmt.Sprint("t", i), 1))
			}
			w.push(ann, ops...)
			keen.until(int64(n+1) * 100)
		}
		lazy.until(pushes * 100)
		for name, f := range map[string]*follower{"lazy": lazy, "keen": keen} {
			if !slices.Equal(f.seen, versionsTo(pushes*100)) {
				t.Errorf("%s saw %d changes", name, len(f.seen))
			}
		}
		if lazy.pulls < 2 || keen.pulls != 1 {
			t.Errorf("pulls: lazy %d, keen %d", lazy.pulls, keen.pulls)
		}
	})
}
