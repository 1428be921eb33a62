package server

import (
	"context"
	"sync"
	"time"

	"or3.cloud/or3/internal/fault"
)

// Bounds of the uploads that this process takes at once. When half of the places
// are taken, a person who has many gets no more: a few people cannot keep
// everybody else out.
const (
	uploadsOfAll   = 512
	uploadsOfOne   = 128
	uploadsCrowded = 8 // of one person while half of all places are taken
)

// uploads are those whose bytes are arriving at this process.
type uploads struct {
	mu     sync.Mutex
	open   map[string]*arriving // by the upload's id
	taken  int                  // places
	owned  map[string]int       // of them by person
	closed bool
	all    sync.WaitGroup
}

// arriving is one place: an upload, or several that come in one request. Its
// connection can be cut by whoever goes on with the same upload: what arrived so
// far stays.
type arriving struct {
	owner string
	cut   context.CancelFunc
	done  chan struct{}
}

func newUploads() *uploads {
	return &uploads{open: map[string]*arriving{}, owned: map[string]int{}}
}

// begin takes a place for an upload. A connection that still has it is cut, and
// waited for: after a broken line the person's device knows sooner than the
// server that it is broken.
func (u *uploads) begin(ctx context.Context, id, owner string, cut context.CancelFunc) (end func(), err error) {
	for {
		held, end, err := u.enter(owner, cut, id)
		if err != nil || len(held) == 0 {
			return end, err
		}
		end()
		before := held[id]
		before.cut()
		select {
		case <-before.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// enter takes one place for uploads that come together, except for those that
// somebody has: these are returned, also where there is no place for the others.
func (u *uploads) enter(owner string, cut context.CancelFunc, ids ...string) (held map[string]*arriving, end func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	held, own := map[string]*arriving{}, []string{}
	for _, id := range ids {
		if before := u.open[id]; before != nil {
			held[id] = before
		} else {
			own = append(own, id)
		}
	}
	if len(own) == 0 {
		return held, func() {}, nil
	}
	most := uploadsOfOne
	if u.taken >= uploadsOfAll/2 {
		most = uploadsCrowded
	}
	if u.closed || u.taken >= uploadsOfAll || u.owned[owner] >= most {
		return held, nil, &fault.Error{Kind: fault.Unavailable, Message: "Too many uploads are under way just now. Try again in a moment.", Retry: time.Second}
	}
	a := &arriving{owner: owner, cut: cut, done: make(chan struct{})}
	for _, id := range own {
		u.open[id] = a
	}
	u.taken++
	u.owned[owner]++
	u.all.Add(1)
	return held, sync.OnceFunc(func() { u.leave(a, own) }), nil
}

func (u *uploads) leave(a *arriving, ids []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, id := range ids {
		delete(u.open, id)
	}
	u.taken--
	if u.owned[a.owner]--; u.owned[a.owner] == 0 {
		delete(u.owned, a.owner)
	}
	close(a.done)
	u.all.Done()
}

// under reports whether an upload's bytes are arriving just now.
func (u *uploads) under(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.open[id] != nil
}

// stop cuts an upload's connection and waits until it has ended.
func (u *uploads) stop(id string) {
	u.mu.Lock()
	a := u.open[id]
	u.mu.Unlock()
	if a != nil {
		a.cut()
		<-a.done
	}
}

func (u *uploads) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.taken
}

// drain waits until all uploads have ended, or ctx has. No new ones begin.
func (u *uploads) drain(ctx context.Context) {
	u.mu.Lock()
	u.closed = true
	u.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		u.all.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// cut ends all uploads and waits for them; what arrived stays and can go on.
func (u *uploads) cut() {
	u.mu.Lock()
	u.closed = true
	for _, a := range u.open {
		a.cut()
	}
	u.mu.Unlock()
	u.all.Wait()
}
