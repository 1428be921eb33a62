package db

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/uptrace/bun"
)

// Statements of paths that small requests take run quickly: on SQLite they are
// prepared once for each connection and their values are bound. Reading their
// text each time took longer than what they do.

// quickly runs a statement that is prepared once, and calls row for each row of
// its answer.
func (s *statements) quickly(ctx context.Context, conn *sql.Conn, text string, args []any, row func(cells)) (changed int64, err error) {
	err = directly(ctx, conn, func(c sqliteConn) error {
		stmt, err := s.of(c.Conn, text)
		if err != nil {
			return err
		}
		if err := c.at(text); err != nil {
			return err
		}
		defer reset(stmt)
		err = rowsOf(stmt, args, func() error {
			if row != nil {
				row(stmtCells{stmt})
			}
			return nil
		})
		changed = c.Changes()
		return err
	})
	return changed, err
}

// quickWrite is the transaction that tx is, where statements can run quickly in
// it; nil elsewhere.
func quickWrite(ctx context.Context, tx bun.IDB) *write {
	w, _ := ctx.Value(writeKey{}).(*write)
	if _, ok := tx.(bun.Tx); !ok || w == nil || w.conn == nil || w.statements == nil {
		return nil
	}
	return w
}

// change runs a statement that writes, quickly where that can be.
func change(ctx context.Context, tx bun.IDB, text string, args ...any) (rows int64, err error) {
	if w := quickWrite(ctx, tx); w != nil {
		return w.statements.quickly(ctx, w.conn, text, args, nil)
	}
	res, err := tx.NewRaw(text, args...).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// one reads one row quickly; without any it is sql.ErrNoRows.
func (w *write) one(ctx context.Context, text string, args []any, row func(cells)) error {
	return one(func(each func(cells)) error {
		_, err := w.statements.quickly(ctx, w.conn, text, args, each)
		return err
	}, row)
}

// one is that of a write for a reader.
func (d *DB) one(ctx context.Context, text string, args []any, row func(cells)) error {
	return one(func(each func(cells)) error { return d.all(ctx, text, args, each) }, row)
}

// all reads rows quickly, for a reader.
func (d *DB) all(ctx context.Context, text string, args []any, row func(cells)) error {
	conn, err := d.RawReader().Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_, err = d.statements.quickly(ctx, conn, text, args, row)
	return err
}

// anyOf are texts as one argument, for "IN (SELECT value FROM json_each(?))": the
// statement stays the same however many there are.
func anyOf(list []string) string {
	text, _ := json.Marshal(list) // texts alone
	return string(text)
}

func one(ask func(row func(cells)) error, row func(cells)) error {
	there := false
	err := ask(func(c cells) {
		there = true
		row(c)
	})
	if err == nil && !there {
		err = sql.ErrNoRows
	}
	return err
}

// number reads one number, quickly in a transaction.
func number(ctx context.Context, q bun.IDB, text string, args ...any) (n int64, err error) {
	if w := quickWrite(ctx, q); w != nil {
		return n, w.one(ctx, text, args, func(c cells) { n = c.number(0) })
	}
	return n, q.NewRaw(text, args...).Scan(ctx, &n)
}

// orNil reads a number that may be missing.
func orNil(c cells, i int) *int64 {
	if c.null(i) {
		return nil
	}
	n := c.number(i)
	return &n
}

// textOrNil reads a text that may be missing.
func textOrNil(c cells, i int) *string {
	if c.null(i) {
		return nil
	}
	s := c.text(i)
	return &s
}
