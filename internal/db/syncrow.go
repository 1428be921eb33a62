package db

import (
	"context"

	"github.com/uptrace/bun"
)

// RowKey names a synced row.
type RowKey struct{ WorkspaceID, Table, PK string }

const (
	rowPayloadsSQL = `WITH k ({columns}) AS ({rows})
		SELECT r.workspace_id, r.table_name, r.pk, r.payload
		FROM k JOIN {sync_rows} AS r ON r.workspace_id = k.workspace_id AND r.table_name = k.table_name AND r.pk = k.pk
		WHERE r.payload IS NOT NULL`
	rowKeyColumns = `workspace_id:t table_name:t pk:t`
	rowColumns    = `workspace_id:t table_name:t pk:t payload:n deleted:i clock:i hlc:t op_id:t device_id:t user_id:t
		created_by:t owner_user_id:t server_version:i group_key:t sort_num:i sort_text:t written_at:i`
	putRowsSQL = `INSERT INTO sync_rows ({columns}) {rows}
		ON CONFLICT (workspace_id, table_name, pk) DO UPDATE SET payload = excluded.payload, deleted = excluded.deleted,
		clock = excluded.clock, hlc = excluded.hlc, op_id = excluded.op_id, device_id = excluded.device_id, user_id = excluded.user_id,
		created_by = excluded.created_by, owner_user_id = excluded.owner_user_id, server_version = excluded.server_version,
		group_key = excluded.group_key, sort_num = excluded.sort_num, sort_text = excluded.sort_text, written_at = excluded.written_at`
)

// addPayload takes a row of rowPayloads.
func addPayload(to map[RowKey]string) func(cells) {
	return func(c cells) { to[RowKey{WorkspaceID: c.text(0), Table: c.text(1), PK: c.text(2)}] = c.text(3) }
}

func syncRows(rows []SyncRow) rowsFor {
	return rowsFor{len(rows), func(i int, v values) {
		r := &rows[i]
		v.text(r.WorkspaceID)
		v.text(r.TableName)
		v.text(r.PK)
		v.orNull(r.Payload)
		v.number(r.Deleted)
		v.number(r.Clock)
		v.text(r.HLC)
		v.text(r.OpID)
		v.text(r.DeviceID)
		v.text(r.UserID)
		v.text(r.CreatedBy)
		v.text(r.OwnerUserID)
		v.number(r.ServerVersion)
		v.text(r.GroupKey)
		v.number(r.SortNum)
		v.text(r.SortText)
		v.number(r.WrittenAt)
	}}
}

func keyRows(keys []RowKey) rowsFor {
	return rowsFor{len(keys), func(i int, v values) {
		v.text(keys[i].WorkspaceID)
		v.text(keys[i].Table)
		v.text(keys[i].PK)
	}}
}

// SyncRowByKey reads one row, live or deleted; one that has never been is a
// NotFound fault.
func SyncRowByKey(ctx context.Context, q bun.IDB, key RowKey) (SyncRow, error) {
	var row SyncRow
	err := q.NewSelect().Model(&row).Where("workspace_id = ?", key.WorkspaceID).Where("table_name = ?", key.Table).Where("pk = ?", key.PK).Scan(ctx)
	return row, found(err, "reading a synced row", "There is no such row.")
}
