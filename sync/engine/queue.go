package engine

import (
	"sync"
	"time"

	"or3.cloud/or3/internal/fault"
)

// How much one transaction takes, and how much may wait for it.
const (
	groupOps     = 1024
	groupBytes   = 8 << 20
	waitingBytes = 64 << 20
	// linger is how long the committer waits for the devices it has just
	// answered: those that push again at once share the next transaction
	// instead of splitting into an early one and the rest.
	linger = 500 * time.Microsecond
)

// queue holds the pushes that wait for the committer, in order of arrival.
type queue struct {
	limit int

	mu      sync.Mutex
	waiting []*push
	bytes   int
	writing int // pushes the committer has taken last and not answered yet
	closed  bool
	want    int           // wake the committer when so many wait
	wake    chan struct{} // has one element when there may be something to do
}

func newQueue(limit int) *queue { return &queue{limit: limit, wake: make(chan struct{}, 1)} }

// add takes a push, unless too much waits already.
func (q *queue) add(p *push) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return &fault.Error{Kind: fault.Unavailable, Message: "The server is stopping. Try again in a moment.", Retry: time.Second}
	}
	if len(q.waiting) >= q.limit || q.bytes+p.bytes > waitingBytes && q.bytes > 0 {
		return &fault.Error{Kind: fault.Unavailable, Message: "Too many writes are waiting just now. Try again in a moment.", Retry: time.Second, Err: errQueueFull}
	}
	q.waiting = append(q.waiting, p)
	q.bytes += p.bytes
	if len(q.waiting) >= q.want {
		q.poke()
	}
	return nil
}

// take gives the pushes of the next transaction, after one that had answered
// so many; nil means the queue is closed and empty.
func (q *queue) take(answered int) []*push {
	q.await(answered)
	for {
		q.mu.Lock()
		q.want = 1
		group := q.cut()
		q.writing = len(group)
		closed := q.closed
		q.mu.Unlock()
		if len(group) > 0 {
			return group
		}
		if closed {
			return nil
		}
		<-q.wake
	}
}

// await gives the devices that were just answered a moment to come back.
func (q *queue) await(answered int) {
	q.mu.Lock()
	q.writing = 0
	q.want = min(len(q.waiting)+answered, q.limit)
	enough := answered < 2 || q.closed
	q.mu.Unlock()
	if enough {
		return
	}
	timer := time.NewTimer(linger)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return
		case <-q.wake:
		}
		q.mu.Lock()
		enough = len(q.waiting) >= q.want || q.closed
		q.mu.Unlock()
		if enough {
			return
		}
	}
}

// cut takes as many pushes from the front as one transaction holds.
func (q *queue) cut() []*push {
	ops, bytes, n := 0, 0, 0
	for _, p := range q.waiting {
		if n > 0 && (ops+len(p.ops) > groupOps || bytes+p.bytes > groupBytes) {
			break
		}
		ops, bytes, n = ops+len(p.ops), bytes+p.bytes, n+1
	}
	group := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	q.bytes -= bytes
	return group
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.poke()
	q.mu.Unlock()
}

func (q *queue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// depth is how many pushes wait, and how many are being written.
func (q *queue) depth() (waiting, writing int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting), q.writing
}
