package db

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// SyncWriter has the statements of the push path.
type SyncWriter struct {
	d                             *DB
	lockHeads, openHeads          *batch
	lookUp, rowPayloads, kept     *batch
	insertSuperseded              *batch
	insertChanges, putRows, moves *batch // SQLite
	addListed                     *batch
	writeAll                      *batch // PostgreSQL: the first three of them at once
	lockListed, changeListed      *batch
}

// SyncAsk is what a group of pushes must know before it is decided about.
type SyncAsk struct {
	// WorkspaceIDs must be sorted: two nodes that lock in different orders would
	// wait for each other.
	WorkspaceIDs []string
	Targets      []OpTarget
}

// SyncFound is the answer: what stood there when the heads were locked.
type SyncFound struct {
	// Heads by workspace; one that does not exist has none.
	Heads map[string]LockedHead
	// Ops are the targets about which something is stored.
	Ops []FoundOp
	// Payloads reads what the rows hold; deleted ones hold nothing.
	Payloads func(keys []RowKey) (map[RowKey]string, error)
	// Kept reads which files' bytes are in the books, and what is known of them.
	Kept func(keys []FileKey) (map[FileKey]KeptFile, error)
}

// SyncWrite is what a group of pushes does: changes with their versions, the
// rows they made, the heads they moved, the ops that lost, and what that is to
// the count of listed files. No row may be given twice.
type SyncWrite struct {
	Changes    []Change
	Rows       []SyncRow
	Heads      []SyncHead
	Superseded []SupersededOp
	Listed     []ListedChange
}

// SyncWriter gives the statements of the push path; the database must be
// migrated. An error says that they do not fit it.
func (d *DB) SyncWriter(ctx context.Context) (*SyncWriter, error) {
	w := &SyncWriter{
		d:                d,
		lockHeads:        d.newBatch("lock_heads", "workspace_id:t", d.byKey(lockHeadsSQL)),
		openHeads:        d.newBatch("open_heads", "workspace_id:t", d.byKey(openHeadsSQL)),
		lookUp:           d.newBatch("look_up", targetColumns, d.byKey(lookUpSQL)),
		rowPayloads:      d.newBatch("row_payloads", rowKeyColumns, d.byKey(rowPayloadsSQL)),
		kept:             d.newBatch("kept_files", keptColumns, d.byKey(keptFilesSQL)),
		insertSuperseded: d.newBatch("insert_superseded", supersededColumns, insertSupersededSQL),
	}
	const moves = "WITH k ({columns}) AS ({rows}) " + moveHeadsSQL
	if d.dialect != Postgres {
		w.insertChanges = d.newBatch("insert_changes", changeColumns, insertChangesSQL)
		w.putRows = d.newBatch("put_rows", rowColumns, putRowsSQL)
		w.moves = d.newBatch("move_heads", headColumns, moves)
		w.addListed = d.newBatch("add_listed", "workspace_id:t bytes:i", addListedSQL)
		return w, nil
	}
	w.writeAll = d.newBatch("write_all", changeColumns+" | "+rowColumns+" | "+headColumns, strings.Join([]string{
		"WITH c AS (" + insertChangesSQL + ")", "r AS (" + putRowsSQL + ")", "k ({columns}) AS ({rows}) " + moveHeadsSQL}, ", "))
	w.lockListed = d.newBatch("lock_listed", "workspace_id:t", lockListedSQL)
	w.changeListed = d.newBatch("change_listed", listedColumns, d.byKey(changeListedSQL))
	return w, Fault(w.tryOut(ctx), "preparing the statements of sync")
}

// Together locks the heads of workspaces, reads what ops are judged by, has
// decide say what becomes of them, and writes that, in one transaction as Write
// does: decide may be called again, must not keep what it did in an earlier call,
// and does nothing slow. Workspaces without heads get them.
//
// On PostgreSQL that is two round trips to the server.
func (w *SyncWriter) Together(ctx context.Context, ask SyncAsk, decide func(SyncFound) (SyncWrite, error)) error {
	if w.writeAll != nil {
		return w.d.again(ctx, func() error { return w.pipelined(ctx, ask, decide) })
	}
	return w.d.Write(ctx, func(ctx context.Context, _ bun.Tx) error {
		conn := ctx.Value(writeKey{}).(*write).conn
		return together(&stepByStep{ctx, w, conn}, ask, decide)
	})
}

