package engine

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// commit is the committer. It runs until the queue is closed and empty.
func (e *Engine) commit() {
	for group := e.queue.take(0); group != nil; group = e.queue.take(len(group)) {
		e.settle(group)
		for _, p := range group {
			close(p.done)
		}
	}
}

// settle commits pushes together; when that fails, each alone; when that fails
// too, the ops of the guilty one alone. A database that is lost or full fails
// them all at once: trying one by one would not make it better.
func (e *Engine) settle(pushes []*push) {
	err := e.together(pushes)
	switch {
	case err == nil:
	case fault.Is(err, fault.Unavailable) || fault.Is(err, fault.DiskFull):
		for _, p := range pushes {
			p.err = err
		}
	case len(pushes) > 1:
		e.log.Error("a group of pushes failed and is tried push by push", "pushes", len(pushes), "error", err)
		for _, p := range pushes {
			e.settle([]*push{p})
		}
	default:
		e.log.Error("a push failed and is tried op by op", "workspace_id", pushes[0].req.WorkspaceID, "error", err)
		e.oneByOne(pushes[0])
	}
}

// together writes pushes in one transaction and hands out the answers once it
// is on the disk.
func (e *Engine) together(pushes []*push) (err error) {
	defer func() {
		if crash := recover(); crash != nil {
			err = fmt.Errorf("panic in the committer: %v\n%s", crash, debug.Stack())
		}
	}()
	var g *group
	err = e.writer.Together(context.Background(), asks(pushes), func(found db.SyncFound) (db.SyncWrite, error) {
		g = newGroup(pushes, found, e.now())
		if err := g.readLong(found.Payloads); err != nil {
			return db.SyncWrite{}, err
		}
		if err := g.readKept(found); err != nil {
			return db.SyncWrite{}, err
		}
		g.judge()
		if err := g.showWinners(found.Payloads); err != nil {
			return db.SyncWrite{}, err
		}
		if mistake.On(mistake.HintBeforeCommit) {
			e.hub.publish(g)
		}
		return g.writes(), nil
	})
	if err != nil && !(mistake.On(mistake.AckBeforeCommit) && g != nil && g.answers != nil) {
		return err
	}
	e.hub.publish(g)
	e.neighbours.committed(g)
	e.tidings.committed(g.news)
	e.stats.count(g)
	now := e.now().UnixMilli()
	for i, p := range pushes {
		head := g.heads[p.req.WorkspaceID]
		p.err = g.answers[i].err
		p.answer = wire.PushResponse{Results: g.answers[i].results, ServerVersion: head.Value,
			History: wire.History{HistoryID: head.HistoryID, TombstoneFloor: head.TombstoneFloor, ServerTime: now}}
	}
	return nil
}

// writes is what was decided.
func (g *group) writes() db.SyncWrite {
	moved := map[string]bool{}
	for i := range g.changes {
		moved[g.changes[i].WorkspaceID] = true
	}
	heads := make([]db.SyncHead, 0, len(moved))
	for _, id := range slices.Sorted(maps.Keys(moved)) {
		heads = append(heads, db.SyncHead{WorkspaceID: id, Value: g.heads[id].Value})
	}
	return db.SyncWrite{Changes: g.changes, Rows: g.writtenRows(), Heads: heads, Superseded: g.superseded, Listed: g.listed()}
}

// listed tells which files' rows this group has made live, or has deleted.
func (g *group) listed() (list []db.ListedChange) {
	for i := range g.changes {
		c := &g.changes[i]
		key := db.RowKey{WorkspaceID: c.WorkspaceID, Table: c.TableName, PK: c.PK}
		r := g.rows[key]
		if wire.Table(c.TableName) == wire.FileMeta && r.ServerVersion == c.ServerVersion && r.Deleted == g.live[key] {
			list = append(list, db.ListedChange{FileKey: db.FileKey{WorkspaceID: c.WorkspaceID, Hash: c.PK}, Live: !r.Deleted})
		}
	}
	return list
}

// writtenRows gives every row that changed once, as its last change left it and
// in the order of changes, which is the order of time-ordered keys.
func (g *group) writtenRows() []db.SyncRow {
	rows := make([]db.SyncRow, 0, len(g.changes))
	for i := range g.changes {
		c := &g.changes[i]
		key := db.RowKey{WorkspaceID: c.WorkspaceID, Table: c.TableName, PK: c.PK}
		r := g.rows[key]
		if r.ServerVersion != c.ServerVersion {
			continue
		}
		deleted := int64(0)
		if r.Deleted {
			deleted = 1
		}
		rows = append(rows, db.SyncRow{
			WorkspaceID: key.WorkspaceID, TableName: key.Table, PK: key.PK, Payload: r.payload, Deleted: deleted,
			Clock: r.Clock, HLC: r.HLC, OpID: r.OpID, DeviceID: r.DeviceID, UserID: r.user, CreatedBy: r.CreatedBy, OwnerUserID: r.OwnerUserID,
			ServerVersion: r.ServerVersion, GroupKey: r.list.group, SortNum: r.list.num, SortText: r.list.text, WrittenAt: g.now,
		})
	}
	return rows
}

// showWinners puts the rows that stand into the results of the ops that lost.
func (g *group) showWinners(read func([]db.RowKey) (map[db.RowKey]string, error)) error {
	unread := map[db.RowKey]bool{}
	for i := range g.winners {
		if r := &g.winners[i].row; r.exists && !r.written && !r.Deleted {
			unread[g.winners[i].key] = true
		}
	}
	var payloads map[db.RowKey]string
	if len(unread) > 0 {
		var err error
		if payloads, err = read(slices.Collect(maps.Keys(unread))); err != nil {
			return err
		}
	}
	for _, win := range g.winners {
		if !win.row.exists {
			continue // it lost to a tombstone that is forgotten by now
		}
		change := wire.Change{
			ServerVersion: win.row.ServerVersion, Table: wire.Table(win.key.Table), PK: win.key.PK, Op: wire.Put,
			Stamp: wire.Stamp{DeviceID: win.row.DeviceID, OpID: win.row.OpID, HLC: win.row.HLC, Clock: win.row.Clock},
		}
		switch {
		case win.row.Deleted:
			change.Op = wire.Delete
		case win.row.written:
			change.Payload = []byte(*win.row.payload)
		default:
			change.Payload = []byte(payloads[win.key])
		}
		win.result.Winner = &change
	}
	return nil
}
