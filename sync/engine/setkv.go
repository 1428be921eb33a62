package engine

import (
	"context"

	"or3.cloud/or3/sync/wire"
)

// SetKV writes a kv row of a workspace as the server, which alone writes the
// reserved ones. It commits a transaction of its own: calling it inside another
// on SQLite waits for ever.
func (e *Engine) SetKV(ctx context.Context, workspaceID, name, value string) error {
	server := Actor{Server: true, DeviceID: serverDevice}
	key := rowKey(Ref{workspaceID, name}, wire.KV)
	return e.own(ctx, server, workspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.stored(ctx, key)
		if err != nil {
			return nil, err
		}
		now := e.second()
		fields := map[string]any{"id": name, "name": name, "value": value, "updated_at": now}
		if row == nil || row.Deleted != 0 {
			fields["created_at"] = now
		}
		op, err := e.put(server, key, row, fields)
		return []wire.Op{op}, err
	})
}
