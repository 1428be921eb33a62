package services

import (
	"context"
	"sync"

	"or3.cloud/or3/internal/fetch"
)

type tallyKey struct{}

// tally counts what one call of a plugin does.
type tally struct {
	mu    sync.Mutex
	times map[string]int
}

// Begin makes the context of one call of a plugin, in which is counted what the
// plugin does. The Manager's calls begin with it.
func Begin(ctx context.Context) context.Context {
	return context.WithValue(fetch.Counted(ctx), tallyKey{}, &tally{times: map[string]int{}})
}

// again counts a thing, and tells how often it was counted in this call before.
// In a call that was not begun everything is the first time.
func again(ctx context.Context, thing string) int {
	t, ok := ctx.Value(tallyKey{}).(*tally)
	if !ok {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.times[thing]++
	return t.times[thing] - 1
}

// before tells how often a thing was counted in this call.
func before(ctx context.Context, thing string) int {
	t, ok := ctx.Value(tallyKey{}).(*tally)
	if !ok {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.times[thing]
}
