package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

// batch is one statement of the hot path that takes any number of rows. Its
// text has {columns} and {rows} where their names and values go. SQLite gets VALUES lists of a few fixed
// lengths, prepared once; PostgreSQL gets one array per column, so one round
// trip is enough however many rows there are.
type batch struct {
	kinds []byte // one letter per column
	sizes []int  // rows per prepared statement, largest first; {0} = any number
	stmts []*sql.Stmt
}

// A group of 31 rows is then 16+8+4+2+1: five statements.
var valuesLengths = []int{64, 32, 16, 8, 4, 2, 1}

// prepareBatch prepares a statement on the writing connections. Columns are
// written "name:kind name:kind …": t text, i integer, n text or NULL.
func (d *DB) prepareBatch(ctx context.Context, columns, text string) (*batch, error) {
	b := &batch{sizes: valuesLengths}
	var names []string
	for c := range strings.FieldsSeq(columns) {
		name, kind, _ := strings.Cut(c, ":")
		names, b.kinds = append(names, name), append(b.kinds, kind[0])
	}
	text = strings.Replace(text, "{columns}", strings.Join(names, ", "), 1)
	if d.dialect == Postgres {
		b.sizes = []int{0}
	}
	for _, n := range b.sizes {
		rows := b.arrays()
		if n > 0 {
			row := "(?" + strings.Repeat(", ?", len(names)-1) + ")"
			rows = "VALUES " + row + strings.Repeat(", "+row, n-1)
		}
		stmt, err := d.RawWriter().PrepareContext(ctx, strings.Replace(text, "{rows}", rows, 1))
		if err != nil {
			_ = b.close()
			return nil, Fault(err, "preparing a statement of sync")
		}
		b.stmts = append(b.stmts, stmt)
	}
	return b, nil
}

// arrays unfolds one array per column into rows.
func (b *batch) arrays() string {
	list := make([]string, len(b.kinds))
	for i, kind := range b.kinds {
		of := "text"
		if kind == 'i' {
			of = "bigint"
		}
		list[i] = fmt.Sprintf("$%d::%s[]", i+1, of)
	}
	return "SELECT * FROM unnest(" + strings.Join(list, ", ") + ")"
}

// exec runs the statement over rows of args, one per column each.
func (b *batch) exec(ctx context.Context, tx bun.Tx, args []any) error {
	return b.run(args, func(stmt *sql.Stmt, args []any) error {
		_, err := tx.StmtContext(ctx, stmt).ExecContext(ctx, args...)
		return err
	})
}

// query is exec for statements that answer; scan is called for every row.
func (b *batch) query(ctx context.Context, tx bun.Tx, args []any, scan func(*sql.Rows) error) error {
	return b.run(args, func(stmt *sql.Stmt, args []any) error {
		rows, err := tx.StmtContext(ctx, stmt).QueryContext(ctx, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

func (b *batch) run(args []any, do func(*sql.Stmt, []any) error) error {
	if len(args) == 0 {
		return nil
	}
	if b.sizes[0] == 0 {
		return do(b.stmts[0], b.transpose(args))
	}
	for i, size := range b.sizes {
		for n := size * len(b.kinds); len(args) >= n; args = args[n:] {
			if err := do(b.stmts[i], args[:n]); err != nil {
				return err
			}
			if len(args) == n {
				return nil
			}
		}
	}
	return nil
}

// transpose makes columns of rows.
func (b *batch) transpose(args []any) []any {
	width := len(b.kinds)
	columns := make([]any, width)
	for c, kind := range b.kinds {
		switch kind {
		case 'i':
			columns[c] = column[int64](args, c, width)
		case 'n':
			columns[c] = column[*string](args, c, width)
		default:
			columns[c] = column[string](args, c, width)
		}
	}
	return columns
}

func column[T any](args []any, from, width int) []T {
	out := make([]T, 0, len(args)/width)
	for i := from; i < len(args); i += width {
		out = append(out, args[i].(T))
	}
	return out
}

func (b *batch) close() error {
	var first error
	for _, stmt := range b.stmts {
		if err := stmt.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// numbered writes PostgreSQL's placeholders for question marks; the text must
// have none of its own.
func numbered(text string) string {
	var b strings.Builder
	n := 0
	for _, c := range text {
		if c == '?' {
			n++
			fmt.Fprintf(&b, "$%d", n)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}
