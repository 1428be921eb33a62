package engine

import (
	"context"
	"sync"
)

// mostTurns bounds how much of what reads a whole workspace goes on side by side.
const mostTurns = 4

// turnsOn is how many turns there are on so many connections for reading: two
// are left for everything else, where there are more.
func turnsOn(readers int) int { return max(1, min(mostTurns, readers-2)) }

// turns let through what reads a whole workspace. A person has one at a time,
// and all together a few, so that nobody waits for another's hundred devices or
// workspaces, and whoever only reads a page finds a connection.
type turns struct {
	all chan struct{}

	mu   sync.Mutex
	busy map[string]*turn // by person
}

// turn is the turn of one person.
type turn struct {
	taken   chan struct{}
	wanting int // those who have it or wait for it
}

func newTurns(atOnce int) *turns {
	return &turns{all: make(chan struct{}, atOnce), busy: map[string]*turn{}}
}

// begin waits for the person's turn, and then for one of all; end gives both
// back.
func (t *turns) begin(ctx context.Context, userID string) (end func(), err error) {
	t.mu.Lock()
	own := t.busy[userID]
	if own == nil {
		own = &turn{taken: make(chan struct{}, 1)}
		t.busy[userID] = own
	}
	own.wanting++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if own.wanting--; own.wanting == 0 {
			delete(t.busy, userID)
		}
	}
	select {
	case own.taken <- struct{}{}:
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
	select {
	case t.all <- struct{}{}:
	case <-ctx.Done():
		<-own.taken
		leave()
		return nil, ctx.Err()
	}
	return func() {
		<-t.all
		<-own.taken
		leave()
	}, nil
}
