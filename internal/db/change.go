package db

import (
	"context"

	"github.com/uptrace/bun"
)

const (
	changeColumns = `workspace_id:t server_version:i table_name:t pk:t op:t payload:n clock:i hlc:t op_id:t device_id:t
		user_id:t owner_user_id:t atomic_key:t digest:t written_at:i`
	insertChangesSQL  = `INSERT INTO change_log ({columns}) {rows}`
	supersededColumns = `workspace_id:t op_id:t table_name:t pk:t op:t payload:n clock:i hlc:t device_id:t
		user_id:t owner_user_id:t digest:t written_at:i`
	insertSupersededSQL = `INSERT INTO superseded_ops ({columns}) {rows}`
)

func changeArgs(changes []Change) []any {
	args := make([]any, 0, 15*len(changes))
	for i := range changes {
		c := &changes[i]
		args = append(args, c.WorkspaceID, c.ServerVersion, c.TableName, c.PK, c.Op, c.Payload, c.Clock, c.HLC, c.OpID,
			c.DeviceID, c.UserID, c.OwnerUserID, c.AtomicKey, c.Digest, c.WrittenAt)
	}
	return args
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
