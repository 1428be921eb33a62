package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// PullQuery selects changes of a workspace with After < version ≤ UpTo, at most
// Limit, of Tables only when that is not empty, and among the rows that belong
// to one person only UserID's. Reading stops after the change at which MaxBytes
// of payloads were exceeded, or of its atomic group, and the one that follows.
type PullQuery struct {
	WorkspaceID string
	After, UpTo int64
	UserID      string
	Tables      []string
	Limit       int
	MaxBytes    int
}

// PullPage is what was there at one moment: the newest version, the tombstone
// floor, and the changes in the order of their versions.
type PullPage struct {
	HistoryID   string
	Head, Floor int64
	Changes     []Change
}

// SyncReader holds the statements of the pull path, prepared as they are
// needed: one for each number of tables asked for.
type SyncReader struct {
	d     *DB
	mu    sync.Mutex
	pulls map[int]*sql.Stmt
}

// SyncReader makes a reader. Close it before the database.
func (d *DB) SyncReader() *SyncReader { return &SyncReader{d: d, pulls: map[int]*sql.Stmt{}} }

// One statement sees one snapshot, so no version between head and page can be
// missed. The row without an op is no change: it carries floor, head and history.
const pullSQL = `SELECT COALESCE(h.tombstone_floor, 0) AS server_version, s.value AS table_name, '' AS pk, '' AS op, NULL AS payload,
		COALESCE(h.value, 0) AS clock, '' AS hlc, '' AS op_id, '' AS device_id, '' AS atomic_key
	FROM settings AS s LEFT JOIN sync_heads AS h ON h.workspace_id = ? WHERE s.key = 'sync_history_id'
	UNION ALL
	SELECT * FROM (SELECT server_version, table_name, pk, op, payload, clock, hlc, op_id, device_id, atomic_key
		FROM change_log WHERE workspace_id = ? AND server_version > ? AND server_version <= ?
		AND (owner_user_id = '' OR owner_user_id = ?){tables} ORDER BY server_version LIMIT ?) AS c`

// Pull reads one page.
func (r *SyncReader) Pull(ctx context.Context, q PullQuery) (PullPage, error) {
	stmt, err := r.pull(ctx, len(q.Tables))
	if err != nil {
		return PullPage{}, Fault(err, "preparing a pull")
	}
	args := append(make([]any, 0, 13), q.WorkspaceID, q.WorkspaceID, q.After, q.UpTo, q.UserID)
	args = append(append(args, texts(q.Tables)...), int64(q.Limit))
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return PullPage{}, Fault(err, "pulling")
	}
	defer func() { _ = rows.Close() }()
	page, err := scanPull(rows, q)
	return page, Fault(err, "pulling")
}

// SameGroup tells whether a change belongs to the atomic group of the last one.
func SameGroup(changes []Change, next Change) bool {
	n := len(changes)
	return n > 0 && next.AtomicKey != "" && next.AtomicKey == changes[n-1].AtomicKey
}

func scanPull(rows *sql.Rows, q PullQuery) (PullPage, error) {
	var page PullPage
	var payload sql.NullString
	bytes := 0
	for rows.Next() {
		c := Change{WorkspaceID: q.WorkspaceID}
		err := rows.Scan(&c.ServerVersion, &c.TableName, &c.PK, &c.Op, &payload, &c.Clock, &c.HLC, &c.OpID, &c.DeviceID, &c.AtomicKey)
		if err != nil {
			return page, err
		}
		if c.Op == "" {
			page.Floor, page.HistoryID, page.Head = c.ServerVersion, c.TableName, c.Clock
			continue
		}
		if payload.Valid {
			text := payload.String
			c.Payload = &text
		}
		if n := len(page.Changes); n > 0 && page.Changes[n-1].ServerVersion >= c.ServerVersion {
			return page, fmt.Errorf("the database gave version %d after %d", c.ServerVersion, page.Changes[n-1].ServerVersion)
		}
		full := bytes > q.MaxBytes && page.HistoryID != "" && !SameGroup(page.Changes, c)
		page.Changes = append(page.Changes, c)
		if full {
			break // the one too many says that there is more
		}
		bytes += len(payload.String)
	}
	if page.HistoryID == "" && rows.Err() == nil {
		return page, errors.New("the database has no sync history id")
	}
	return page, rows.Err()
}

func (r *SyncReader) pull(ctx context.Context, tables int) (*sql.Stmt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if stmt := r.pulls[tables]; stmt != nil {
		return stmt, nil
	}
	filter := ""
	if tables > 0 {
		filter = " AND table_name IN (?" + strings.Repeat(", ?", tables-1) + ")"
	}
	text := strings.Replace(pullSQL, "{tables}", filter, 1)
	if r.d.dialect == Postgres {
		text = numbered(text)
	}
	stmt, err := r.d.RawReader().PrepareContext(ctx, text)
	if err == nil {
		r.pulls[tables] = stmt
	}
	return stmt, err
}

// Close gives the statements back.
func (r *SyncReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for tables, stmt := range r.pulls {
		errs = append(errs, stmt.Close())
		delete(r.pulls, tables)
	}
	return errors.Join(errs...)
}
