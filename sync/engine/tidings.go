package engine

import (
	"context"
	"sync"
	"time"

	"or3.cloud/or3/sync/wire"
)

// How fast what waits is told; how much may wait is in tidings_queue.go.
const (
	newsPause    = 250 * time.Millisecond // between two rounds: what comes meanwhile is told at once
	newsPatience = 5 * time.Second        // for the database, per thread
	newsFarewell = 2 * time.Second        // for what still waits when the engine closes
	// newsAge is how old a message may be when it arrives and still be news: a
	// device may have been offline for a long weekend. What is older was imported.
	newsAge = 72 * time.Hour
)

// news is a new message that was committed, and who wrote it ("" is the server).
type news struct {
	thread    Ref
	messageID string
	userID    string
}

// isNews tells whether a message is one to tell of when it is new.
func isNews(p wire.Payload, now time.Time) bool {
	role := p.String("role")
	created, _ := p.Int("created_at")
	return (role == "user" || role == "assistant") && !p.Bool("pending") && now.Unix()-created < int64(newsAge/time.Second)
}

// addressed is a notice that waits to be written.
type addressed struct {
	workspaceID, userID string
	notice              Notice
}

// tidings tells people what others have written. The committer hands over what
// it has committed and never waits; one goroutine finds out who wants to hear
// of it and writes their notices, as pushes of the server. What waits is in
// memory: a crash loses notices, never messages.
type tidings struct {
	e       *Engine
	mayRead func(ctx context.Context, userID, workspaceID string) bool
	pace    pace // belongs to whoever tells
	poke    chan struct{}
	ending  context.Context
	end     context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	waits   *untoldQueue
	telling int // 1 while something is being told
	dropped int
}

func newTidings(e *Engine, mayRead func(context.Context, string, string) bool) *tidings {
	t := &tidings{e: e, mayRead: mayRead, poke: make(chan struct{}, 1), pace: pace{},
		waits: newUntoldQueue(untoldOfAll, untoldOfWorkspace, untoldOfPerson)}
	t.ending, t.end = context.WithCancel(context.Background())
	t.running.Go(t.run)
	return t
}

// close tells what still waits, as far as that does not take long.
func (t *tidings) close() {
	t.end()
	t.running.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), newsFarewell)
	defer cancel()
	for ctx.Err() == nil && t.next(ctx) {
	}
	if left := t.waiting(); left > 0 {
		t.e.log.Warn("there was no time to tell people of everything", "left_out", left)
	}
}

// committed takes over the new messages of one transaction.
func (t *tidings) committed(all []news) {
	if len(all) == 0 || t.mayRead == nil {
		return
	}
	t.mu.Lock()
	for _, n := range all {
		t.leaveOut(t.waits.message(n))
	}
	t.mu.Unlock()
	t.wake()
}

// leaveOut counts what is too much; t.mu is held.
func (t *tidings) leaveOut(n int) {
	t.dropped += n
	t.e.stats.leftOut.Add(int64(n))
}

// send has a notice written soon.
func (t *tidings) send(a addressed) {
	t.mu.Lock()
	t.leaveOut(t.waits.notice(a))
	t.mu.Unlock()
	t.wake()
}

func (t *tidings) wake() {
	select {
	case t.poke <- struct{}{}:
	default:
	}
}

// run tells what was handed over, until the engine closes.
func (t *tidings) run() {
	for {
		select {
		case <-t.ending.Done():
			return
		case <-t.poke:
		}
		for left := t.waiting(); left > 0 && t.ending.Err() == nil; left-- {
			t.nextInTime()
		}
		t.complain()
		pause := time.NewTimer(newsPause)
		select {
		case <-t.ending.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
}

// complain says once a round what was too much.
func (t *tidings) complain() {
	t.mu.Lock()
	dropped := t.dropped
	t.dropped = 0
	t.mu.Unlock()
	if dropped > 0 {
		t.e.log.Warn("too much was written at once to tell everybody of everything", "left_out", dropped)
	}
}

func (t *tidings) waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waits.total
}

// untold is what waits and what is being told.
func (t *tidings) untold() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waits.total + t.telling
}

func (t *tidings) nextInTime() {
	ctx, cancel := context.WithTimeout(context.Background(), newsPatience)
	defer cancel()
	t.next(ctx)
}

// next tells one thing; false when nothing waits.
func (t *tidings) next(ctx context.Context) bool {
	t.mu.Lock()
	u := t.waits.next()
	if u == nil {
		t.mu.Unlock()
		return false
	}
	t.telling = 1
	t.mu.Unlock()
	defer t.rest()
	if u.letter != nil {
		t.deliver(ctx, *u.letter)
		return true
	}
	if err := t.tellThread(ctx, u.messages); err != nil {
		t.e.log.Warn("a new message could not be told of", "workspace_id", u.workspaceID, "thread_id", u.messages[0].thread.ID, "error", err)
	}
	return true
}

func (t *tidings) rest() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.telling = 0
}

func (t *tidings) deliver(ctx context.Context, a addressed) {
	if t.mayRead != nil && !t.mayRead(ctx, a.userID, a.workspaceID) {
		return
	}
	if err := t.e.Tell(ctx, a.workspaceID, a.userID, a.notice); err != nil {
		t.e.log.Warn("a person could not be told", "workspace_id", a.workspaceID, "user_id", a.userID, "type", a.notice.Type, "error", err)
		return
	}
	t.e.stats.told.Add(1)
}
