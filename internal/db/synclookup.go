package db

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"
)

// OpTarget is an op that is about to be judged, and the row it is for.
type OpTarget struct {
	OpID string
	Row  RowKey
}

// KnownOp is an op that took effect before; Version is 0 when it was superseded.
type KnownOp struct {
	Version int64
	Digest  string
}

// RowState is what a push must know about a stored row; the payload is left
// out, because most pushes replace it unseen.
type RowState struct {
	Deleted       bool
	Clock         int64
	HLC           string
	OpID          string
	DeviceID      string
	CreatedBy     string
	OwnerUserID   string
	ServerVersion int64
}

// Found is what is stored about an OpTarget; either may be nil.
type Found struct {
	Known *KnownOp
	Row   *RowState
}

const (
	targetColumns = `workspace_id:t op_id:t table_name:t pk:t`
	lookUpSQL     = `WITH k ({columns}) AS ({rows})
		SELECT k.workspace_id, k.op_id, k.table_name, k.pk, c.server_version, COALESCE(c.digest, s.digest),
			r.deleted, r.clock, r.hlc, r.op_id, r.device_id, r.created_by, r.owner_user_id, r.server_version
		FROM k
		LEFT JOIN change_log AS c ON c.workspace_id = k.workspace_id AND c.op_id = k.op_id
		LEFT JOIN superseded_ops AS s ON s.workspace_id = k.workspace_id AND s.op_id = k.op_id
		LEFT JOIN sync_rows AS r ON r.workspace_id = k.workspace_id AND r.table_name = k.table_name AND r.pk = k.pk`
)

// LookUp reads everything ops are judged by and calls found for each of them.
// The heads of their workspaces must be locked.
func (w *SyncWriter) LookUp(ctx context.Context, tx bun.Tx, targets []OpTarget, found func(OpTarget, Found)) error {
	args := make([]any, 0, 4*len(targets))
	for _, t := range targets {
		args = append(args, t.Row.WorkspaceID, t.OpID, t.Row.Table, t.Row.PK)
	}
	var digest, hlc, opID, device, creator, owner sql.NullString
	var version, deleted, clock, rowVersion sql.NullInt64
	err := w.lookUp.query(ctx, tx, args, func(rows *sql.Rows) error {
		var t OpTarget
		var f Found
		err := rows.Scan(&t.Row.WorkspaceID, &t.OpID, &t.Row.Table, &t.Row.PK, &version, &digest,
			&deleted, &clock, &hlc, &opID, &device, &creator, &owner, &rowVersion)
		if digest.Valid {
			f.Known = &KnownOp{Version: version.Int64, Digest: digest.String}
		}
		if clock.Valid {
			f.Row = &RowState{Deleted: deleted.Int64 != 0, Clock: clock.Int64, HLC: hlc.String, OpID: opID.String, DeviceID: device.String,
				CreatedBy: creator.String, OwnerUserID: owner.String, ServerVersion: rowVersion.Int64}
		}
		found(t, f)
		return err
	})
	return Fault(err, "looking for earlier ops and rows")
}