// steps are the parts of Together that differ between the databases.
type steps interface {
	read(ask SyncAsk) (SyncFound, error)
	open(workspaceIDs []string) error
	put(write SyncWrite) error
}

func together(s steps, ask SyncAsk, decide func(SyncFound) (SyncWrite, error)) error {
	found, err := s.read(ask)
	if err != nil {
		return err
	}
	missing := slices.DeleteFunc(slices.Clone(ask.WorkspaceIDs), func(id string) bool { _, ok := found.Heads[id]; return ok })
	if len(missing) > 0 {
		if err := s.open(missing); err != nil {
			return err
		}
		// What was read of them while nothing was locked may have changed since.
		if found, err = s.read(ask); err != nil {
			return err
		}
	}
	write, err := decide(found)
	if err != nil {
		return err
	}
	return s.put(write)
}

// stepByStep is Together on SQLite: every statement row by row, on the
// transaction's connection.
type stepByStep struct {
	ctx  context.Context
	w    *SyncWriter
	conn *sql.Conn
}

func (s *stepByStep) read(ask SyncAsk) (SyncFound, error) {
	found := SyncFound{Heads: make(map[string]LockedHead, len(ask.WorkspaceIDs)), Payloads: s.payloads, Kept: s.keptFiles}
	if err := s.w.lockHeads.each(s.ctx, s.conn, idRows(ask.WorkspaceIDs), found.addHead); err != nil {
		return found, Fault(err, "locking sync heads")
	}
	return found, Fault(s.w.lookUp.each(s.ctx, s.conn, targetRows(ask.Targets), found.addOp), "looking for earlier ops and rows")
}

func (s *stepByStep) open(workspaceIDs []string) error {
	return Fault(s.w.openHeads.each(s.ctx, s.conn, idRows(workspaceIDs), nil), "making sync heads")
}

func (s *stepByStep) payloads(keys []RowKey) (map[RowKey]string, error) {
	payloads := map[RowKey]string{}
	err := s.w.rowPayloads.each(s.ctx, s.conn, keyRows(keys), addPayload(payloads))
	return payloads, Fault(err, "reading payloads")
}

func (s *stepByStep) keptFiles(keys []FileKey) (map[FileKey]KeptFile, error) {
	files := map[FileKey]KeptFile{}
	err := s.w.kept.each(s.ctx, s.conn, fileKeyRows(keys), addKept(files))
	return files, Fault(err, "reading about files")
}

func (s *stepByStep) put(write SyncWrite) error {
	if err := s.w.insertSuperseded.each(s.ctx, s.conn, supersededRows(write.Superseded), nil); err != nil {
		return Fault(err, "keeping superseded ops")
	}
	if err := s.w.insertChanges.each(s.ctx, s.conn, changeRows(write.Changes), nil); err != nil {
		return Fault(err, "appending to the change log")
	}
	if err := s.w.putRows.each(s.ctx, s.conn, syncRows(write.Rows), nil); err != nil {
		return Fault(err, "writing synced rows")
	}
	if err := s.w.moves.each(s.ctx, s.conn, headRows(write.Heads), nil); err != nil {
		return Fault(err, "moving sync heads")
	}
	return s.count(write.Listed)
}

// count counts files whose rows have become live, or have ceased to be.
func (s *stepByStep) count(list []ListedChange) error {
	if len(list) == 0 {
		return nil
	}
	keys := make([]FileKey, len(list))
	for i := range list {
		keys[i] = list[i].FileKey
	}
	kept, err := s.keptFiles(keys)
	if err != nil {
		return err
	}
	return Fault(s.w.addListed.each(s.ctx, s.conn, listedSums(list, kept), nil), "counting listed files")
}
