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

// SyncRow is SyncRowByKey of what is committed, and quick.
func (d *DB) SyncRow(ctx context.Context, key RowKey) (SyncRow, error) {
	if d.dialect != SQLite {
		return SyncRowByKey(ctx, d.Read(), key)
	}
	var r SyncRow
	err := d.one(ctx, syncRowSQL+`= ?`, []any{key.WorkspaceID, key.Table, key.PK}, r.read)
	return r, found(err, "reading a synced row", "There is no such row.")
}

const syncRowSQL = `SELECT workspace_id, table_name, pk, payload, deleted, clock, hlc, op_id, device_id, user_id, created_by, owner_user_id,
	server_version, group_key, sort_num, sort_text, written_at FROM sync_rows WHERE workspace_id = ? AND table_name = ? AND pk `

// read takes a row of syncRowSQL.
func (r *SyncRow) read(c cells) {
	r.WorkspaceID, r.TableName, r.PK, r.Payload, r.Deleted, r.Clock = c.text(0), c.text(1), c.text(2), textOrNil(c, 3), c.number(4), c.number(5)
	r.HLC, r.OpID, r.DeviceID, r.UserID, r.CreatedBy, r.OwnerUserID = c.text(6), c.text(7), c.text(8), c.text(9), c.text(10), c.text(11)
	r.ServerVersion, r.GroupKey, r.SortNum, r.SortText, r.WrittenAt = c.number(12), c.text(13), c.number(14), c.text(15), c.number(16)
}

// SyncRows reads those rows of a table that there are, live or deleted, by their
// keys.
func (d *DB) SyncRows(ctx context.Context, workspaceID, table string, pks []string) (map[string]*SyncRow, error) {
	var rows []SyncRow
	var err error
	if d.dialect == SQLite {
		err = d.all(ctx, syncRowSQL+`IN (SELECT value FROM json_each(?))`, []any{workspaceID, table, anyOf(pks)}, func(c cells) {
			var r SyncRow
			r.read(c)
			rows = append(rows, r)
		})
	} else {
		err = d.Read().NewRaw(syncRowSQL+`IN (?)`, workspaceID, table, bun.List(pks)).Scan(ctx, &rows)
	}
	by := make(map[string]*SyncRow, len(rows))
	for i := range rows {
		by[rows[i].PK] = &rows[i]
	}
	return by, Fault(err, "reading synced rows")
}

// SyncRowByKey reads one row, live or deleted; one that has never been is a
// NotFound fault.
func SyncRowByKey(ctx context.Context, q bun.IDB, key RowKey) (SyncRow, error) {
	var row SyncRow
	err := q.NewSelect().Model(&row).Where("workspace_id = ?", key.WorkspaceID).Where("table_name = ?", key.Table).Where("pk = ?", key.PK).Scan(ctx)
	return row, found(err, "reading a synced row", "There is no such row.")
}
