package db

import (
	"context"

	"github.com/uptrace/bun"
)

// Written is one write to a row that the database remembers.
type Written struct {
	Superseded  bool
	Version     int64 // 0 when superseded
	Op          string
	Payload     *string
	Clock       int64
	HLC         string
	OpID        string
	DeviceID    string
	UserID      string
	UserName    string
	OwnerUserID string
	WrittenAt   int64 // epoch ms
}

// WritesQuery selects the writes to a row that a person may see: since a time
// (epoch ms), of these the newest, at most Limit and at most one more than fit
// into MaxBytes of payloads; or only the one called OpID when that is not empty.
type WritesQuery struct {
	RowKey
	UserID   string
	Since    int64
	OpID     string
	Limit    int
	MaxBytes int
}

// The write that the row is made of comes first, so that no bound leaves it
// out; then the newest. bytes is what came before a write.
const writesSQL = `SELECT w.superseded, w.version, w.op, w.payload, w.clock, w.hlc, w.op_id, w.device_id, w.user_id, w.owner_user_id, w.written_at,
		COALESCE(u.display_name, '') AS user_name FROM (
		SELECT l.*, sum(octet_length(COALESCE(l.payload, ''))) OVER (ORDER BY l.standing DESC, l.written_at DESC, l.version DESC, l.op_id DESC
			ROWS UNBOUNDED PRECEDING) - octet_length(COALESCE(l.payload, '')) AS bytes FROM (
			SELECT a.*, CASE WHEN a.op_id = (SELECT op_id FROM sync_rows WHERE workspace_id = ? AND table_name = ? AND pk = ?) THEN 1 ELSE 0 END AS standing FROM (
				SELECT 0 AS superseded, server_version AS version, op, payload, clock, hlc, op_id, device_id, user_id, owner_user_id, written_at
				FROM change_log WHERE workspace_id = ? AND table_name = ? AND pk = ? AND written_at >= ?
				UNION ALL
				SELECT 1, 0, op, payload, clock, hlc, op_id, device_id, user_id, owner_user_id, written_at
				FROM superseded_ops WHERE workspace_id = ? AND table_name = ? AND pk = ? AND written_at >= ?
				UNION ALL
				SELECT 0, r.server_version, CASE WHEN r.deleted = 1 THEN 'delete' ELSE 'put' END, r.payload, r.clock, r.hlc, r.op_id, r.device_id,
					r.user_id, r.owner_user_id, r.written_at
				FROM sync_rows AS r WHERE r.workspace_id = ? AND r.table_name = ? AND r.pk = ?
				AND NOT EXISTS (SELECT 1 FROM change_log AS c WHERE c.workspace_id = r.workspace_id AND c.op_id = r.op_id AND c.written_at >= ?)
			) AS a WHERE (a.owner_user_id = '' OR a.owner_user_id = ?) AND (? = '' OR a.op_id = ?)
			ORDER BY standing DESC, a.written_at DESC, a.version DESC, a.op_id DESC LIMIT ?
		) AS l
	) AS w LEFT JOIN users AS u ON u.id = w.user_id WHERE w.bytes <= ?
	ORDER BY w.written_at, w.version, w.op_id`

// WritesOf lists what was written to a row, the oldest first, and always the
// write that the row is made of.
func WritesOf(ctx context.Context, q bun.IDB, w WritesQuery) ([]Written, error) {
	list := []Written{}
	err := q.NewRaw(writesSQL, w.WorkspaceID, w.Table, w.PK, w.WorkspaceID, w.Table, w.PK, w.Since, w.WorkspaceID, w.Table, w.PK, w.Since,
		w.WorkspaceID, w.Table, w.PK, w.Since, w.UserID, w.OpID, w.OpID, w.Limit, w.MaxBytes).Scan(ctx, &list)
	return list, Fault(err, "reading a row's history")
}
