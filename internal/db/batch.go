package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// batch is one statement of the hot path that takes any number of rows. Its
// text has {columns} and {rows} where their names and values go. SQLite runs it
// for each row: a statement that writes several makes SQLite keep a copy of every
// page it touches, to be able to take back that statement alone, which nobody
// asks for. PostgreSQL gets one array per column, so it runs once however many
// rows there are, and of however many kinds: each kind has its own {columns} and
// {rows} in the text.
type batch struct {
	name  string   // the prepared statement's on PostgreSQL
	kinds []string // per kind of rows, one letter per column
	text  string
	d     *DB
}

// rowsFor are the rows of a batch: put writes the values of one of them.
type rowsFor struct {
	n   int
	put func(i int, into values)
}

// values takes the values of a row, in the order of the columns.
type values interface {
	text(string)
	number(int64)
	orNull(*string)
}

// cells are the values of a row that was read.
type cells interface {
	text(i int) string
	number(i int) int64
	null(i int) bool
}

// newBatch makes a statement of a text. Columns are written "name:kind name:kind
// …": t text, i integer, n text or NULL; a bar begins the next kind of rows.
func (d *DB) newBatch(name, columns, text string) *batch {
	b := &batch{name: "or3_" + name, d: d}
	first := 1
	for kind := range strings.SplitSeq(columns, "|") {
		var names []string
		letters := ""
		for c := range strings.FieldsSeq(kind) {
			name, letter, _ := strings.Cut(c, ":")
			names, letters = append(names, name), letters+letter
		}
		b.kinds = append(b.kinds, letters)
		rows := "VALUES (?" + strings.Repeat(", ?", len(names)-1) + ")"
		if d.dialect == Postgres {
			rows = arrays(letters, first)
		}
		text = strings.Replace(text, "{columns}", strings.Join(names, ", "), 1)
		text = strings.Replace(text, "{rows}", rows, 1)
		first += len(names)
	}
	b.text = text
	return b
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

// each runs the statement for row after row on SQLite; scan, when it is not nil,
// is called for every row of the answers.
func (b *batch) each(ctx context.Context, conn *sql.Conn, rows rowsFor, scan func(cells)) error {
	if rows.n == 0 {
		return nil
	}
	return b.d.statements.each(ctx, conn, b.text, len(b.kinds[0]), rows, scan, nil)
}

// each runs a statement that is prepared once for row after row, which have so
// many columns; done, when it is not nil, is told what each of them changed.
func (s *statements) each(ctx context.Context, conn *sql.Conn, text string, columns int, rows rowsFor, scan func(cells), done func(i int, changed int64)) error {
	return directly(ctx, conn, func(c sqliteConn) error {
		stmt, err := s.of(c.Conn, text)
		if err != nil {
			return err
		}
		defer reset(stmt)
		in := binder{stmt: stmt, bound: make([]string, columns)}
		for i := range rows.n {
			if err := c.at(text); err != nil {
				return err
			}
			in.column = 0
			rows.put(i, &in)
			if in.err != nil {
				return in.err
			}
			for stmt.Step() {
				if scan != nil {
					scan(stmtCells{stmt})
				}
			}
			if err := stmt.Err(); err != nil {
				return err
			}
			if done != nil {
				done(i, c.Changes())
			}
			if err := stmt.Reset(); err != nil {
				return err
			}
		}
		return nil
	})
}

// columns makes columns of rows, for PostgreSQL.
func (b *batch) columns(rows ...rowsFor) []any {
	var all []any
	for k, letters := range b.kinds {
		in := folder{columns: make([]foldedColumn, len(letters))}
		for i := range in.columns {
			in.columns[i].grow(letters[i], rows[k].n)
		}
		for i := range rows[k].n {
			in.column = 0
			rows[k].put(i, &in)
		}
		for i := range in.columns {
			all = append(all, in.columns[i].array(letters[i]))
		}
	}
	return all
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
