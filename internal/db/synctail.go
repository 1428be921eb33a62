package db

import (
	"context"
	"database/sql"
	"errors"
)

// TailQuery selects the changes of a workspace after a version, of everybody,
// in their order: at most Limit, and until MaxBytes of payloads are exceeded.
type TailQuery struct {
	WorkspaceID string
	After       int64
	Limit       int
	MaxBytes    int
}

// TailPage is what was there at one moment. Complete says that it reaches Head.
type TailPage struct {
	HistoryID string
	Head      int64
	Changes   []Change
	Complete  bool
}

const tailSQL = `SELECT COALESCE(h.value, 0) AS server_version, s.value AS table_name, '' AS pk, '' AS op, NULL AS payload,
		0 AS clock, '' AS hlc, '' AS op_id, '' AS device_id, '' AS owner_user_id, '' AS atomic_key
	FROM settings AS s LEFT JOIN sync_heads AS h ON h.workspace_id = ? WHERE s.key = 'sync_history_id'
	UNION ALL
	SELECT * FROM (SELECT server_version, table_name, pk, op, payload, clock, hlc, op_id, device_id, owner_user_id, atomic_key
		FROM change_log WHERE workspace_id = ? AND server_version > ? ORDER BY server_version LIMIT ?) AS c`

// Tail reads what the tail of a workspace's log lacks. Private rows are in it.
func (r *SyncReader) Tail(ctx context.Context, q TailQuery) (TailPage, error) {
	text := tailSQL
	if r.d.dialect == Postgres {
		text = numbered(text)
	}
	rows, err := r.d.RawReader().QueryContext(ctx, text, q.WorkspaceID, q.WorkspaceID, q.After, int64(q.Limit))
	if err != nil {
		return TailPage{}, Fault(err, "reading the tail of a log")
	}
	defer func() { _ = rows.Close() }()
	page, err := scanTail(rows, q)
	return page, Fault(err, "reading the tail of a log")
}

func scanTail(rows *sql.Rows, q TailQuery) (TailPage, error) {
	var page TailPage
	var payload sql.NullString
	bytes, last := 0, q.After
	for rows.Next() {
		if bytes > q.MaxBytes && page.HistoryID != "" {
			break
		}
		c := Change{WorkspaceID: q.WorkspaceID}
		err := rows.Scan(&c.ServerVersion, &c.TableName, &c.PK, &c.Op, &payload, &c.Clock, &c.HLC, &c.OpID, &c.DeviceID, &c.OwnerUserID, &c.AtomicKey)
		if err != nil {
			return page, err
		}
		if c.Op == "" {
			page.HistoryID, page.Head = c.TableName, c.ServerVersion
			continue
		}
		if payload.Valid {
			text := payload.String
			c.Payload = &text
		}
		page.Changes = append(page.Changes, c)
		bytes, last = bytes+len(payload.String), c.ServerVersion
	}
	if err := rows.Err(); err != nil {
		return page, err
	}
	if page.HistoryID == "" {
		return page, errors.New("the database has no sync history id")
	}
	page.Complete = last >= page.Head
	return page, nil
}
