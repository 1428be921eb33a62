package db

import (
	"context"

	"github.com/uptrace/bun"
)

// LockNodes makes every other LockNodes wait until the transaction ends, so
// that of two processes that start at once each sees the other. It is for
// PostgreSQL; SQLite has one writer at a time.
func LockNodes(ctx context.Context, tx bun.IDB) error {
	if forUpdate(tx) == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, "LOCK TABLE nodes IN SHARE ROW EXCLUSIVE MODE")
	return Fault(err, "locking the list of nodes")
}
