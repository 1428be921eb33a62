package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// behindPooler tells whether something like PgBouncer stands before PostgreSQL
// and may give each transaction another connection. Such a pooler invents the
// process id that a connection is told; asked in a query, PostgreSQL gives its own.
func behindPooler(ctx context.Context, config *pgx.ConnConfig) (bool, error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close(ctx) }()
	var pid uint32
	if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		return false, err
	}
	return pid != conn.PgConn().PID(), nil
}

// refusesSettings reports a pooler that does not pass on what a connection asks
// for at its start.
func refusesSettings(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && strings.Contains(said.Message, "unsupported startup parameter")
}

// unprepared makes connections on which a prepared statement is only its text:
// behind a pooler the next transaction may run where nobody has prepared it, or
// where somebody else has, under the same name.
type unprepared struct{ driver.Connector }

// Connect implements driver.Connector.
func (c unprepared) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	pg, ok := conn.(*stdlib.Conn)
	if !ok {
		return conn, nil
	}
	return &unpreparedConn{pg}, nil
}

type unpreparedConn struct{ *stdlib.Conn }

// Prepare implements driver.Conn.
func (c *unpreparedConn) Prepare(query string) (driver.Stmt, error) {
	return &unpreparedStmt{c.Conn, query}, nil
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *unpreparedConn) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	return &unpreparedStmt{c.Conn, query}, nil
}

type unpreparedStmt struct {
	conn  *stdlib.Conn
	query string
}

// Close implements driver.Stmt; there is nothing to close.
func (s *unpreparedStmt) Close() error { return nil }

// NumInput implements driver.Stmt: PostgreSQL counts by itself.
func (s *unpreparedStmt) NumInput() int { return -1 }

// Exec implements driver.Stmt for database/sql, which calls ExecContext.
func (s *unpreparedStmt) Exec([]driver.Value) (driver.Result, error) {
	return nil, driver.ErrSkip
}

// Query implements driver.Stmt for database/sql, which calls QueryContext.
func (s *unpreparedStmt) Query([]driver.Value) (driver.Rows, error) {
	return nil, driver.ErrSkip
}

// ExecContext implements driver.StmtExecContext.
func (s *unpreparedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.ExecContext(ctx, s.query, args)
}

// QueryContext implements driver.StmtQueryContext.
func (s *unpreparedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.QueryContext(ctx, s.query, args)
}
