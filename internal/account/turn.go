package account

import (
	"context"
	"fmt"
	"sync"
)

// turns lets attempts on one thing take place one after the other in this
// process: many right passwords at once are then not mistaken for guessing.
type turns struct {
	mu   sync.Mutex
	keys map[string]*turn
}

type turn struct {
	slot    chan struct{}
	waiting int
}

// take waits for the key's turn; done ends it.
func (t *turns) take(ctx context.Context, key string) (done func(), err error) {
	t.mu.Lock()
	if t.keys == nil {
		t.keys = map[string]*turn{}
	}
	mine := t.keys[key]
	if mine == nil {
		mine = &turn{slot: make(chan struct{}, 1)}
		t.keys[key] = mine
	}
	mine.waiting++
	t.mu.Unlock()

	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine.waiting--; mine.waiting == 0 {
			delete(t.keys, key)
		}
	}
	select {
	case mine.slot <- struct{}{}:
		return func() { <-mine.slot; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, fmt.Errorf("waiting for other attempts: %w", ctx.Err())
	}
}
