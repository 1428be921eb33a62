package db

import (
	"context"
	"errors"
)

// SyncWriter holds the statements of the push path, prepared once on the
// writing connections. Its methods run inside Write, with the tx given there.
type SyncWriter struct {
	dialect Dialect

	lockHeads, openHeads, moveHeads *batch
	knownOps, insertChanges         *batch
	rowStates, rowPayloads, putRows *batch
	insertSuperseded                *batch
}

// PrepareSync prepares the statements of the push path; the database must be
// migrated. Close what it gives before the database.
func (d *DB) PrepareSync(ctx context.Context) (*SyncWriter, error) {
	w := &SyncWriter{dialect: d.dialect}
	for _, s := range []struct {
		into    **batch
		columns string
		text    string
	}{
		{&w.lockHeads, "workspace_id:t", lockHeadsSQL + forUpdateOf(d.dialect, "h")},
		{&w.openHeads, "workspace_id:t", openHeadsSQL},
		{&w.moveHeads, "workspace_id:t value:i", moveHeadsSQL},
		{&w.knownOps, "workspace_id:t op_id:t", knownOpsSQL},
		{&w.insertChanges, changeColumns, insertChangesSQL},
		{&w.rowStates, rowKeyColumns, rowStatesSQL},
		{&w.rowPayloads, rowKeyColumns, rowPayloadsSQL},
		{&w.putRows, rowColumns, putRowsSQL},
		{&w.insertSuperseded, supersededColumns, insertSupersededSQL},
	} {
		b, err := d.prepareBatch(ctx, s.columns, s.text)
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		*s.into = b
	}
	return w, nil
}

// Close gives the statements back.
func (w *SyncWriter) Close() error {
	var errs []error
	for _, b := range []*batch{w.lockHeads, w.openHeads, w.moveHeads, w.knownOps, w.insertChanges, w.rowStates, w.rowPayloads, w.putRows, w.insertSuperseded} {
		if b != nil {
			errs = append(errs, b.close())
		}
	}
	return errors.Join(errs...)
}

func forUpdateOf(dialect Dialect, table string) string {
	if dialect == Postgres {
		return " FOR UPDATE OF " + table
	}
	return ""
}
