package engine

import (
	"context"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

// Overview is how sync stands in a workspace.
type Overview struct {
	HistoryID string
	Progress
	Log  db.LogSize
	Runs []db.ListedCollection // the newest first, at most 10
}

// Progress is how far a workspace is, and its devices.
type Progress struct {
	Head, Floor int64
	Devices     []db.ListedCursor // the last heard of first, at most 100
}

// Progress reads how far the devices of a workspace have come. Unlike Overview
// it counts nothing.
func (e *Engine) Progress(ctx context.Context, workspaceID string) (Progress, error) {
	state, err := e.reader.HeadOf(ctx, workspaceID)
	if err != nil {
		return Progress{}, err
	}
	devices, err := db.DeviceCursors(ctx, e.db.Read(), workspaceID, 100)
	return Progress{Head: state.Head, Floor: state.Floor, Devices: devices}, err
}

// Overview reads how sync stands. It counts the log, so it is for people who
// look, not for machines that ask all the time.
func (e *Engine) Overview(ctx context.Context, workspaceID string) (Overview, error) {
	state, err := e.reader.HeadOf(ctx, workspaceID)
	if err != nil {
		return Overview{}, err
	}
	o := Overview{HistoryID: state.HistoryID}
	if o.Progress, err = e.Progress(ctx, workspaceID); err != nil {
		return o, err
	}
	if o.Log, err = db.SyncLogSize(ctx, e.db.Read(), workspaceID); err != nil {
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
	Said     bool // it was superseded, and what stood then says all of it
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
			Current: row != nil && row.OpID == w.OpID, Said: table == wire.FileMeta && w.Superseded && saidAlready(w, writes)})
	}
	return list, nil
}

// timesOf are when a device wrote a row, which is no content of it.
var timesOf = []string{"created_at", "updated_at"}

// saidAlready reports whether what lost of a file is in the write that stood
// then, the last one up to that time that took effect: a device that sends a file
// describes it too, and the server, which has found out what is in it, may have
// been first. What the server knows better nobody loses.
func saidAlready(lost *db.Written, writes []db.Written) bool {
	own := contentOf(lost)
	if own == nil {
		return false
	}
	for _, name := range slices.Concat(keptFields, timesOf) {
		delete(own, name)
	}
	var stood *db.Written
	for i := range writes {
		w := &writes[i]
		if !w.Superseded && w.WrittenAt <= lost.WrittenAt && (stood == nil || w.Version > stood.Version) {
			stood = w
		}
	}
	if stood == nil {
		return false
	}
	content := contentOf(stood)
	for name, value := range own {
		if value.Kind() != 'n' && !sameJSON(value, content[name]) {
			return false
		}
	}
	return content != nil
}

// contentOf are the members of what a write put; nil for a deletion.
func contentOf(w *db.Written) map[string]jsontext.Value {
	if w.Payload == nil {
		return nil
	}
	members := map[string]jsontext.Value{}
	readFields(*w.Payload, &members)
	return members
}
