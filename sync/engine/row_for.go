package engine

import (
	"context"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// PluginDevice is the device of writes that a plugin makes.
const PluginDevice = "plugin"

const noRow = "There is no such row, or it was deleted."

// SeenRow is a live row as devices see it.
type SeenRow struct{ ID, Payload string }

// RowFor reads a live row that everybody shares, or that belongs to userID. One
// that is not there, or somebody else's, is a NotFound fault. The caller has
// asked can().
func (e *Engine) RowFor(ctx context.Context, userID, workspaceID string, table wire.Table, id string) (SeenRow, error) {
	row, err := e.live(ctx, rowKey(Ref{workspaceID, id}, table), noRow)
	if err != nil {
		return SeenRow{}, err
	}
	if row.OwnerUserID != "" && row.OwnerUserID != userID || row.Payload == nil {
		return SeenRow{}, fault.New(fault.NotFound, noRow)
	}
	return SeenRow{ID: row.PK, Payload: *row.Payload}, nil
}

// RowsFor reads a table's live rows by id, after one: those that everybody
// shares, and userID's own. What the server alone writes is left out. The caller
// has asked can().
func (e *Engine) RowsFor(ctx context.Context, userID, workspaceID string, table wire.Table, after string, limit int) ([]SeenRow, error) {
	rows, err := db.RowsSeenBy(ctx, e.db.Read(), workspaceID, string(table), userID, after, limit)
	list := make([]SeenRow, len(rows))
	for i, r := range rows {
		list[i] = SeenRow{ID: r.PK, Payload: r.Payload}
	}
	return list, err
}

// PutRow makes payload, an object, the row: a write like any device's, in the
// actor's name and later than the one that is stored. "" as id makes a new row,
// and the id is written into the payload where that has none. It gives the id
// and the write's version. An op that is rejected is a fault of its code.
func (e *Engine) PutRow(ctx context.Context, a Actor, workspaceID string, table wire.Table, id string, payload []byte) (newID string, version int64, err error) {
	id = orNew(id)
	fields := map[string]jsontext.Value{}
	if err := json.Unmarshal(payload, &fields); err != nil || fields == nil {
		return "", 0, fault.Field("row", "A row is a JSON object, and each of its keys is there once.")
	}
	named := "id"
	if table == wire.FileMeta {
		named = "hash"
	}
	if _, has := fields[named]; !has {
		if fields[named], err = json.Marshal(id); err != nil {
			return "", 0, fault.Field("id", "The id holds characters that cannot be stored.")
		}
	}
	text, err := json.Marshal(fields, json.Deterministic(true))
	if err != nil {
		return "", 0, fault.Field("row", "The row holds characters that cannot be stored.")
	}
	key := rowKey(Ref{workspaceID, id}, table)
	version, err = e.ownVersion(ctx, a, workspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.stored(ctx, key)
		return []wire.Op{{Table: table, Op: wire.Put, PK: id, Payload: text, Stamp: e.stamp(a, row)}}, err
	})
	return id, version, err
}

// DeleteRow deletes a live row, like PutRow writes one. One that is not there, or
// somebody else's, is a NotFound fault.
func (e *Engine) DeleteRow(ctx context.Context, a Actor, workspaceID string, table wire.Table, id string) (version int64, err error) {
	key := rowKey(Ref{workspaceID, id}, table)
	return e.ownVersion(ctx, a, workspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.live(ctx, key, noRow)
		if err != nil {
			return nil, err
		}
		if row.OwnerUserID != "" && row.OwnerUserID != a.UserID {
			return nil, fault.New(fault.NotFound, noRow)
		}
		return []wire.Op{e.remove(a, key, row)}, nil
	})
}
