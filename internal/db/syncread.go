package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ncruces/go-sqlite3"
)

// Row is a change, or a row as it is, while it is being read: its texts are the
// database's own memory and only valid until the next one is asked for.
type Row struct {
	ServerVersion, Clock                          int64
	Table, PK, Op, HLC, OpID, DeviceID, AtomicKey []byte
	Payload                                       []byte // nil is none
}

// State is what a workspace was when the rows were read.
type State struct {
	HistoryID   string
	Head, Floor int64
}

// headSQL has the columns of a Row: floor, history and head stand where a row
// has its version, table and clock, and its op is empty.
const headSQL = `SELECT COALESCE(h.tombstone_floor, 0) AS server_version, s.value AS table_name, '' AS pk, '' AS op, NULL AS payload,
		COALESCE(h.value, 0) AS clock, '' AS hlc, '' AS op_id, '' AS device_id, '' AS atomic_key
	FROM settings AS s LEFT JOIN sync_heads AS h ON h.workspace_id = ? WHERE s.key = 'sync_history_id'`

// rowQuery asks for rows of a workspace; text selects the columns of headSQL.
type rowQuery struct {
	workspaceID string
	text        string
	args        []any
}

// read calls begin with what the workspace is and then row for each row, all of
// one snapshot. An error of theirs ends the reading.
func (r *SyncReader) read(ctx context.Context, q rowQuery, begin func(State) error, row func(*Row) error) error {
	if r.d.dialect == SQLite {
		return r.readSQLite(ctx, q, begin, row)
	}
	return r.readPostgres(ctx, q, begin, row)
}

// readSQLite runs two statements: as long as the first stands on its row, the
// second sees the same snapshot. One statement for both would copy every row
// once more.
func (r *SyncReader) readSQLite(ctx context.Context, q rowQuery, begin func(State) error, row func(*Row) error) error {
	conn, err := r.d.RawReader().Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return directly(ctx, conn, func(c sqliteConn) error {
		head, err := r.d.statements.of(c.Conn, headSQL)
		if err != nil {
			return err
		}
		rows, err := r.d.statements.of(c.Conn, q.text)
		if err != nil {
			return err
		}
		defer reset(head)
		defer reset(rows)
		var each Row
		begun := false
		err = rowsOf(head, []any{q.workspaceID}, func() error {
			each.scan(head)
			begun = true
			if err := begin(each.state()); err != nil {
				return err
			}
			return rowsOf(rows, q.args, func() error {
				each.scan(rows)
				return row(&each)
			})
		})
		if err == nil && !begun {
			err = errNoHistory
		}
		return err
	})
}

var errNoHistory = errors.New("the database has no sync history id")

// readPostgres runs one statement, which sees one snapshot; its first row is
// the head.
func (r *SyncReader) readPostgres(ctx context.Context, q rowQuery, begin func(State) error, row func(*Row) error) error {
	stmt, err := r.prepared(ctx, headSQL+" UNION ALL SELECT * FROM ("+q.text+") AS c")
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, append([]any{q.workspaceID}, q.args...)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var each Row
	begun := false
	for rows.Next() {
		if err := each.scanSQL(rows); err != nil {
			return err
		}
		switch isHead := len(each.Op) == 0; {
		case isHead == begun:
			return errors.New("the database gave rows before their head")
		case begun:
			err = row(&each)
		default:
			begun = true
			err = begin(each.state())
		}
		if err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if !begun {
		return errNoHistory
	}
	return nil
}

func (r *Row) state() State {
	return State{HistoryID: string(r.Table), Head: r.Clock, Floor: r.ServerVersion}
}

func (r *Row) scan(s *sqlite3.Stmt) {
	r.ServerVersion, r.Table, r.PK, r.Op, r.Payload = s.ColumnInt64(0), s.ColumnRawText(1), s.ColumnRawText(2), s.ColumnRawText(3), s.ColumnRawText(4)
	r.Clock, r.HLC, r.OpID, r.DeviceID, r.AtomicKey = s.ColumnInt64(5), s.ColumnRawText(6), s.ColumnRawText(7), s.ColumnRawText(8), s.ColumnRawText(9)
}

func (r *Row) scanSQL(rows *sql.Rows) error {
	raw := func(b *[]byte) *sql.RawBytes { return (*sql.RawBytes)(b) }
	return rows.Scan(&r.ServerVersion, raw(&r.Table), raw(&r.PK), raw(&r.Op), raw(&r.Payload), &r.Clock, raw(&r.HLC), raw(&r.OpID), raw(&r.DeviceID), raw(&r.AtomicKey))
}
