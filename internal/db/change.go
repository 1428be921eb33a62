package db

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"
)

// OpKey names an op; RowKey a row.
type OpKey struct{ WorkspaceID, OpID string }

// KnownOp is an op that took effect before; Version is 0 when it was superseded.
type KnownOp struct {
	Version int64
	Digest  string
}

const (
	knownOpsSQL = `WITH k ({columns}) AS ({rows})
		SELECT c.workspace_id, c.op_id, c.server_version, c.digest FROM k
			JOIN change_log AS c ON c.workspace_id = k.workspace_id AND c.op_id = k.op_id
		UNION ALL
		SELECT s.workspace_id, s.op_id, 0, s.digest FROM k
			JOIN superseded_ops AS s ON s.workspace_id = k.workspace_id AND s.op_id = k.op_id`
	changeColumns = `workspace_id:t server_version:i table_name:t pk:t op:t payload:n clock:i hlc:t op_id:t device_id:t
		user_id:t owner_user_id:t atomic_key:t digest:t written_at:i`
	insertChangesSQL  = `INSERT INTO change_log ({columns}) {rows}`
	supersededColumns = `workspace_id:t op_id:t table_name:t pk:t op:t payload:n clock:i hlc:t device_id:t
		user_id:t owner_user_id:t digest:t written_at:i`
	insertSupersededSQL = `INSERT INTO superseded_ops ({columns}) {rows}`
)

// KnownOps finds those of the ops that took effect before.
func (w *SyncWriter) KnownOps(ctx context.Context, tx bun.Tx, keys []OpKey) (map[OpKey]KnownOp, error) {
	args := make([]any, 0, 2*len(keys))
	for _, k := range keys {
		args = append(args, k.WorkspaceID, k.OpID)
	}
	known := map[OpKey]KnownOp{}
	err := w.knownOps.query(ctx, tx, args, func(rows *sql.Rows) error {
		var k OpKey
		var op KnownOp
		if err := rows.Scan(&k.WorkspaceID, &k.OpID, &op.Version, &op.Digest); err != nil {
			return err
		}
		known[k] = op
		return nil
	})
	return known, Fault(err, "looking for earlier ops")
}

// InsertChanges appends to the change log.
func (w *SyncWriter) InsertChanges(ctx context.Context, tx bun.Tx, changes []Change) error {
	args := make([]any, 0, 15*len(changes))
	for i := range changes {
		c := &changes[i]
		args = append(args, c.WorkspaceID, c.ServerVersion, c.TableName, c.PK, c.Op, c.Payload, c.Clock, c.HLC, c.OpID,
			c.DeviceID, c.UserID, c.OwnerUserID, c.AtomicKey, c.Digest, c.WrittenAt)
	}
	return Fault(w.insertChanges.exec(ctx, tx, args), "appending to the change log")
}

// InsertSuperseded keeps ops that lost.
func (w *SyncWriter) InsertSuperseded(ctx context.Context, tx bun.Tx, ops []SupersededOp) error {
	args := make([]any, 0, 13*len(ops))
	for i := range ops {
		o := &ops[i]
		args = append(args, o.WorkspaceID, o.OpID, o.TableName, o.PK, o.Op, o.Payload, o.Clock, o.HLC,
			o.DeviceID, o.UserID, o.OwnerUserID, o.Digest, o.WrittenAt)
	}
	return Fault(w.insertSuperseded.exec(ctx, tx, args), "keeping superseded ops")
}
