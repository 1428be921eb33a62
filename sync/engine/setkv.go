package engine

import (
	"context"
	"encoding/json"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// serverDevice is the device of writes the program makes for itself.
const serverDevice = "server"

// SetKV writes a kv row of a workspace as the server itself, which alone may
// write reserved names. It is an op like any other: people's devices pull it.
func (e *Engine) SetKV(ctx context.Context, workspaceID, name, value string) error {
	now := e.now().Unix()
	created, clock := now, int64(1)
	row, err := db.SyncRowByKey(ctx, e.db.Read(), db.RowKey{WorkspaceID: workspaceID, Table: string(wire.KV), PK: name})
	switch {
	case fault.Is(err, fault.NotFound):
	case err != nil:
		return err
	default:
		clock = row.Clock + 1
		var old struct {
			CreatedAt int64 `json:"created_at"`
		}
		if row.Payload != nil && json.Unmarshal([]byte(*row.Payload), &old) == nil && old.CreatedAt > 0 {
			created = old.CreatedAt
		}
		e.clock.Observe(row.HLC)
	}
	payload, err := json.Marshal(map[string]any{"id": name, "name": name, "value": value, "created_at": created, "updated_at": now})
	if err != nil {
		return err
	}
	answer, err := e.Push(ctx, Actor{DeviceID: serverDevice, CanWrite: true, Server: true}, wire.PushRequest{
		WorkspaceID: workspaceID,
		Ops: []wire.Op{{Table: wire.KV, Op: wire.Put, PK: name, Payload: payload,
			Stamp: wire.Stamp{DeviceID: serverDevice, OpID: newID(), HLC: e.clock.Next(), Clock: clock}}},
	})
	if err != nil {
		return err
	}
	if r := answer.Results[0]; r.Error != nil {
		return fault.Wrap(r.Error, r.Error.Code, r.Error.Message)
	}
	return nil
}
