package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"
)

// longestWrite bounds a transaction whose caller has gone away.
const longestWrite = 30 * time.Second

type writeKey struct{}

// write is what one transaction remembers until it has committed.
type write struct {
	revision int64
	access   AccessChange // what it changed
	conn     *sql.Conn    // it runs on; nil when the database is filled anew

	statements *statements // SQLite's
}

// Write runs fn in one transaction and commits it when fn returns nil.
//
// On SQLite it is BEGIN IMMEDIATE on the only writing connection: writers wait
// for each other, and what fn reads cannot change under it. On PostgreSQL it is
// READ COMMITTED, run again (at most three times) after a deadlock or a
// serialization failure, so fn must not keep what it did in an earlier run.
//
// fn must use the ctx and tx it is given and nothing slow. ctx may cancel the
// wait and fn's statements, never the commit. Errors come back through Fault:
// a full disk is DiskFull, a lost database Unavailable; after an Unavailable
// the transaction may or may not have been committed.
func (d *DB) Write(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	return d.again(ctx, func() error { return d.writeOnce(ctx, fn, false) })
}

// again runs a transaction, and runs it again when PostgreSQL undid it because
// of others.
func (d *DB) again(ctx context.Context, once func() error) error {
	for attempt := 1; ; attempt++ {
		err := once()
		if attempt < 4 && isRetryable(err) && ctx.Err() == nil {
			pause(ctx, time.Duration(attempt)*(5*time.Millisecond+rand.N(20*time.Millisecond)))
			continue
		}
		return d.whenFull(Fault(err, "writing to the database"))
	}
}

func (d *DB) writeOnce(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error, soon bool) (err error) {
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if d.dialect == SQLite {
		end, err := d.durability(ctx, conn, soon)
		if err != nil {
			return err
		}
		defer end()
	}

	// database/sql rolls back when the context given to BeginTx ends, even
	// during the commit; the caller's must not be able to do that.
	life, end := context.WithTimeout(context.WithoutCancel(ctx), longestWrite)
	defer end()
	tx, err := conn.BeginTx(life, nil)
	if err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed {
			_ = tx.Rollback()
		}
	}()
	w := &write{conn: conn.Conn}
	if d.dialect == SQLite {
		w.statements = &d.statements
	}
	if err := fn(context.WithValue(ctx, writeKey{}, w), tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	committed = true
	if w.revision != 0 {
		d.revision.committed(w.revision, w.access)
	}
	return nil
}

// Part runs a part of a transaction that can fail alone: what it did is undone
// then, and nothing else.
func Part(ctx context.Context, tx bun.Tx, fn func() error) error {
	if _, err := change(ctx, tx, "SAVEPOINT part"); err != nil {
		return Fault(err, "beginning a part of a transaction")
	}
	failed := fn()
	if failed != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT part"); err != nil {
			return fmt.Errorf("taking back a part of a transaction: %w", errors.Join(err, failed))
		}
	}
	if _, err := change(ctx, tx, "RELEASE SAVEPOINT part"); err != nil {
		return Fault(err, "ending a part of a transaction")
	}
	return failed
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
