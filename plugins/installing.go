package plugins

import (
	"context"
	"time"

	"or3.cloud/or3/internal/fault"
)

// installsAtOnce is how many packages are read, judged and compiled at once on a
// node. Each may be 25 MiB, or what plugins.max_zip_bytes says, and hold a module of
// 32 MiB besides, which is read, rewritten and compiled, one at a time.
const installsAtOnce = 2

// installing are the turns of packages.
type installing chan struct{}

// turn waits for one, as long as whoever sent the package does.
func (i installing) turn(ctx context.Context) (done func(), err error) {
	select {
	case i <- struct{}{}:
		return func() { <-i }, nil
	case <-ctx.Done():
		return nil, othersInstall(ctx.Err())
	}
}

// othersInstall is what somebody is told who waited for a turn as long as they could.
func othersInstall(why error) error {
	return &fault.Error{Kind: fault.Unavailable, Message: "Other packages are being installed just now. Try again in a moment.", Retry: 5 * time.Second, Err: why}
}
