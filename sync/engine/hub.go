package engine

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"or3.cloud/or3/internal/db"
)

// Bounds of what the hub keeps in memory.
const (
	handedOps   = 16_384   // changes that were committed and are not in a tail yet
	tailOps     = 2048     // changes in one workspace's tail
	tailBytes   = 1 << 20  // bytes in one workspace's tail
	totalBytes  = 64 << 20 // bytes in all tails
	fillsAtOnce = 4
)

// hub tells whoever watches a workspace what was committed to it. The
// committer hands over, in order and after the commit, what it applied; one
// goroutine files it into the tails of watched workspaces and wakes their
// watchers. What is not watched is not kept.
type hub struct {
	load func(ctx context.Context, q db.TailQuery) (db.TailPage, error)
	warn func(msg string, args ...any)

	watched atomic.Int64 // topics; the committer does nothing while it is 0
	used    atomic.Int64 // bytes in all tails
	poke    chan struct{}
	stop    context.CancelFunc
	ctx     context.Context
	running sync.WaitGroup
	filling chan struct{} // as many as may read at once

	mu     sync.Mutex
	topics map[string]*topic
	handed []handover
	ops    int
}

// handover is what one transaction applied.
type handover struct {
	changes []db.Change
	heads   map[string]db.LockedHead
}

func newHub(load func(context.Context, db.TailQuery) (db.TailPage, error), warn func(string, ...any)) *hub {
	h := &hub{load: load, warn: warn, topics: map[string]*topic{}, poke: make(chan struct{}, 1), filling: make(chan struct{}, fillsAtOnce)}
	h.ctx, h.stop = context.WithCancel(context.Background())
	h.running.Go(h.run)
	return h
}

func (h *hub) close() {
	h.stop()
	h.running.Wait()
}

// publish takes over what a transaction applied. It is called by the committer,
// after the commit and in the order of commits, and must not wait for anybody.
func (h *hub) publish(g *group) {
	if len(g.changes) == 0 || h.watched.Load() == 0 {
		return
	}
	h.mu.Lock()
	if h.ops += len(g.changes); h.ops > handedOps {
		// The goroutine below does not keep up. What was not filed is read from
		// the log: the heads alone say how far.
		heads := maps.Clone(g.heads)
		for _, one := range h.handed {
			for id, head := range one.heads {
				if head.Value > heads[id].Value {
					heads[id] = head
				}
			}
		}
		h.handed, h.ops = []handover{{heads: heads}}, 0
	} else {
		h.handed = append(h.handed, handover{g.changes, g.heads})
	}
	h.mu.Unlock()
	select {
	case h.poke <- struct{}{}:
	default:
	}
}

// run files what was handed over, until the hub closes.
func (h *hub) run() {
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.poke:
		}
		h.mu.Lock()
		handed := h.handed
		h.handed, h.ops = nil, 0
		h.mu.Unlock()
		touched := map[*topic]bool{}
		for _, one := range handed {
			h.file(one, touched)
		}
		for t := range touched {
			t.wake()
		}
	}
}

// file puts one transaction's changes into the tails of their workspaces.
func (h *hub) file(one handover, touched map[*topic]bool) {
	for id, head := range one.heads {
		if t := h.topic(id); t != nil && len(one.changes) == 0 {
			h.moved(t, head.Value, head.HistoryID)
			touched[t] = true
		}
	}
	for from := 0; from < len(one.changes); {
		id, to := one.changes[from].WorkspaceID, from+1
		for to < len(one.changes) && one.changes[to].WorkspaceID == id {
			to++
		}
		if t := h.topic(id); t != nil {
			if gap := t.add(one.changes[from:to], one.heads[id].HistoryID); gap {
				h.fill(t)
			}
			touched[t] = true
		}
		from = to
	}
}

func (h *hub) topic(id string) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.topics[id]
}

// seen tells the hub where the head of a workspace is, as somebody else has
// seen it: another node's commit, or a look at the database.
func (h *hub) seen(workspaceID string, head int64, historyID string) {
	if t := h.topic(workspaceID); t != nil {
		h.moved(t, head, historyID)
	}
}

func (h *hub) moved(t *topic, head int64, historyID string) {
	switch t.look(head, historyID) {
	case headSame:
	case headJumped:
		t.wake()
	case headBehind:
		h.fill(t)
	}
}

// fill reads what the tail lacks, once for all who watch.
func (h *hub) fill(t *topic) {
	if !t.beginFill() {
		return
	}
	h.running.Go(func() {
		select {
		case h.filling <- struct{}{}:
			defer func() { <-h.filling }()
		case <-h.ctx.Done():
			return
		}
		for again := true; again; {
			q := t.missing()
			ctx, cancel := context.WithTimeout(h.ctx, 10*time.Second)
			page, err := h.load(ctx, q)
			cancel()
			if err != nil && h.ctx.Err() == nil {
				h.warn("changes could not be read for streams; their readers are told to pull", "workspace_id", t.id, "error", err)
			}
			again = t.endFill(page, err)
			t.wake()
		}
	})
}

// watching lists the workspaces somebody watches.
func (h *hub) watching() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := make([]string, 0, len(h.topics))
	for id := range h.topics {
		ids = append(ids, id)
	}
	return ids
}
