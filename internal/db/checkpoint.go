package db

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"time"
)

// checkpointer folds SQLite's write-ahead log into the database file, away
// from the writer, so that no push waits for it.
type checkpointer struct {
	db  *sql.DB
	wal string
	log *slog.Logger
}

const (
	checkpointEvery = 5 * time.Second
	largeLog        = 64 << 20
)

func (c checkpointer) run(ctx context.Context) {
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	var before int64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			before = c.once(ctx, before)
		}
	}
}

// once checkpoints and returns the log's size. A passive checkpoint never
// waits for anybody; a truncating one does, so it is kept for a log that has
// grown large or that nobody has written to since the last look.
func (c checkpointer) once(ctx context.Context, before int64) int64 {
	size := c.size()
	if size == 0 {
		return 0
	}
	mode := "PASSIVE"
	if size > largeLog || size == before {
		mode = "TRUNCATE"
	}
	var busy, frames, moved int64
	err := c.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &frames, &moved)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		c.log.WarnContext(ctx, "the database log could not be checkpointed", "mode", mode, "error", err)
	case busy != 0 && size > 4*largeLog:
		c.log.WarnContext(ctx, "the database log keeps growing because a reader holds it", "bytes", size)
	}
	return c.size()
}

func (c checkpointer) size() int64 {
	info, err := os.Stat(c.wal)
	if err != nil {
		return 0
	}
	return info.Size()
}
