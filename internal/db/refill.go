package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/fault"
)

// Refill puts other content into a database, in one transaction.
type Refill struct {
	// Steps are the migrations that the content was made with.
	Steps []Step
	// Stamp ends the name of the PostgreSQL schema into which the present tables
	// go, so that nothing is lost. SQLite is refilled in a new file instead.
	Stamp string
	// Before runs on the present tables, with every other process locked out;
	// aside is the name of that schema.
	Before func(ctx context.Context, tx bun.Tx, aside string) error
	// Load brings the rows, while the schema has just Steps.
	Load func(ctx context.Context, l *Loader) error
	// Finish runs when the schema is the program's own again.
	Finish func(ctx context.Context, tx bun.Tx) error
}

// Refill replaces all content, or changes nothing. The database must be this
// program's or older, and on SQLite empty.
func (d *DB) Refill(ctx context.Context, r Refill) error {
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return Fault(err, "beginning to fill the database")
	}
	defer func() { _ = conn.Close() }()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return Fault(err, "beginning to fill the database")
	}
	defer func() { _ = tx.Rollback() }()
	ctx = context.WithValue(ctx, writeKey{}, &write{})
	if err := d.refill(ctx, tx, r); err != nil {
		return d.whenFull(Fault(err, "filling the database"))
	}
	return d.whenFull(Fault(tx.Commit(), "filling the database"))
}

func (d *DB) refill(ctx context.Context, tx bun.Tx, r Refill) error {
	if err := d.lockMigrations(ctx, tx.Tx); err != nil {
		return err
	}
	if err := d.setAside(ctx, tx, r); err != nil {
		return err
	}
	steps, err := d.stepsIn(ctx, tx.Tx)
	if err != nil {
		return err
	}
	for _, m := range steps {
		if slices.Contains(r.Steps, Step{Name: m.Name, Checksum: m.checksum}) {
			if err := d.applyStep(ctx, tx.Tx, m); err != nil {
				return err
			}
		}
	}
	tables, err := d.tablesIn(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range slices.Backward(tables) { // what the migrations put in comes with the rows
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+t.Name); err != nil {
			return fmt.Errorf("emptying %s: %w", t.Name, err)
		}
	}
	if err := r.Load(ctx, &Loader{Tables: tables, db: d, tx: tx.Tx}); err != nil {
		return err
	}
	for _, m := range steps {
		if !slices.Contains(r.Steps, Step{Name: m.Name, Checksum: m.checksum}) {
			if err := d.applyStep(ctx, tx.Tx, m); err != nil {
				return err
			}
		}
	}
	return r.Finish(ctx, tx)
}

// setAside moves the present tables out of the way.
func (d *DB) setAside(ctx context.Context, tx bun.Tx, r Refill) error {
	steps, err := d.stepsIn(ctx, tx.Tx)
	if err != nil {
		return err
	}
	if lastApplied(steps) < 0 {
		return nil
	}
	if d.dialect == SQLite {
		return fault.New(fault.Conflict, "Only an empty database file can be filled.")
	}
	if _, err := tx.ExecContext(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
		return err
	}
	tables, err := d.tablesIn(ctx, tx)
	if err != nil {
		return err
	}
	names := []string{"schema_migrations"}
	for _, t := range tables {
		names = append(names, t.Name)
	}
	if _, err := tx.ExecContext(ctx, `LOCK TABLE `+strings.Join(names, ", ")+` IN ACCESS EXCLUSIVE MODE`); err != nil {
		return fmt.Errorf("locking the present tables: %w", err)
	}
	var schema string
	if err := tx.QueryRowContext(ctx, `SELECT current_schema()`).Scan(&schema); err != nil {
		return err
	}
	aside := fmt.Sprintf("%.30s_before_%s", schema, r.Stamp)
	if err := r.Before(ctx, tx, aside); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `CREATE SCHEMA "`+aside+`"`); err != nil {
		if pgCode(err) == "42501" {
			return fault.Wrap(err, fault.Forbidden, "The database's user may not create a schema, which is where the present tables are kept. Grant CREATE on the database to it, then try again.")
		}
		return fmt.Errorf("making a place for the present tables: %w", err)
	}
	for _, name := range names {
		if _, err := tx.ExecContext(ctx, `ALTER TABLE `+name+` SET SCHEMA "`+aside+`"`); err != nil {
			return fmt.Errorf("moving %s aside: %w", name, err)
		}
	}
	return nil
}

// Loader takes the rows of a Refill.
type Loader struct {
	Tables []TableInfo // of the schema being filled, parents first

	db *DB
	tx *sql.Tx
}

// paramsAtOnce keeps a statement below the number of arguments both databases
// take.
const paramsAtOnce = 4000

// Insert begins to fill a table; columns are those of each row.
func (l *Loader) Insert(ctx context.Context, table string, columns []string) (*Inserter, error) {
	i := slices.IndexFunc(l.Tables, func(t TableInfo) bool { return t.Name == table })
	if i < 0 {
		return nil, fault.Newf(fault.Invalid, "There is no table %s in this schema.", table)
	}
	for _, c := range columns {
		if !slices.Contains(l.Tables[i].Columns, c) {
			return nil, fault.Newf(fault.Invalid, "The table %s has no column %s in this schema.", table, c)
		}
	}
	in := &Inserter{loader: l, table: table, columns: columns, at: max(1, paramsAtOnce/len(columns))}
	var err error
	in.many, err = l.tx.PrepareContext(ctx, in.text(in.at))
	return in, Fault(err, "filling "+table)
}

// Inserter fills one table. Close it to write the last rows.
type Inserter struct {
	loader  *Loader
	table   string
	columns []string
	at      int // rows of the prepared statement
	many    *sql.Stmt
	args    []any
	bytes   int // of blobs among them
}

// bytesAtOnce is when rows with large values are written before there are many.
const bytesAtOnce = 8 << 20

// Row adds a row: int64, string, []byte or nil for each column.
func (in *Inserter) Row(ctx context.Context, row []any) error {
	in.args = append(in.args, row...)
	for _, v := range row {
		if blob, ok := v.([]byte); ok {
			in.bytes += len(blob)
		}
	}
	if len(in.args) < in.at*len(in.columns) {
		if in.bytes > bytesAtOnce {
			return in.few(ctx)
		}
		return nil
	}
	_, err := in.many.ExecContext(ctx, in.args...)
	in.args, in.bytes = in.args[:0], 0
	return Fault(err, "filling "+in.table)
}

// few writes the rows there are.
func (in *Inserter) few(ctx context.Context) error {
	n := len(in.args) / len(in.columns)
	if n == 0 {
		return nil
	}
	_, err := in.loader.tx.ExecContext(ctx, in.text(n), in.args...)
	in.args, in.bytes = in.args[:0], 0
	return Fault(err, "filling "+in.table)
}

// Close writes what is left.
func (in *Inserter) Close(ctx context.Context) error {
	if err := in.few(ctx); err != nil {
		return err
	}
	return Fault(in.many.Close(), "filling "+in.table)
}

func (in *Inserter) text(rows int) string {
	row := `(?` + strings.Repeat(", ?", len(in.columns)-1) + `)`
	text := `INSERT INTO ` + in.table + ` (` + columnList(in.columns) + `) VALUES ` + row + strings.Repeat(", "+row, rows-1)
	if in.loader.db.dialect == Postgres {
		return numbered(text)
	}
	return text
}
