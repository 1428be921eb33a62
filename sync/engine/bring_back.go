package engine

import (
	"context"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// BringBack makes an earlier payload of a row, or one that lost, the row again.
// It is a new write in the actor's name: nothing of the history goes, and
// devices receive it like any other.
//
//   - NotFound: the write is not kept any more, or the actor may not see it;
//   - Invalid: it was a delete, which has nothing to bring back;
//   - Forbidden: the actor may not write the row.
func (e *Engine) BringBack(ctx context.Context, a Actor, workspaceID string, table wire.Table, pk, opID string) error {
	key := db.RowKey{WorkspaceID: workspaceID, Table: string(table), PK: pk}
	q := e.writesQuery(a, key)
	q.OpID = opID // however much was written since
	writes, err := db.WritesOf(ctx, e.db.Read(), q)
	switch {
	case err != nil:
		return err
	case len(writes) == 0:
		return fault.New(fault.NotFound, "This write is not kept any more.")
	case writes[0].Payload == nil:
		return fault.New(fault.Invalid, "A deletion has nothing to bring back.")
	}
	payload := writes[0].Payload
	return e.own(ctx, a, workspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.stored(ctx, key)
		if err != nil {
			return nil, err
		}
		old := db.SyncRow{Payload: payload}
		if row != nil {
			old = *row
			old.Payload = payload
		}
		op, err := e.put(a, key, &old, map[string]any{"updated_at": e.second()})
		return []wire.Op{op}, err
	})
}
