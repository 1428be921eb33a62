package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"

	"github.com/ncruces/go-sqlite3"
	sqlitedriver "github.com/ncruces/go-sqlite3/driver"
)

// statements are SQLite's own prepared statements, by connection and text. The
// hot paths of sync use them, because database/sql copies every value twice and
// allocates for each of them.
type statements struct {
	mu sync.Mutex
	by map[*sqlite3.Conn]map[string]*sqlite3.Stmt
}

// of gives the statement of a text, prepared when it is first asked for. The
// caller holds the connection.
func (s *statements) of(c *sqlite3.Conn, text string) (*sqlite3.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt := s.by[c][text]; stmt != nil {
		return stmt, nil
	}
	stmt, _, err := c.PrepareFlags(text, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	if s.by[c] == nil {
		if s.by == nil {
			s.by = map[*sqlite3.Conn]map[string]*sqlite3.Stmt{}
		}
		s.by[c] = map[string]*sqlite3.Stmt{}
	}
	s.by[c][text] = stmt
	return stmt, nil
}

// forget closes what was prepared on a connection that is being closed, which
// SQLite would refuse otherwise.
func (s *statements) forget(c *sqlite3.Conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, stmt := range s.by[c] {
		errs = append(errs, stmt.Close())
	}
	delete(s.by, c)
	return errors.Join(errs...)
}

// sqliteConnector makes connections that are checked, and whose statements are
// closed with them.
type sqliteConnector struct {
	driver.Connector
	check      func(*sqlite3.Conn) error
	statements *statements
}

// Connect implements driver.Connector.
func (c *sqliteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	raw, err := sqliteOf(conn)
	if err == nil && c.check != nil {
		err = c.check(raw.Conn)
	}
	if err == nil {
		err = raw.Trace(sqlite3.TRACE_CLOSE, func(sqlite3.TraceEvent, any, any) error { return c.statements.forget(raw.Conn) })
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// sqliteConn is a connection as SQLite knows it; at is asked before each
// statement that writes.
type sqliteConn struct {
	*sqlite3.Conn
	at func(point string) error
}

// sqliteOf gives SQLite's connection behind one of database/sql.
func sqliteOf(conn any) (sqliteConn, error) {
	at := func(string) error { return nil }
	if c, ok := conn.(*interruptedConn); ok {
		conn, at = c.Conn, c.at
	}
	c, ok := conn.(sqlitedriver.Conn)
	if !ok {
		return sqliteConn{}, fmt.Errorf("%T is no connection to SQLite", conn)
	}
	return sqliteConn{c.Raw(), at}, nil
}

// directly gives fn the connection as SQLite knows it; what fn runs ends when
// ctx does.
func directly(ctx context.Context, conn *sql.Conn, fn func(c sqliteConn) error) error {
	return conn.Raw(func(dc any) error {
		c, err := sqliteOf(dc)
		if err != nil {
			return err
		}
		if old := c.SetInterrupt(ctx); old != ctx {
			defer c.SetInterrupt(old)
		}
		return fn(c)
	})
}

// rowsOf runs a statement and calls row for each of its rows. The statement
// stays where it is, for reset, so that what it saw is still the transaction's.
func rowsOf(stmt *sqlite3.Stmt, args []any, row func() error) error {
	for i, arg := range args {
		var err error
		switch a := arg.(type) {
		case string:
			err = stmt.BindText(i+1, a)
		case int64:
			err = stmt.BindInt64(i+1, a)
		default:
			err = fmt.Errorf("an argument cannot be a %T", arg)
		}
		if err != nil {
			return err
		}
	}
	for stmt.Step() {
		if err := row(); err != nil {
			return err
		}
	}
	return stmt.Err()
}

// reset makes a statement ready for the next time.
func reset(stmt *sqlite3.Stmt) {
	_ = stmt.Reset() // it repeats the error of the last step
	_ = stmt.ClearBindings()
}
