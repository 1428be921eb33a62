package db

import (
	"context"
	"errors"
	"strings"

	"github.com/uptrace/bun"
)

// SyncWriter holds the statements of the push path, prepared once on the
// writing connections. Its methods run inside Write, with the tx given there.
type SyncWriter struct {
	lockHeads, openHeads          *batch
	lookUp, rowPayloads           *batch
	insertSuperseded              *batch
	insertChanges, putRows, moves *batch // SQLite
	writeAll                      *batch // PostgreSQL: the three in one round trip
}

// SyncWrite is what a group of pushes does: changes with their versions, the
// rows they made, and the heads they moved. No row may be given twice.
type SyncWrite struct {
	Changes []Change
	Rows    []SyncRow
	Heads   []SyncHead
}

// PrepareSync prepares the statements of the push path; the database must be
// migrated. Close what it gives before the database.
func (d *DB) PrepareSync(ctx context.Context) (*SyncWriter, error) {
	w := &SyncWriter{}
	type statement struct {
		into          **batch
		columns, text string
	}
	list := []statement{
		{&w.lockHeads, "workspace_id:t", lockHeadsSQL},
		{&w.openHeads, "workspace_id:t", openHeadsSQL},
		{&w.lookUp, targetColumns, d.byKey(lookUpSQL)},
		{&w.rowPayloads, rowKeyColumns, d.byKey(rowPayloadsSQL)},
		{&w.insertSuperseded, supersededColumns, insertSupersededSQL},
	}
	if d.dialect == Postgres {
		list[0].text += " FOR UPDATE OF h"
		list = append(list, statement{&w.writeAll, changeColumns + " | " + rowColumns + " | " + headColumns, strings.Join([]string{
			"WITH c AS (" + insertChangesSQL + ")", "r AS (" + putRowsSQL + ")", "k ({columns}) AS ({rows}) " + moveHeadsSQL}, ", ")})
	} else {
		list = append(list, statement{&w.insertChanges, changeColumns, insertChangesSQL}, statement{&w.putRows, rowColumns, putRowsSQL},
			statement{&w.moves, headColumns, "WITH k ({columns}) AS ({rows}) " + moveHeadsSQL})
	}
	for _, s := range list {
		b, err := d.prepareBatch(ctx, s.columns, s.text)
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		*s.into = b
	}
	return w, nil
}

// Put writes what a group does; the heads must be locked.
func (w *SyncWriter) Put(ctx context.Context, tx bun.Tx, write SyncWrite) error {
	changes, rows, heads := changeRows(write.Changes), syncRows(write.Rows), headRows(write.Heads)
	if w.writeAll != nil {
		return Fault(w.writeAll.exec(ctx, tx, changes, rows, heads), "writing synced rows")
	}
	if err := w.insertChanges.exec(ctx, tx, changes); err != nil {
		return Fault(err, "appending to the change log")
	}
	if err := w.putRows.exec(ctx, tx, rows); err != nil {
		return Fault(err, "writing synced rows")
	}
	return Fault(w.moves.exec(ctx, tx, heads), "moving sync heads")
}

// Close gives the statements back.
func (w *SyncWriter) Close() error {
	var errs []error
	for _, b := range []*batch{w.lockHeads, w.openHeads, w.lookUp, w.rowPayloads, w.insertSuperseded, w.insertChanges, w.putRows, w.moves, w.writeAll} {
		if b != nil {
			errs = append(errs, b.close())
		}
	}
	return errors.Join(errs...)
}
