package db

import (
	"context"
	"fmt"
	"strings"

	"or3.cloud/or3/internal/mistake"
)

// StateQuery selects the rows of a workspace as they are, live ones and the
// tombstones above the floor, in the bytewise order of (table, pk), after a key.
// Among the rows that belong to one person only UserID's are there.
type StateQuery struct {
	WorkspaceID     string
	UserID          string
	AfterTable      string // "" begins
	AfterPK         string
	Limit           int  // 0 = all
	WithoutPayloads bool // payloads stay nil
}

const stateSQL = `SELECT r.server_version, r.table_name, r.pk, CASE r.deleted WHEN 0 THEN 'put' ELSE 'delete' END AS op, {payload} AS payload,
		r.clock, r.hlc, r.op_id, r.device_id, '' AS atomic_key
	FROM sync_rows AS r WHERE r.workspace_id = ? AND (r.table_name, r.pk) > (?, ?)
	AND (r.deleted = 0 OR r.server_version > COALESCE((SELECT tombstone_floor FROM sync_heads WHERE workspace_id = ?), 0))
	AND (r.owner_user_id = '' OR r.owner_user_id = ?) ORDER BY r.table_name, r.pk{limit}`

// State calls begin with what the workspace is and then row for each row, all
// of one snapshot. An error of theirs ends the reading.
func (r *SyncReader) State(ctx context.Context, q StateQuery, begin func(State) error, row func(*Row) error) error {
	payload, limit := "CASE r.deleted WHEN 0 THEN r.payload END", ""
	if q.WithoutPayloads {
		payload = "CAST(NULL AS TEXT)"
	}
	args := []any{q.WorkspaceID, q.AfterTable, q.AfterPK, q.WorkspaceID, q.UserID}
	if q.Limit > 0 {
		limit = " LIMIT ?"
		args = append(args, int64(q.Limit))
	}
	text := strings.NewReplacer("{payload}", payload, "{limit}", limit).Replace(stateSQL)
	if mistake.On(mistake.SnapshotLeaks) {
		text = strings.Replace(text, "r.owner_user_id = ''", "r.owner_user_id IS NOT NULL", 1)
	}
	order := keyOrder{table: []byte(q.AfterTable), pk: []byte(q.AfterPK)}
	err := r.read(ctx, rowQuery{q.WorkspaceID, text, args}, begin, func(c *Row) error {
		if err := order.next(c); err != nil {
			return err
		}
		return row(c)
	})
	return Fault(err, "reading rows")
}

// keyOrder is the key of the last row. A device goes on after the last key it
// got, and a digest is one only in this order: an index in another collation
// must not go unnoticed.
type keyOrder struct{ table, pk []byte }

func (o *keyOrder) next(r *Row) error {
	if string(r.Table) < string(o.table) || string(r.Table) == string(o.table) && string(r.PK) <= string(o.pk) {
		return fmt.Errorf("the database gave the row %s/%s after %s/%s", r.Table, r.PK, o.table, o.pk)
	}
	o.table, o.pk = append(o.table[:0], r.Table...), append(o.pk[:0], r.PK...)
	return nil
}

// HeadOf reads what a workspace is: its history, head and floor.
func (r *SyncReader) HeadOf(ctx context.Context, workspaceID string) (State, error) {
	stmt, err := r.prepared(ctx, `SELECT s.value, COALESCE(h.value, 0), COALESCE(h.tombstone_floor, 0)
		FROM settings AS s LEFT JOIN sync_heads AS h ON h.workspace_id = ? WHERE s.key = 'sync_history_id'`)
	if err != nil {
		return State{}, Fault(err, "preparing to read a head")
	}
	var s State
	err = stmt.QueryRowContext(ctx, workspaceID).Scan(&s.HistoryID, &s.Head, &s.Floor)
	return s, Fault(err, "reading a head")
}
