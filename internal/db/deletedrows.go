package db

import (
	"context"

	"github.com/uptrace/bun"
)

// DeletedQuery selects rows of a table that one device of a person deleted after
// a version and that are deleted still, at most Limit.
type DeletedQuery struct {
	WorkspaceID string
	Table       string
	DeviceID    string
	UserID      string
	After       int64
	Limit       int
}

// DeletedRow is a row that is deleted. Version is that of the deletion; Payload
// is what it was before, nil when the log does not keep it any more.
type DeletedRow struct {
	PK      string
	Version int64
	Payload *string
}

// DeletedRows lists them in the order of their deletion.
func DeletedRows(ctx context.Context, q bun.IDB, d DeletedQuery) ([]DeletedRow, error) {
	list := []DeletedRow{}
	err := q.NewRaw(`SELECT r.pk, r.server_version AS version, (
			SELECT c.payload FROM change_log AS c WHERE c.workspace_id = r.workspace_id AND c.table_name = r.table_name AND c.pk = r.pk AND c.op = 'put'
			ORDER BY c.server_version DESC LIMIT 1
		) AS payload FROM sync_rows AS r
		WHERE r.workspace_id = ? AND r.deleted = 1 AND r.server_version > ? AND r.table_name = ? AND r.device_id = ? AND r.user_id = ?
		ORDER BY r.server_version LIMIT ?`, d.WorkspaceID, d.After, d.Table, d.DeviceID, d.UserID, d.Limit).Scan(ctx, &list)
	return list, Fault(err, "listing what was deleted")
}
