package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"or3.cloud/or3/internal/mistake"
)

// PullQuery selects changes of a workspace with After < version ≤ UpTo, at most
// Limit, of Tables only when that is not empty, and among the rows that belong
// to one person only UserID's.
type PullQuery struct {
	WorkspaceID string
	After, UpTo int64
	UserID      string
	Tables      []string
	Limit       int
}

// SyncReader reads what devices ask for. Its statements are prepared as they
// are needed: of pulls, one for each number of tables asked for.
type SyncReader struct {
	d     *DB
	mu    sync.Mutex
	stmts map[string]*sql.Stmt // by text
}

// SyncReader makes a reader. Close it before the database.
func (d *DB) SyncReader() *SyncReader { return &SyncReader{d: d, stmts: map[string]*sql.Stmt{}} }

const pullSQL = `SELECT server_version, table_name, pk, op, payload, clock, hlc, op_id, device_id, atomic_key
	FROM change_log WHERE workspace_id = ? AND server_version > ? AND server_version <= ?
	AND (owner_user_id = '' OR owner_user_id = ?){tables} ORDER BY server_version LIMIT ?`

// Pull calls begin with what the workspace is and then row for each change, in
// the order of versions and all of one snapshot, so no version between head and
// page can be missed. An error of theirs ends the reading.
func (r *SyncReader) Pull(ctx context.Context, q PullQuery, begin func(State) error, row func(*Row) error) error {
	args := append(make([]any, 0, 12), q.WorkspaceID, q.After, q.UpTo, q.UserID)
	args = append(append(args, texts(q.Tables)...), int64(q.Limit))
	last := int64(-1)
	err := r.read(ctx, rowQuery{q.WorkspaceID, pullText(len(q.Tables)), args}, begin, func(c *Row) error {
		if c.ServerVersion <= last {
			return fmt.Errorf("the database gave version %d after %d", c.ServerVersion, last)
		}
		last = c.ServerVersion
		return row(c)
	})
	return Fault(err, "pulling")
}

func pullText(tables int) string {
	filter := ""
	if tables > 0 {
		filter = " AND table_name IN (?" + strings.Repeat(", ?", tables-1) + ")"
	}
	text := strings.Replace(pullSQL, "{tables}", filter, 1)
	if mistake.On(mistake.CursorInclusive) {
		text = strings.Replace(text, "server_version > ?", "server_version >= ?", 1)
	}
	if mistake.On(mistake.PullLeaks) {
		text = strings.Replace(text, "owner_user_id = ''", "owner_user_id IS NOT NULL", 1)
	}
	return text
}

// prepared gives the statement of a text, which has ? for its arguments.
func (r *SyncReader) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if stmt := r.stmts[text]; stmt != nil {
		return stmt, nil
	}
	asked := text
	if r.d.dialect == Postgres {
		asked = numbered(text)
	}
	stmt, err := r.d.RawReader().PrepareContext(ctx, asked)
	if err == nil {
		r.stmts[text] = stmt
	}
	return stmt, err
}

// Close gives the statements back.
func (r *SyncReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for text, stmt := range r.stmts {
		errs = append(errs, stmt.Close())
		delete(r.stmts, text)
	}
	return errors.Join(errs...)
}
