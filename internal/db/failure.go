package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"

	"or3.cloud/or3/internal/fault"
)

// Fault gives an error of the database its kind, and says what was being done:
// DiskFull for a full disk, Unavailable for a database that is lost, busy or
// too slow, the error itself for everything else. A *fault.Error, a cancelled
// context and nil pass through.
func Fault(err error, doing string) error {
	var known *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case isFull(err):
		return fault.Wrap(fmt.Errorf("%s: %w", doing, err), fault.DiskFull,
			diskFull)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w", doing, err)
	case isLost(err):
		return &fault.Error{Kind: fault.Unavailable, Message: "The database does not answer just now. Try again in a moment.",
			Retry: 2 * time.Second, Err: fmt.Errorf("%s: %w", doing, err)}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

const diskFull = "The server's disk is full. Nothing was saved; try again when there is room."

// whenFull turns a failed write of SQLite into DiskFull if that is what is
// behind it: the driver reports a full disk as an I/O error without its cause.
func (d *DB) whenFull(err error) error {
	code, ok := sqliteCode(err)
	if !ok || d.dir == "" || code.Code() != sqlite3.IOERR && code.Code() != sqlite3.CANTOPEN || !noRoom(d.dir) {
		return err
	}
	return fault.Wrap(err, fault.DiskFull, diskFull)
}

// noRoom tries whether anything can be written in a directory at all.
func noRoom(dir string) bool {
	probe, err := os.CreateTemp(dir, ".or3-room-*")
	if err != nil {
		return isFull(err)
	}
	_, err = probe.Write(make([]byte, 64<<10))
	err = errors.Join(err, probe.Sync(), probe.Close(), os.Remove(probe.Name()))
	return isFull(err)
}

// IsUnique reports whether err says that a row with this key exists already.
func IsUnique(err error) bool {
	if code, ok := sqliteCode(err); ok {
		return code == sqlite3.CONSTRAINT_UNIQUE || code == sqlite3.CONSTRAINT_PRIMARYKEY
	}
	return pgCode(err) == "23505"
}

// found turns "no rows" into a NotFound fault with public words, and any other
// error into what Fault makes of it.
func found(err error, doing, missing string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.Wrap(fmt.Errorf("%s: %w", doing, err), fault.NotFound, missing)
	}
	return Fault(err, doing)
}

func isFull(err error) bool {
	if code, ok := sqliteCode(err); ok {
		return code.Code() == sqlite3.FULL
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		// 39 and 112 are Windows' words for a full disk.
		return errno == syscall.ENOSPC || errno == syscall.EDQUOT || runtime.GOOS == "windows" && (errno == 39 || errno == 112)
	}
	return pgCode(err) == "53100"
}

// sqliteCode finds SQLite's own code in an error, in any of the forms in which
// the driver gives it. Ask it before anything else: all of them also look like
// a net.Error.
func sqliteCode(err error) (sqlite3.ExtendedErrorCode, bool) {
	var full *sqlite3.Error
	if errors.As(err, &full) {
		return full.ExtendedCode(), true
	}
	var extended sqlite3.ExtendedErrorCode
	if errors.As(err, &extended) {
		return extended, true
	}
	var plain sqlite3.ErrorCode
	if errors.As(err, &plain) {
		return plain.ExtendedCode(), true
	}
	return 0, false
}

// ReadOnly reports whether an error says that the database takes no writes from
// anybody: a standby, or a file that may only be read.
func ReadOnly(err error) bool {
	if code, ok := sqliteCode(err); ok {
		return code.Code() == sqlite3.READONLY
	}
	return pgCode(err) == "25006"
}

func isLost(err error) bool {
	if code, ok := sqliteCode(err); ok {
		switch code.Code() {
		case sqlite3.BUSY, sqlite3.LOCKED, sqlite3.IOERR, sqlite3.CANTOPEN, sqlite3.READONLY, sqlite3.INTERRUPT, sqlite3.PROTOCOL:
			return true
		}
		return false
	}
	switch code := pgCode(err); {
	case code == "":
	case code == "57014", code == "55P03", code == "40001", code == "40P01", code == "25P03", code == "25006":
		return true
	default: // connection lost, out of resources, shutting down
		return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "57P")
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) || errors.As(err, &connect) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "database is closed")
}

// isRetryable reports a transaction that PostgreSQL undid because of others.
func isRetryable(err error) bool {
	code := pgCode(err)
	return code == "40001" || code == "40P01"
}

func pgCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
