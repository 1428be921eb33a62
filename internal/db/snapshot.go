package db

import (
	"context"
	"database/sql"
	"strings"
)

// Snapshot is all of a database at one moment, while others go on writing.
type Snapshot struct {
	Steps  []Step      // the migrations it has
	Tables []TableInfo // parents before the tables that refer to them

	tx *sql.Tx
}

// Snapshot gives fn the whole database as it is at one moment. It keeps nobody
// from writing: SQLite reads beside its log, PostgreSQL in REPEATABLE READ.
func (d *DB) Snapshot(ctx context.Context, fn func(ctx context.Context, s *Snapshot) error) error {
	options := &sql.TxOptions{}
	if d.dialect == Postgres {
		options = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	tx, err := d.RawReader().BeginTx(ctx, options)
	if err != nil {
		return Fault(err, "beginning to read the database")
	}
	defer func() { _ = tx.Rollback() }()
	if d.dialect == Postgres {
		// Whoever reads writes a file meanwhile, which may be slow.
		if _, err := tx.ExecContext(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
			return Fault(err, "beginning to read the database")
		}
	}
	applied, err := appliedSteps(ctx, tx)
	if err != nil {
		return err
	}
	steps, err := d.steps(applied)
	if err != nil {
		return err
	}
	if err := refuseNewer(steps); err != nil {
		return err
	}
	s := &Snapshot{tx: tx}
	for _, m := range steps {
		if m.AppliedAt != 0 {
			s.Steps = append(s.Steps, Step{Name: m.Name, Checksum: m.checksum})
		}
	}
	if s.Tables, err = d.tablesIn(ctx, tx); err != nil {
		return err
	}
	return fn(ctx, s)
}

// Rows calls fn with each row of a table: an int64, string, []byte or nil for
// each column. The slice is fn's only until it returns.
func (s *Snapshot) Rows(ctx context.Context, t TableInfo, fn func(row []any) error) error {
	rows, err := s.tx.QueryContext(ctx, `SELECT `+columnList(t.Columns)+` FROM `+t.Name)
	if err != nil {
		return Fault(err, "reading "+t.Name)
	}
	defer func() { _ = rows.Close() }()
	row := make([]any, len(t.Columns))
	into := make([]any, len(row))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return Fault(err, "reading "+t.Name)
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return Fault(rows.Err(), "reading "+t.Name)
}

// columnList quotes columns for both databases.
func columnList(columns []string) string { return `"` + strings.Join(columns, `", "`) + `"` }
