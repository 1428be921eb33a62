package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// ForTests changes what only tests may change. The zero value is the product.
type ForTests struct {
	// Hasty lets SQLite answer before the disk has the data, for tests that are
	// not about the disk.
	Hasty bool
	// Interrupt is called within every writing transaction: before BEGIN, before
	// each statement and COMMIT, and with Committed after it. An error takes the
	// place of the statement's result, as when the process dies just there or the
	// connection is cut. ROLLBACK always goes through.
	Interrupt func(point string) error
}

// Committed is the point after a successful COMMIT.
const Committed = "COMMITTED"

// pool gives the pool as it is, or one over connect with Interrupt in between.
func (t ForTests) pool(pool *sql.DB, connect func() (driver.Connector, error)) (*sql.DB, error) {
	if t.Interrupt == nil {
		return pool, nil
	}
	closing(pool)
	connector, err := connect()
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(&interruptedConnector{Connector: connector, stop: t.Interrupt}), nil
}

type interruptedConnector struct {
	driver.Connector
	stop func(string) error
}

func (c *interruptedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &interruptedConn{Conn: conn, stop: c.stop}, nil
}

type interruptedConn struct {
	driver.Conn
	stop    func(string) error
	writing bool
}

// at is a point the connection has come to.
func (c *interruptedConn) at(point string) error {
	if !c.writing {
		return nil
	}
	return c.stop(point)
}

func (c *interruptedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if c.writing = !opts.ReadOnly; c.writing {
		if err := c.stop("BEGIN"); err != nil {
			c.writing = false
			return nil, err
		}
	}
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	if err != nil {
		c.writing = false
		return nil, err
	}
	return &interruptedTx{tx, c}, nil
}

type interruptedTx struct {
	tx   driver.Tx
	conn *interruptedConn
}

func (t *interruptedTx) Commit() error {
	if err := t.conn.at("COMMIT"); err != nil {
		_ = t.Rollback()
		return err
	}
	if err := t.tx.Commit(); err != nil {
		return err
	}
	err := t.conn.at(Committed)
	t.conn.writing = false
	return err
}

func (t *interruptedTx) Rollback() error {
	t.conn.writing = false
	return t.tx.Rollback()
}

func (c *interruptedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	exec, ok := c.Conn.(driver.ExecerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	if err := c.at(query); err != nil {
		return nil, err
	}
	return exec.ExecContext(ctx, query, args)
}

func (c *interruptedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ask, ok := c.Conn.(driver.QueryerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	if err := c.at(query); err != nil {
		return nil, err
	}
	return ask.QueryContext(ctx, query, args)
}

func (c *interruptedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &interruptedStmt{stmt, c, query}, nil
}

func (c *interruptedConn) CheckNamedValue(v *driver.NamedValue) error {
	if check, ok := c.Conn.(driver.NamedValueChecker); ok {
		return check.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *interruptedConn) ResetSession(ctx context.Context) error {
	if reset, ok := c.Conn.(driver.SessionResetter); ok {
		return reset.ResetSession(ctx)
	}
	return nil
}

func (c *interruptedConn) IsValid() bool {
	valid, ok := c.Conn.(driver.Validator)
	return !ok || valid.IsValid()
}

type interruptedStmt struct {
	driver.Stmt
	conn  *interruptedConn
	query string
}

func (s *interruptedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.conn.at(s.query); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s *interruptedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.conn.at(s.query); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

func (s *interruptedStmt) CheckNamedValue(v *driver.NamedValue) error {
	if check, ok := s.Stmt.(driver.NamedValueChecker); ok {
		return check.CheckNamedValue(v)
	}
	return s.conn.CheckNamedValue(v)
}
