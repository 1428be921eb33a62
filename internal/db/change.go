package db

const (
	changeColumns = `workspace_id:t server_version:i table_name:t pk:t op:t payload:n clock:i hlc:t op_id:t device_id:t
		user_id:t owner_user_id:t atomic_key:t digest:t written_at:i`
	insertChangesSQL  = `INSERT INTO change_log ({columns}) {rows}`
	supersededColumns = `workspace_id:t op_id:t table_name:t pk:t op:t payload:n clock:i hlc:t device_id:t
		user_id:t owner_user_id:t digest:t written_at:i`
	insertSupersededSQL = `INSERT INTO superseded_ops ({columns}) {rows}`
)

func changeRows(changes []Change) rowsFor {
	return rowsFor{len(changes), func(i int, v values) {
		c := &changes[i]
		v.text(c.WorkspaceID)
		v.number(c.ServerVersion)
		v.text(c.TableName)
		v.text(c.PK)
		v.text(c.Op)
		v.orNull(c.Payload)
		v.number(c.Clock)
		v.text(c.HLC)
		v.text(c.OpID)
		v.text(c.DeviceID)
		v.text(c.UserID)
		v.text(c.OwnerUserID)
		v.text(c.AtomicKey)
		v.text(c.Digest)
		v.number(c.WrittenAt)
	}}
}

func supersededRows(ops []SupersededOp) rowsFor {
	return rowsFor{len(ops), func(i int, v values) {
		o := &ops[i]
		v.text(o.WorkspaceID)
		v.text(o.OpID)
		v.text(o.TableName)
		v.text(o.PK)
		v.text(o.Op)
		v.orNull(o.Payload)
		v.number(o.Clock)
		v.text(o.HLC)
		v.text(o.DeviceID)
		v.text(o.UserID)
		v.text(o.OwnerUserID)
		v.text(o.Digest)
		v.number(o.WrittenAt)
	}}
}
