package db_test

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
)

// A deleted row comes back and is deleted again while the collector waits for
// it: that deletion is young, devices have yet to hear of it.
func TestTheCollectorLeavesADeletionThatBecameYoungWhileItWaited(t *testing.T) {
	d := dbtest.Open(t, dbtest.PostgresURL(t))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tombstone := func(pk string, version int64) *db.SyncRow {
		return &db.SyncRow{WorkspaceID: "w", TableName: "threads", PK: pk, Deleted: 1, Clock: 1, HLC: "h", OpID: pk, DeviceID: "d", ServerVersion: version}
	}
	err := d.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&db.Workspace{ID: "w", Name: "W"}).Exec(ctx); err != nil {
			return err
		}
		for version, pk := range []string{"again", "old"} {
			if _, err := tx.NewInsert().Model(tombstone(pk, int64(version+1))).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	push, err := d.RawWriter().BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = push.Rollback() }()
	if _, err := push.ExecContext(ctx, `UPDATE sync_rows SET server_version = 20, clock = 3 WHERE pk = 'again'`); err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		deleted int64
		err     error
	}
	collected := make(chan outcome, 1)
	go func() {
		var o outcome
		o.err = d.Write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
			o.deleted, err = db.DeleteTombstones(ctx, tx, "w", 10, 100)
			return err
		})
		collected <- o
	}()
	// It has chosen its rows by the time it waits for the lock on one of them.
	for waiting := 0; waiting == 0 && ctx.Err() == nil; <-time.After(time.Millisecond) {
		err := d.RawReader().QueryRowContext(ctx, `SELECT count(*) FROM pg_stat_activity
			WHERE wait_event_type = 'Lock' AND query LIKE 'DELETE FROM sync_rows%' AND datname = current_database()
			AND (SELECT pid FROM pg_locks AS l WHERE l.pid = pg_stat_activity.pid AND l.relation = 'sync_rows'::regclass LIMIT 1) IS NOT NULL`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := push.Commit(); err != nil {
		t.Fatal(err)
	}
	if o := <-collected; o.err != nil || o.deleted != 1 {
		t.Errorf("%d rows were collected, %v; only one is old", o.deleted, o.err)
	}
	var left string
	if err := d.Read().NewRaw(`SELECT pk FROM sync_rows`).Scan(ctx, &left); err != nil || left != "again" {
		t.Errorf("left is %q, %v", left, err)
	}
}
