package server

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

const (
	maxStreams       = 12_288 // of the whole process
	maxStreamsOfOne  = 64     // of one person
	streamWorkers    = 64     // that write at the same time
	streamReads      = 8      // that read the database at the same time
	streamBeat       = 12 * time.Second
	streamTick       = 250 * time.Millisecond
	streamPatience   = 30 * time.Second      // for a reader that takes nothing
	streamWrite      = 50 * time.Millisecond // a reader that cannot take it by then is asked again at the next tick
	streamWriteTLS   = 5 * time.Second       // TLS cannot go on after a write that was cut off
	streamFarewell   = time.Second
	streamCheckEvery = 10 * time.Second
	streamGoneEvery  = 3 * time.Second // how often closed connections are looked for
	streamOverEvery  = time.Second     // how often a session past its end is
)

// streams are all open streams of the process. A stream has no goroutine of
// its own: whatever wakes it puts it into one queue, which a few workers serve.
type streams struct {
	engine *engine.Engine
	log    *slog.Logger
	now    func() time.Time
	alive  func(ctx context.Context, sessions []*policies.Session) ([]bool, error)
	can    func(ctx context.Context, s *policies.Session, workspaceID string) policies.Decision

	life    context.Context
	end     context.CancelFunc
	running sync.WaitGroup
	reading chan struct{}
	// checkEvery is how often everybody is judged though nothing has changed:
	// sessions end by time, and filters decide by what they like.
	checkEvery time.Duration
	doubt      chan struct{} // has one element when rights may have changed

	mu      sync.Mutex
	doubts  []db.AccessChange // whose
	fresh   []*stream         // that began since the last look: rights may have changed on the way
	open    map[*stream]struct{}
	ofOne   map[string]int
	queue   []*stream
	workers int
	closed  bool

	opened, refused, events, resyncs, byes, slow, judged atomic.Int64
}

func (s *Server) openStreams(checkEvery time.Duration) {
	t := &streams{
		engine: s.engine, log: s.log, now: s.now, alive: s.accounts.StillSignedIn,
		can: func(ctx context.Context, session *policies.Session, workspaceID string) policies.Decision {
			return s.gate.Can(ctx, session, policies.WorkspaceRead, policies.Workspace(workspaceID))
		},
		reading: make(chan struct{}, streamReads), checkEvery: checkEvery, doubt: make(chan struct{}, 1),
		open: map[*stream]struct{}{}, ofOne: map[string]int{},
	}
	t.life, t.end = context.WithCancel(s.life)
	if t.checkEvery == 0 {
		t.checkEvery = streamCheckEvery
	}
	t.running.Go(t.beat)
	t.running.Go(t.recheck)
	s.db.OnAccessChange(t.doubtSome)
	s.streams = t
	s.onRelease(func() error { t.close(context.Background()); return nil })
}

// admit counts a new stream in.
func (t *streams) admit(session *policies.Session, workspaceID string) (*stream, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return nil, &fault.Error{Kind: fault.Unavailable, Message: "The server is stopping. Connect again in a moment.", Retry: time.Second}
	case len(t.open) >= maxStreams:
		t.refused.Add(1)
		return nil, &fault.Error{Kind: fault.Unavailable, Message: "Too many streams are open on this server. Pull instead.", Retry: 30 * time.Second}
	case t.ofOne[session.UserID] >= maxStreamsOfOne:
		t.refused.Add(1)
		return nil, &fault.Error{Kind: fault.RateLimited, Message: "You have too many streams open. Close some, or pull instead.", Retry: 30 * time.Second}
	}
	st := &stream{t: t, session: session, workspaceID: workspaceID, heldSince: time.Now()}
	t.open[st] = struct{}{}
	t.ofOne[session.UserID]++
	t.opened.Add(1)
	return st, nil
}

// begin gives a stream its connection. One that was given up meanwhile, by a
// server that stops or because it took too long, is judged by nobody and must
// not go on.
func (t *streams) begin(st *stream, conn net.Conn) {
	st.watch = t.engine.WatchFunc(st.workspaceID, st.wake)
	st.conn = conn
	st.lastWrite.Store(time.Now().UnixNano())
	st.begun.Store(true)
	if !t.holds(st) {
		st.watch.Close()
		_ = conn.Close()
		return
	}
	t.doubtNew(st)
	st.wake()
}

func (t *streams) holds(st *stream) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.open[st]
	return ok
}

// enqueue has a worker look at a stream.
func (t *streams) enqueue(st *stream) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue = append(t.queue, st)
	if t.workers < streamWorkers {
		t.workers++
		go t.work()
	}
}

// work serves streams until there is nothing to do. close waits for it.
func (t *streams) work() {
	for {
		t.mu.Lock()
		if len(t.queue) == 0 {
			t.queue = nil
			t.workers--
			t.mu.Unlock()
			return
		}
		st := t.queue[0]
		t.queue = t.queue[1:]
		t.mu.Unlock()
		st.serve()
	}
}

// forget counts an ended stream out.
func (t *streams) forget(st *stream) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.open[st]; !ok {
		return
	}
	delete(t.open, st)
	if t.ofOne[st.session.UserID]--; t.ofOne[st.session.UserID] == 0 {
		delete(t.ofOne, st.session.UserID)
	}
}

func (t *streams) all() []*stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]*stream, 0, len(t.open))
	for st := range t.open {
		list = append(list, st)
	}
	return list
}

// beat wakes the streams that have been silent for long, that a slow reader
// holds up, or whose session ends by time.
func (t *streams) beat() {
	tick := time.NewTicker(streamTick)
	defer tick.Stop()
	checked, looked := time.Now(), time.Now()
	for {
		select {
		case <-t.life.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		today := t.now()
		for _, st := range t.all() {
			if end := st.session.ExpiresAt; !end.IsZero() && !today.Before(end) && st.begun.Load() && now.Sub(st.overAsked) >= streamOverEvery {
				st.overAsked = now
				t.doubtNew(st) // it may have been extended
			}
			switch {
			case !st.begun.Load():
				if now.Sub(st.heldSince) > streamPatience {
					t.forget(st) // its client went before it had its connection
				}
			case st.stalled.Load() || now.UnixNano()-st.lastWrite.Load() >= int64(streamBeat):
				st.wake()
			}
		}
		if now.Sub(looked) >= streamGoneEvery {
			looked = now
			t.dropGone()
		}
		if now.Sub(checked) >= t.checkEvery {
			checked = now
			t.doubtSome([]db.AccessChange{{}})
		}
	}
}

// dropGone ends the streams whose readers have closed the connection: they do
// not count any more, and nothing is kept for them.
func (t *streams) dropGone() {
	for _, st := range t.all() {
		if st.begun.Load() && hungUp(st.conn) {
			st.cutOff()
		}
	}
}

// close ends all streams with a bye and waits until they are gone, or ctx ends.
func (t *streams) close(ctx context.Context) {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	for _, st := range t.all() {
		st.sayBye(wire.ByeStopping)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*streamFarewell)
	defer cancel()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for t.busy() && ctx.Err() == nil {
		select {
		case <-look.C:
		case <-ctx.Done():
		}
	}
	t.end()
	t.running.Wait()
	for _, st := range t.all() {
		st.cutOff()
	}
	for t.working() { // not for long: nothing is left to read or to write
		<-look.C
	}
}

func (t *streams) working() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.workers > 0
}

func (t *streams) busy() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.workers > 0 || len(t.open) > 0
}

// count gives how many streams are open.
func (t *streams) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open)
}
