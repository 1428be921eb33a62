package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// pipeline is Together on PostgreSQL: what needs no answer of the statement
// before it is sent along with it, BEGIN with the reading and COMMIT with the
// writing.
type pipeline struct {
	ctx   context.Context
	w     *SyncWriter
	conn  *pgx.Conn
	at    func(point string) error
	begun bool
}

// keepPlans has the prepared statements of this transaction planned once and not
// each time, which took a third of PostgreSQL's time for a push. They find their
// rows by whole keys and leave a planner no choice that could grow wrong with the
// tables.
const keepPlans = "SET LOCAL plan_cache_mode = force_generic_plan"

// longestRollback bounds the end of a transaction that failed.
const longestRollback = 2 * time.Second

func (w *SyncWriter) pipelined(ctx context.Context, ask SyncAsk, decide func(SyncFound) (SyncWrite, error)) error {
	return w.onConnection(ctx, func(ctx context.Context, conn *pgx.Conn, at func(string) error) error {
		p := &pipeline{ctx: ctx, w: w, conn: conn, at: at}
		finished := false
		defer func() {
			if !finished {
				p.rollback() // decide may have panicked
			}
		}()
		err := together(p, ask, decide)
		finished = err == nil
		return err
	})
}

// onConnection gives fn a connection of the writing pool, its statements
// prepared, for as long as a transaction may take.
func (w *SyncWriter) onConnection(ctx context.Context, fn func(ctx context.Context, conn *pgx.Conn, at func(string) error) error) error {
	pooled, err := w.d.RawWriter().Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = pooled.Close() }()
	// As in Write: who asks may go away, the transaction ends by itself.
	life, end := context.WithTimeout(context.WithoutCancel(ctx), longestWrite)
	defer end()
	return pooled.Raw(func(dc any) error {
		conn, at, err := postgresOf(dc)
		if err != nil {
			return err
		}
		if err := w.prepare(life, conn); err != nil {
			return err
		}
		return fn(life, conn, at)
	})
}

// prepare prepares the statements on a connection that has not got them yet. A
// pooler would give them to others.
func (w *SyncWriter) prepare(ctx context.Context, conn *pgx.Conn) error {
	if w.d.pooled {
		return nil
	}
	for _, b := range []*batch{w.lockHeads, w.openHeads, w.lookUp, w.rowPayloads, w.kept, w.insertSuperseded, w.writeAll, w.lockListed, w.changeListed} {
		if _, err := conn.Prepare(ctx, b.name, b.text); err != nil {
			return err
		}
	}
	return nil
}

// tryOut prepares the statements once, to learn whether they fit the database.
func (w *SyncWriter) tryOut(ctx context.Context) error {
	return w.onConnection(ctx, func(context.Context, *pgx.Conn, func(string) error) error { return nil })
}

// postgresOf gives the connection to PostgreSQL behind one of database/sql, and
// what is to be asked before each point of a transaction.
func postgresOf(conn any) (*pgx.Conn, func(point string) error, error) {
	at := func(string) error { return nil }
	if c, ok := conn.(*interruptedConn); ok {
		conn, at = c.Conn, c.stop
	}
	if c, ok := conn.(*unpreparedConn); ok {
		conn = c.Conn
	}
	c, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, nil, fmt.Errorf("%T is no connection to PostgreSQL", conn)
	}
	return c.Conn(), at, nil
}

// trip is what is sent at once.
type trip struct {
	p     *pipeline
	batch pgx.Batch
	err   error
}

func (p *pipeline) trip() *trip { return &trip{p: p} }

// control adds BEGIN or COMMIT.
func (t *trip) control(word string) {
	t.point(word)
	t.batch.Queue(word)
}

// add adds a statement over rows; scan, when it is not nil, is called for every
// row of its answer.
func (t *trip) add(b *batch, scan func(cells), rows ...rowsFor) {
	if rows[0].n == 0 {
		return
	}
	t.point(b.text)
	text := b.name
	if t.p.w.d.pooled {
		text = b.text
	}
	queued := t.batch.Queue(text, b.columns(rows...)...)
	if scan == nil {
		return
	}
	queued.Query(func(found pgx.Rows) error {
		for found.Next() {
			row, err := found.Values()
			if err != nil {
				return err
			}
			scan(scanned(row))
		}
		return found.Err()
	})
}

func (t *trip) point(point string) {
	if t.err == nil {
		t.err = t.p.at(point)
	}
}

// send makes the round trip.
func (t *trip) send() error {
	if t.err != nil || t.batch.Len() == 0 {
		return t.err
	}
	return t.p.conn.SendBatch(t.p.ctx, &t.batch).Close()
}

func (p *pipeline) read(ask SyncAsk) (SyncFound, error) {
	found := SyncFound{Heads: make(map[string]LockedHead, len(ask.WorkspaceIDs)), Payloads: p.payloads, Kept: p.keptFiles}
	t := p.trip()
	if !p.begun {
		p.begun = true
		t.control("BEGIN")
		if !p.w.d.pooled {
			t.batch.Queue(keepPlans)
		}
	}
	t.add(p.w.lockHeads, found.addHead, idRows(ask.WorkspaceIDs))
	t.add(p.w.lookUp, found.addOp, targetRows(ask.Targets))
	return found, Fault(t.send(), "locking sync heads and looking for earlier ops and rows")
}

func (p *pipeline) open(workspaceIDs []string) error {
	t := p.trip()
	t.add(p.w.openHeads, nil, idRows(workspaceIDs))
	return Fault(t.send(), "making sync heads")
}

func (p *pipeline) payloads(keys []RowKey) (map[RowKey]string, error) {
	payloads := map[RowKey]string{}
	t := p.trip()
	t.add(p.w.rowPayloads, addPayload(payloads), keyRows(keys))
	return payloads, Fault(t.send(), "reading payloads")
}

func (p *pipeline) keptFiles(keys []FileKey) (map[FileKey]KeptFile, error) {
	files := map[FileKey]KeptFile{}
	t := p.trip()
	t.add(p.w.kept, addKept(files), fileKeyRows(keys))
	return files, Fault(t.send(), "reading about files")
}

func (p *pipeline) put(write SyncWrite) error {
	t := p.trip()
	t.add(p.w.insertSuperseded, nil, supersededRows(write.Superseded))
	t.add(p.w.writeAll, nil, changeRows(write.Changes), syncRows(write.Rows), headRows(write.Heads))
	t.add(p.w.lockListed, nil, idRows(workspacesOf(write.Listed)))
	t.add(p.w.changeListed, nil, listedRows(write.Listed))
	t.control("COMMIT")
	if err := t.send(); err != nil {
		return Fault(err, "writing synced rows")
	}
	return p.at(Committed)
}

// rollback ends what failed. A connection on which that does not work is closed,
// and the pool makes another.
func (p *pipeline) rollback() {
	if p.conn.IsClosed() || p.conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, end := context.WithTimeout(context.WithoutCancel(p.ctx), longestRollback)
	defer end()
	if _, err := p.conn.Exec(ctx, "ROLLBACK"); err != nil {
		_ = p.conn.Close(ctx)
	}
}
