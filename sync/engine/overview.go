package engine

import (
	"context"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

// Overview is how sync stands in a workspace.
type Overview struct {
	HistoryID   string
	Head, Floor int64
	Log         db.LogSize
	Devices     []db.ListedCursor // the last heard of first, at most 100
	Runs        []db.Collection   // the newest first, at most 10
}

// Overview reads how sync stands. It counts the log, so it is for people who
// look, not for machines that ask all the time.
func (e *Engine) Overview(ctx context.Context, workspaceID string) (Overview, error) {
	state, err := e.reader.HeadOf(ctx, workspaceID)
	if err != nil {
		return Overview{}, err
	}
	o := Overview{HistoryID: state.HistoryID, Head: state.Head, Floor: state.Floor}
	if o.Log, err = db.SyncLogSize(ctx, e.db.Read(), workspaceID); err != nil {
		return o, err
	}
	if o.Devices, err = db.DeviceCursors(ctx, e.db.Read(), workspaceID, 100); err != nil {
		return o, err
	}
	o.Runs, err = db.Collections(ctx, e.db.Read(), workspaceID, 10)
	return o, err
}

// RowWrite is one write to a row, for people.
type RowWrite struct {
	wire.Entry
	Version  int64 // 0 when it was superseded
	UserName string
	At       time.Time
	Current  bool // the row is made of it
}

// Writes is History for people: the newest first, with names.
func (e *Engine) Writes(ctx context.Context, a Actor, workspaceID string, table wire.Table, pk string) ([]RowWrite, error) {
	key := db.RowKey{WorkspaceID: workspaceID, Table: string(table), PK: pk}
	writes, err := e.writesOf(ctx, a, key)
	if err != nil || len(writes) == 0 {
		return nil, err
	}
	row, err := e.stored(ctx, key)
	if err != nil {
		return nil, err
	}
	list := make([]RowWrite, 0, len(writes))
	for i := len(writes) - 1; i >= 0; i-- {
		w := &writes[i]
		list = append(list, RowWrite{Entry: writtenEntry(w), Version: w.Version, UserName: w.UserName, At: time.UnixMilli(w.WrittenAt),
			Current: row != nil && row.OpID == w.OpID})
	}
	return list, nil
}
