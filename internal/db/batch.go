package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

// batch is one statement of the hot path that takes any number of rows. Its
// text has {columns} and {rows} where their names and values go. SQLite gets
// VALUES lists of a few fixed lengths, prepared once; PostgreSQL gets one array
// per column, so one round trip is enough however many rows there are, and of
// however many kinds: each kind has its own {columns} and {rows} in the text.
type batch struct {
	kinds []string // per kind of rows, one letter per column
	sizes []int    // rows per prepared statement, largest first; {0} = any number
	stmts []*sql.Stmt
}

// A group of 31 rows is then 16+8+4+2+1: five statements.
var valuesLengths = []int{64, 32, 16, 8, 4, 2, 1}

// prepareBatch prepares a statement on the writing connections. Columns are
// written "name:kind name:kind …": t text, i integer, n text or NULL; a bar
// begins the next kind of rows.
func (d *DB) prepareBatch(ctx context.Context, columns, text string) (*batch, error) {
	b := &batch{sizes: valuesLengths}
	if d.dialect == Postgres {
		b.sizes = []int{0}
	}
	var widths []int
	for kind := range strings.SplitSeq(columns, "|") {
		var names []string
		letters := ""
		for c := range strings.FieldsSeq(kind) {
			name, letter, _ := strings.Cut(c, ":")
			names, letters = append(names, name), letters+letter
		}
		b.kinds = append(b.kinds, letters)
		widths = append(widths, len(names))
		text = strings.Replace(text, "{columns}", strings.Join(names, ", "), 1)
	}
	for _, n := range b.sizes {
		filled, first := text, 1
		for i, width := range widths {
			rows := arrays(b.kinds[i], first)
			if n > 0 {
				row := "(?" + strings.Repeat(", ?", width-1) + ")"
				rows = "VALUES " + row + strings.Repeat(", "+row, n-1)
			}
			filled, first = strings.Replace(filled, "{rows}", rows, 1), first+width
		}
		stmt, err := d.RawWriter().PrepareContext(ctx, filled)
		if err != nil {
			_ = b.close()
			return nil, Fault(err, "preparing a statement of sync")
		}
		b.stmts = append(b.stmts, stmt)
	}
	return b, nil
}

// arrays unfolds one array per column into rows.
func arrays(letters string, first int) string {
	list := make([]string, len(letters))
	for i, letter := range letters {
		of := "text"
		if letter == 'i' {
			of = "bigint"
		}
		list[i] = fmt.Sprintf("$%d::%s[]", first+i, of)
	}
	return "SELECT * FROM unnest(" + strings.Join(list, ", ") + ")"
}

// exec runs the statement over rows of args, one per column each; several
// kinds of rows only on PostgreSQL.
func (b *batch) exec(ctx context.Context, tx bun.Tx, args ...[]any) error {
	return b.run(args, func(stmt *sql.Stmt, args []any) error {
		_, err := tx.StmtContext(ctx, stmt).ExecContext(ctx, args...)
		return err
	})
}

// query is exec for statements that answer; scan is called for every row.
func (b *batch) query(ctx context.Context, tx bun.Tx, args []any, scan func(*sql.Rows) error) error {
	return b.run([][]any{args}, func(stmt *sql.Stmt, args []any) error {
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

func (b *batch) run(kinds [][]any, do func(*sql.Stmt, []any) error) error {
	args := kinds[0]
	if len(args) == 0 {
		return nil
	}
	if b.sizes[0] == 0 {
		var columns []any
		for i, letters := range b.kinds {
			columns = append(columns, transpose(letters, kinds[i])...)
		}
		return do(b.stmts[0], columns)
	}
	for i, size := range b.sizes {
		for n := size * len(b.kinds[0]); len(args) >= n; args = args[n:] {
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
func transpose(letters string, args []any) []any {
	columns := make([]any, len(letters))
	for c, letter := range letters {
		switch letter {
		case 'i':
			columns[c] = column[int64](args, c, len(letters))
		case 'n':
			columns[c] = column[*string](args, c, len(letters))
		default:
			columns[c] = column[string](args, c, len(letters))
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
