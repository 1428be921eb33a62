package engine

import (
	"context"
	"slices"

	"github.com/go-json-experiment/json"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// BringBack makes an earlier payload of a row, or one that lost, the row again.
// It is a new write in the actor's name: nothing of the history goes, and
// devices receive it like any other.
//
// A thread comes with the messages that were deleted with it; it gives how many.
// What was brought back before an error stays, and doing it again goes on.
//
//   - NotFound: the write is not kept any more, or the actor may not see it;
//   - Invalid: it was a delete, which has nothing to bring back;
//   - Forbidden: the actor may not write the row.
func (e *Engine) BringBack(ctx context.Context, a Actor, workspaceID string, table wire.Table, pk, opID string) (int, error) {
	key := db.RowKey{WorkspaceID: workspaceID, Table: string(table), PK: pk}
	q := e.writesQuery(a, key)
	q.OpID = opID // however much was written since
	writes, err := db.WritesOf(ctx, e.db.Read(), q)
	switch {
	case err != nil:
		return 0, err
	case len(writes) == 0:
		return 0, fault.New(fault.NotFound, "This write is not kept any more.")
	case writes[0].Payload == nil:
		return 0, fault.New(fault.Invalid, "A deletion has nothing to bring back.")
	}
	if err := e.writeAgain(ctx, a, key, writes[0].Payload); err != nil || table != wire.Threads {
		return 0, err
	}
	return e.bringMessages(ctx, a, key)
}

func (e *Engine) writeAgain(ctx context.Context, a Actor, key db.RowKey, payload *string) error {
	return e.own(ctx, a, key.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
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

// bringMessages brings back what went with the thread's last deletion: the
// messages of the thread that the same device of the same person deleted after it.
func (e *Engine) bringMessages(ctx context.Context, a Actor, thread db.RowKey) (int, error) {
	writes, err := e.writesOf(ctx, a, thread)
	if err != nil {
		return 0, err
	}
	gone := slices.IndexFunc(writes, func(w db.Written) bool { return w.Op == string(wire.Delete) && !w.Superseded })
	for i := gone + 1; gone >= 0 && i < len(writes); i++ {
		if writes[i].Op == string(wire.Delete) && !writes[i].Superseded {
			gone = i // the newest
		}
	}
	if gone < 0 {
		return 0, nil
	}
	q := db.DeletedQuery{WorkspaceID: thread.WorkspaceID, Table: string(wire.Messages), DeviceID: writes[gone].DeviceID, UserID: writes[gone].UserID, After: writes[gone].Version, Limit: wire.MaxOps}
	brought := 0
	for {
		rows, err := db.DeletedRows(ctx, e.db.Read(), q)
		if err != nil || len(rows) == 0 {
			return brought, err
		}
		n, err := e.bringAll(ctx, a, thread, rows)
		if err != nil {
			return brought, err
		}
		brought += n
		q.After = rows[len(rows)-1].Version
	}
}

// bringAll writes those of some deleted messages again that stood in the thread.
func (e *Engine) bringAll(ctx context.Context, a Actor, thread db.RowKey, rows []db.DeletedRow) (int, error) {
	n := 0
	err := e.own(ctx, a, thread.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		var ops []wire.Op
		for i := range rows {
			var was struct {
				Thread string `json:"thread_id"`
			}
			if rows[i].Payload == nil || json.Unmarshal([]byte(*rows[i].Payload), &was) != nil || was.Thread != thread.PK {
				continue
			}
			key := db.RowKey{WorkspaceID: thread.WorkspaceID, Table: string(wire.Messages), PK: rows[i].PK}
			row, err := e.stored(ctx, key)
			if err != nil {
				return nil, err
			}
			if row == nil || row.Deleted == 0 {
				continue // somebody was quicker
			}
			old := *row
			old.Payload = rows[i].Payload
			op, err := e.put(a, key, &old, nil)
			if err != nil {
				return nil, err
			}
			ops = append(ops, op)
		}
		n = max(n, len(ops))
		return ops, nil
	})
	return n, err
}
