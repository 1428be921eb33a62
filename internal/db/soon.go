package db

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"
)

// In the log's mode SQLite writes a commit to the log and, with synchronous=FULL,
// syncs that. With NORMAL it does not, and leaves it to the next commit that is
// FULL, or to a checkpoint: the log has an order, so whatever is on the disk has
// all that came before it. The writer is FULL except during transactions that
// need not be on the disk when they are answered.

// durability makes the writer's connection wait for the disk or not, for one
// transaction; end has it wait again.
func (d *DB) durability(ctx context.Context, conn bun.Conn, soon bool) (end func(), err error) {
	if d.hasty {
		return func() {}, nil
	}
	if soon != d.relaxed {
		if err := d.relax(ctx, conn.Conn, soon); err != nil {
			return nil, err
		}
	}
	return func() {
		if d.relaxed { // if this fails, whoever waits for the disk next tries it again before it begins
			_ = d.relax(context.WithoutCancel(ctx), conn.Conn, false)
		}
	}, nil
}

// Flush returns when everything that was committed before is on the disk; it
// shares a transaction with others, as WriteTogether does. On PostgreSQL it is
// there already.
func (d *DB) Flush(ctx context.Context) error {
	if d.dialect != SQLite {
		return nil
	}
	return d.WriteTogether(ctx, func(ctx context.Context, tx bun.Tx) error {
		// A transaction that changes nothing writes nothing to the log and syncs
		// nothing, and a row that is given the values it has is no change. This
		// number is nobody's; setting it always writes its page.
		_, err := tx.ExecContext(ctx, "PRAGMA user_version=0")
		return err
	})
}

func (d *DB) relax(ctx context.Context, conn *sql.Conn, soon bool) error {
	text := "PRAGMA synchronous=FULL"
	if soon {
		text = "PRAGMA synchronous=NORMAL"
	}
	d.relaxed = true // until it is known to wait: a pragma that failed may have had its effect
	err := directly(ctx, conn, func(c sqliteConn) error { return c.Exec(text) })
	if err == nil {
		d.relaxed = soon
	}
	return err
}
