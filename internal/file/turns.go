package file

import (
	"context"
	"sync"
)

// turns lets those who do the same thing do it one after the other. The zero
// value is ready.
type turns struct {
	mu   sync.Mutex
	busy map[string]chan struct{}
}

// take waits for a turn; end gives it to the next.
func (t *turns) take(ctx context.Context, name string) (end func(), err error) {
	for {
		before := t.enter(name)
		if before == nil {
			return func() { t.leave(name) }, nil
		}
		select {
		case <-before:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// enter takes a turn, unless somebody has it: what is closed then is returned.
func (t *turns) enter(name string) chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if before := t.busy[name]; before != nil {
		return before
	}
	if t.busy == nil {
		t.busy = map[string]chan struct{}{}
	}
	t.busy[name] = make(chan struct{})
	return nil
}

func (t *turns) leave(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.busy[name])
	delete(t.busy, name)
}
