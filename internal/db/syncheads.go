package db

import (
	"context"
	"encoding/json"
)

const (
	seenHeadsPostgres = `SELECT h.workspace_id, h.value, s.value FROM settings AS s, sync_heads AS h
		WHERE s.key = 'sync_history_id' AND h.workspace_id = ANY($1)`
	seenHeadsSQLite = `SELECT h.workspace_id, h.value, s.value FROM settings AS s, sync_heads AS h
		WHERE s.key = 'sync_history_id' AND h.workspace_id IN (SELECT value FROM json_each(?))`
)

// SeenHeads calls seen with where each of these workspaces stands, and in which
// history. A workspace without a head stands nowhere.
func (d *DB) SeenHeads(ctx context.Context, workspaceIDs []string, seen func(workspaceID string, head int64, historyID string)) error {
	text, arg := seenHeadsPostgres, any(workspaceIDs)
	if d.dialect == SQLite {
		list, err := json.Marshal(workspaceIDs)
		if err != nil {
			return err
		}
		text, arg = seenHeadsSQLite, string(list)
	}
	rows, err := d.RawReader().QueryContext(ctx, text, arg)
	if err != nil {
		return Fault(err, "looking at sync heads")
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, history string
		var head int64
		if err := rows.Scan(&id, &head, &history); err != nil {
			return Fault(err, "looking at sync heads")
		}
		seen(id, head, history)
	}
	return Fault(rows.Err(), "looking at sync heads")
}
