package fetch

import (
	"context"
	"errors"
	"sync/atomic"
)

type countKey struct{}

// Counted makes the context of one call of a plugin, in which fetches are counted.
func Counted(ctx context.Context) context.Context {
	return context.WithValue(ctx, countKey{}, new(atomic.Int64))
}

// count counts a fetch, also one that will be refused. A call that nobody counts
// fetches nothing: forgetting to count must not lift the limit.
func (c *Client) count(ctx context.Context) error {
	made, ok := ctx.Value(countKey{}).(*atomic.Int64)
	if !ok {
		return errors.New("a fetch outside of a counted call")
	}
	if made.Add(1) > int64(c.limits.Calls) {
		return fail(TooMany, "More than %d fetches in one call. Ask for several things at once, or spread them over several calls.", c.limits.Calls)
	}
	return nil
}
