package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/uptrace/bun"
)

// KVValue is the value of a workspace's synced kv row; "" when there is none,
// when it was deleted, or when what lies there is no such row.
func KVValue(ctx context.Context, q bun.IDB, workspaceID, name string) (string, error) {
	var payload string
	err := q.NewRaw(`SELECT s.payload FROM sync_rows AS s
		JOIN workspaces AS w ON w.id = s.workspace_id AND w.deleted_at IS NULL
		WHERE s.workspace_id = ? AND s.table_name = 'kv' AND s.pk = ? AND s.deleted = 0 AND s.payload IS NOT NULL`,
		workspaceID, name).Scan(ctx, &payload)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", Fault(err, "reading a workspace setting")
	}
	var row struct {
		Value string `json:"value"`
	}
	if json.Unmarshal([]byte(payload), &row) != nil {
		return "", nil
	}
	return row.Value, nil
}
