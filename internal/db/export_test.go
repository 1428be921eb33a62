package db

import (
	"context"
	"log/slog"
)

// For the tests of opening.
var (
	OlderThan  = olderThan
	SQLitePath = sqlitePath
)

// Checkpoint runs one round of the checkpointer and gives the log's size.
func Checkpoint(ctx context.Context, d *DB, path string, before int64) int64 {
	c := checkpointer{db: d.writer.DB, wal: path + "-wal", log: slog.New(slog.DiscardHandler)}
	return c.once(ctx, before)
}

// InKeyOrder gives what refuses rows out of order after a key.
func InKeyOrder(table, pk string) func(*Row) error {
	o := keyOrder{table: []byte(table), pk: []byte(pk)}
	return o.next
}
