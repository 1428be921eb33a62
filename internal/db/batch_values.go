package db

import (
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// binder binds the values of a row to a statement of SQLite. What the row before
// had in the same place is bound already: rows of one push have much in common.
type binder struct {
	stmt   *sqlite3.Stmt
	column int
	bound  []string // by column; "" may be bound or not
	err    error
}

func (b *binder) text(s string) {
	i := b.column
	b.column++
	if b.err != nil || s != "" && b.bound[i] == s {
		return
	}
	b.bound[i] = s
	b.err = b.stmt.BindText(i+1, s)
}

func (b *binder) number(n int64) {
	b.column++
	if b.err == nil {
		b.err = b.stmt.BindInt64(b.column, n)
	}
}

func (b *binder) orNull(s *string) {
	if s != nil {
		b.text(*s)
		return
	}
	b.bound[b.column] = ""
	b.column++
	if b.err == nil {
		b.err = b.stmt.BindNull(b.column)
	}
}

// folder collects the values of rows by column.
type folder struct {
	columns []foldedColumn
	column  int
}

type foldedColumn struct {
	texts   []string
	numbers []int64
	nulls   []*string
}

func (f *folder) next() *foldedColumn {
	f.column++
	return &f.columns[f.column-1]
}

func (f *folder) text(s string) {
	c := f.next()
	c.texts = append(c.texts, s)
}

func (f *folder) number(n int64) {
	c := f.next()
	c.numbers = append(c.numbers, n)
}

func (f *folder) orNull(s *string) {
	c := f.next()
	c.nulls = append(c.nulls, s)
}

func (c *foldedColumn) grow(letter byte, n int) {
	switch letter {
	case 'i':
		c.numbers = make([]int64, 0, n)
	case 'n':
		c.nulls = make([]*string, 0, n)
	default:
		c.texts = make([]string, 0, n)
	}
}

func (c *foldedColumn) array(letter byte) any {
	switch letter {
	case 'i':
		return c.numbers
	case 'n':
		return c.nulls
	}
	return c.texts
}

// stmtCells are the values of the row a statement of SQLite stands on.
type stmtCells struct{ stmt *sqlite3.Stmt }

func (c stmtCells) text(i int) string  { return c.stmt.ColumnText(i) }
func (c stmtCells) number(i int) int64 { return c.stmt.ColumnInt64(i) }
func (c stmtCells) null(i int) bool    { return c.stmt.ColumnType(i) == sqlite3.NULL }

// scanned are the values of a row as database/sql gives them: int64, string or nil.
type scanned []any

func (c scanned) text(i int) string {
	switch v := c[i].(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	default:
		return fmt.Sprint(v)
	}
}

func (c scanned) number(i int) int64 {
	n, _ := c[i].(int64)
	return n
}

func (c scanned) null(i int) bool { return c[i] == nil }
