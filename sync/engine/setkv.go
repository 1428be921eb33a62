package engine

import (
	"context"
	"encoding/json"

	"or3.cloud/or3/sync/wire"
)

// SetKV writes a kv row of a workspace as the server, which alone writes the
// reserved ones. It commits a transaction of its own: calling it inside another
// on SQLite waits for ever.
func (e *Engine) SetKV(ctx context.Context, workspaceID, name, value string) error {
	server := Actor{Server: true, DeviceID: ServerDevice}
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

// DeleteKV deletes one, as the server; a row that is not there stays so. What a
// device knows of it cannot win again: it may not write reserved rows.
func (e *Engine) DeleteKV(ctx context.Context, workspaceID, name string) error {
	server := Actor{Server: true, DeviceID: ServerDevice}
	key := rowKey(Ref{workspaceID, name}, wire.KV)
	return e.own(ctx, server, workspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.stored(ctx, key)
		if err != nil || row == nil || row.Deleted != 0 {
			return nil, err
		}
		return []wire.Op{e.remove(server, key, row)}, nil
	})
}

// KV reads a kv row of a workspace; false where there is none.
func (e *Engine) KV(ctx context.Context, workspaceID, name string) (value string, ok bool, err error) {
	row, err := e.stored(ctx, rowKey(Ref{workspaceID, name}, wire.KV))
	if err != nil || row == nil || row.Deleted != 0 || row.Payload == nil {
		return "", false, err
	}
	var fields struct {
		Value string `json:"value"`
	}
	if err := json.Unmarshal([]byte(*row.Payload), &fields); err != nil {
		return "", false, err
	}
	return fields.Value, true, nil
}
