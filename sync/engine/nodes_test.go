package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// Two engines with their own connections stand for two nodes. 32 devices push
// through both while readers follow; nobody may ever see a hole.
func TestVersionsHaveNoGapsWhileTwoNodesWrite(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := newWorld(t, dbtest.Open(t, url))
		second, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = second.Close() })
		engines := []*engine.Engine{w.e, w.open(second)}

		const devices, pushes = 32, 12
		took := newVersions()
		done := make(chan struct{})
		var readers, writers sync.WaitGroup
		for i, e := range engines {
			readers.Go(func() { followWithoutHoles(t, e, done, i) })
		}
		for device := range devices {
			writers.Go(func() { pushAll(t, engines[device%2], device, pushes, took) })
		}
		writers.Wait()
		close(done)
		readers.Wait()

		w.sound("w1")
		w.sound("w2")
		// Every acknowledged version is in the log under the op that got it, once.
		for _, id := range []string{"w1", "w2"} {
			var cursor int64
			for more := true; more; {
				r, err := engines[0].Pull(t.Context(), ann, wire.PullRequest{WorkspaceID: id, Cursor: cursor, Limit: 100})
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range r.Changes {
					if cursor++; c.ServerVersion != cursor {
						t.Fatalf("after %d came %d", cursor-1, c.ServerVersion)
					}
					took.check(t, id, c)
				}
				more = r.HasMore
			}
		}
		if left := took.left(); left != 0 {
			t.Errorf("%d acknowledged ops are not in the log", left)
		}
	})
}

// pushAll sends pushes of one device to both workspaces; every third goes out
// twice, as after a lost answer.
func pushAll(t *testing.T, e *engine.Engine, device, pushes int, took *versions) {
	for n := range pushes {
		id := []string{"w1", "w2"}[n%2]
		k := (device*pushes + n) * 3
		ops := []wire.Op{thread(k, opID(k), 1), thread(k+1, "shared", int64(1+n)), kv(k+2, "k"+opID(device), "x", int64(1+n))}
		for range 1 + n%3/2 {
			r, err := e.Push(context.Background(), ann, wire.PushRequest{WorkspaceID: id, Ops: ops})
			if err != nil {
				t.Error(err)
				return
			}
			for _, res := range r.Results {
				switch res.Status {
				case wire.Applied, wire.Replayed:
					took.add(t, id, res)
				case wire.Rejected:
					t.Errorf("rejected: %v", res.Error)
				}
			}
		}
	}
}

// followWithoutHoles reads as a device does, small page by small page.
func followWithoutHoles(t *testing.T, e *engine.Engine, done chan struct{}, limit int) {
	var cursor int64
	for {
		last := false
		select {
		case <-done:
			last = true
		default:
		}
		r, err := e.Pull(context.Background(), bob, wire.PullRequest{WorkspaceID: "w1", Cursor: cursor, Limit: 3 + 20*limit})
		if err != nil {
			t.Error(err)
			return
		}
		for _, c := range r.Changes {
			if cursor++; c.ServerVersion != cursor {
				t.Errorf("a reader at %d was given %d", cursor-1, c.ServerVersion)
				return
			}
		}
		if r.NextCursor != cursor {
			t.Errorf("a reader at %d was sent on to %d", cursor, r.NextCursor)
			return
		}
		if last && !r.HasMore {
			return
		}
	}
}

// versions remembers what was acknowledged.
type versions struct {
	mu   sync.Mutex
	took map[string]int64 // workspace and op id → version
}

func newVersions() *versions { return &versions{took: map[string]int64{}} }

func (v *versions) add(t *testing.T, id string, r wire.Result) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := id + r.OpID
	if before, ok := v.took[key]; ok && before != r.ServerVersion {
		t.Errorf("op %s was first version %d, then %d", r.OpID, before, r.ServerVersion)
	}
	v.took[key] = r.ServerVersion
}

func (v *versions) check(t *testing.T, id string, c wire.Change) {
	key := id + c.Stamp.OpID
	if v.took[key] != c.ServerVersion {
		t.Errorf("op %s was acknowledged as %d and lies at %d", c.Stamp.OpID, v.took[key], c.ServerVersion)
	}
	delete(v.took, key)
}

func (v *versions) left() int { return len(v.took) }

// Pushes of many workspaces in one transaction lock their counters in order, or
// two nodes would wait for each other until the database broke it up.
func TestNodesThatWriteToTheSameWorkspacesDoNotLockEachOtherOut(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := newWorld(t, dbtest.Open(t, url))
		var ids []string
		for i := range 20 {
			ids = append(ids, fmt.Sprintf("many%02d", i))
		}
		addWorkspaces(t, w.d, ids...)
		second, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = second.Close() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var all sync.WaitGroup
		for i, e := range []*engine.Engine{w.e, w.open(second)} {
			for k := range ids {
				all.Go(func() {
					id := ids[(k*7+i*3)%len(ids)]
					for n := range 5 {
						op := thread(i*1000+k*10+n, opID(i*1000+k*10+n), 1)
						if _, err := e.Push(ctx, ann, wire.PushRequest{WorkspaceID: id, Ops: []wire.Op{op}}); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		all.Wait()
	})
}
