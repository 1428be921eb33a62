package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"

	"or3.cloud/or3/internal/fault"
)

// HoldSQLite folds a database's log into its file, so that the file is all
// there is of it, and keeps every other process out until release is called.
// It fails with Conflict while another process has the database open, and with
// Unavailable when the file is damaged or no database.
func HoldSQLite(ctx context.Context, path string) (release func() error, err error) {
	pool, err := driver.Open(fileURI(path) + "_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=trusted_schema(0)")
	if err != nil {
		return nil, Fault(err, "opening the database")
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		closing(pool)
		return nil, damaged(err)
	}
	if err := hold(ctx, conn); err != nil {
		closing(conn, pool)
		return nil, err
	}
	return func() error { return errors.Join(conn.Close(), pool.Close()) }, nil
}

func hold(ctx context.Context, conn *sql.Conn) error {
	var mode string
	err := conn.QueryRowContext(ctx, `PRAGMA journal_mode=DELETE`).Scan(&mode)
	if code, ok := sqliteCode(err); ok && (code.Code() == sqlite3.BUSY || code.Code() == sqlite3.LOCKED) || err == nil && mode != "delete" {
		return fault.New(fault.Conflict, "Another process has the database open. Wait until the other or3 command has ended, then try again.")
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, `BEGIN EXCLUSIVE`)
	}
	return damaged(err)
}

// damaged gives an error of a file that is no database its own words.
func damaged(err error) error {
	if code, ok := sqliteCode(err); ok && (code.Code() == sqlite3.NOTADB || code.Code() == sqlite3.CORRUPT) {
		return fault.Wrap(err, fault.Unavailable, "The database file is damaged or is no SQLite database.")
	}
	return Fault(err, "holding the database")
}

// CheckSQLite looks through the whole file for damage.
func (d *DB) CheckSQLite(ctx context.Context) error {
	if d.dialect != SQLite {
		return nil
	}
	var said string
	if err := d.RawReader().QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return Fault(err, "checking the database")
	}
	if said != "ok" {
		return fmt.Errorf("the database is damaged: %s", said)
	}
	var table sql.NullString
	err := d.RawReader().QueryRowContext(ctx, `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`).Scan(&table)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("a row of %s refers to one that is missing", table.String)
	}
	return Fault(err, "checking the database")
}
