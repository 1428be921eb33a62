package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"or3.cloud/or3/internal/db"
)

const (
	pollEvery   = 250 * time.Millisecond // sufficient alone
	sweepEvery  = time.Second            // while notifications arrive
	notifyEvery = 10 * time.Millisecond
	listenAgain = time.Second
	noListening = time.Minute // before a database that passes nothing on is asked again
)

// neighbours keeps the hub informed of what other processes commit: it looks at
// the heads of watched workspaces now and then, and at once when another node
// says so. Hints are only hints; the look alone is sufficient.
type neighbours struct {
	e        *Engine
	notifier *db.Notifier
	hears    atomic.Bool // notifications arrive
	running  sync.WaitGroup
	stop     context.CancelFunc

	mu    sync.Mutex
	dirty map[string]bool // committed here and not yet told to the others
	told  chan struct{}   // has one element when dirty is not empty
	look  chan []string   // workspaces to look at now; nil is all
}

func newNeighbours(e *Engine, listen bool) *neighbours {
	n := &neighbours{e: e, dirty: map[string]bool{}, told: make(chan struct{}, 1), look: make(chan []string, 64)}
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	n.running.Go(func() { n.poll(ctx) })
	if listen && e.db.Dialect() == db.Postgres {
		n.notifier = e.db.Notifier()
		n.running.Go(func() { n.tell(ctx) })
		n.running.Go(func() { n.listen(ctx) })
	}
	return n
}

func (n *neighbours) close() {
	n.stop()
	n.running.Wait()
}

// committed has the other nodes told, soon. The committer calls it.
func (n *neighbours) committed(g *group) {
	if n.notifier == nil || !n.hears.Load() || len(g.changes) == 0 {
		return
	}
	n.mu.Lock()
	for i := range g.changes {
		if i == 0 || g.changes[i].WorkspaceID != g.changes[i-1].WorkspaceID {
			n.dirty[g.changes[i].WorkspaceID] = true
		}
	}
	n.mu.Unlock()
	select {
	case n.told <- struct{}{}:
	default:
	}
}

// tell sends what is dirty, at most once in notifyEvery.
func (n *neighbours) tell(ctx context.Context) {
	defer n.notifier.Close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.told:
		}
		n.mu.Lock()
		ids := make([]string, 0, len(n.dirty))
		for id := range n.dirty {
			ids = append(ids, id)
		}
		clear(n.dirty)
		n.mu.Unlock()
		within, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := n.notifier.Send(within, ids)
		cancel()
		if err != nil && ctx.Err() == nil {
			n.e.log.Debug("other nodes were not told of a commit; they look by themselves", "error", err)
		}
		if !sleep(ctx, notifyEvery) {
			return
		}
	}
}

// listen hears other nodes, and tries again when it cannot.
func (n *neighbours) listen(ctx context.Context) {
	ready := func() { n.hears.Store(true); n.ask(nil) }
	for warned := false; ; {
		err := n.notifier.Listen(ctx, ready, n.ask)
		heard := n.hears.Swap(false)
		if ctx.Err() != nil {
			return
		}
		again := listenAgain
		switch {
		case errors.Is(err, db.ErrNoNotifications):
			again = noListening
			if !warned {
				n.e.log.Warn("PostgreSQL's notifications do not arrive here, as behind a pooler in transaction mode; other servers' changes are looked for 4 times a second instead")
			}
			warned = true
		case heard || !warned:
			n.e.log.Warn("the connection that listens to other servers was lost; it is made anew", "error", err)
			warned = !heard
		}
		if !sleep(ctx, again) {
			return
		}
	}
}

// ask has the heads of workspaces looked at now; nil is all that are watched.
func (n *neighbours) ask(ids []string) {
	select {
	case n.look <- ids:
	default: // many look-ups are waiting; the next regular one sees everything
	}
}

// poll looks at heads until ctx ends.
func (n *neighbours) poll(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	failing, last := false, time.Time{}
	for {
		var ids []string
		select {
		case <-ctx.Done():
			return
		case ids = <-n.look:
			ids = n.watchedOf(ids)
		case now := <-tick.C:
			if n.hears.Load() && now.Sub(last) < sweepEvery {
				continue
			}
			last, ids = now, n.e.hub.watching()
		}
		if len(ids) == 0 {
			continue
		}
		within, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := n.e.db.SeenHeads(within, ids, n.e.hub.seen)
		cancel()
		if err != nil && ctx.Err() == nil && !failing {
			n.e.log.Warn("the heads of workspaces cannot be read; streams stand still until they can", "error", err)
		}
		failing = err != nil
	}
}

// watchedOf leaves out what nobody here watches.
func (n *neighbours) watchedOf(ids []string) []string {
	if ids == nil {
		return n.e.hub.watching()
	}
	var watched []string
	for _, id := range ids {
		if n.e.hub.topic(id) != nil {
			watched = append(watched, id)
		}
	}
	return watched
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
