package engine_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// otherNode is one more process on a database.
func (w *world) otherNode(url string, pollOnly bool) *engine.Engine {
	w.t.Helper()
	d, err := db.Open(w.t.Context(), db.Options{URL: url, PollEvery: -1})
	if err != nil {
		w.t.Fatal(err)
	}
	e, err := engine.New(engine.Options{DB: d, PollOnly: pollOnly})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := e.Close(); err != nil {
			w.t.Error(err)
		}
		_ = d.Close()
	})
	return e
}

// Three nodes write, and who watches on any of them sees every version once and
// in order; with notifications and without.
func TestWhoWatchesSeesWhatOtherNodesCommit(t *testing.T) {
	for _, pollOnly := range []bool{false, true} {
		t.Run(fmt.Sprint("poll only ", pollOnly), func(t *testing.T) {
			dbtest.EachURL(t, func(t *testing.T, url string) {
				w := newWorld(t, dbtest.Open(t, url))
				nodes := []*engine.Engine{w.e, w.otherNode(url, pollOnly), w.otherNode(url, pollOnly)}
				const pushes = 40
				var followers []*follower
				for _, e := range nodes {
					followers = append(followers, w.follower(e, ann), w.follower(e, bob))
				}
				var all sync.WaitGroup
				for k, e := range nodes {
					all.Go(func() {
						for n := range pushes {
							i := k*1000 + n
							if _, err := e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w1", Ops: []wire.Op{thread(i, fmt.Sprint("t", i), 1)}}); err != nil {
								t.Error(err)
							}
						}
					})
				}
				for _, f := range followers {
					all.Go(func() { f.until(int64(len(nodes) * pushes)) })
				}
				all.Wait()
				for _, f := range followers {
					if !slices.Equal(f.seen, versionsTo(len(nodes)*pushes)) {
						t.Errorf("%d changes, some twice or out of order: %v", len(f.seen), f.seen)
					}
				}
			})
		})
	}
}
