package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/uptrace/bun"
)

// WriteTogether is Write for many small transactions that come at once: those
// that wait while one is on its way to the disk share the next, and one sync.
// Each still happens wholly or not at all, by its own fn's error; only when the
// shared transaction itself fails do all of them.
//
// fn is for a few quick statements. It is given a context without the caller's
// values and end, because ending one of them would undo the others: the caller's
// own counts until its turn. On PostgreSQL, which writes the log of many
// transactions together by itself, this is Write.
func (d *DB) WriteTogether(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	return d.together(&member{ctx: ctx, fn: fn})
}

// WriteSoon is WriteTogether that does not wait for the disk: what fn wrote is
// there for everybody, and is on the disk with the next transaction that waits
// for it, never after it. A power cut before that takes it back, a program that
// dies does not. On PostgreSQL it is Write.
func (d *DB) WriteSoon(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	return d.together(&member{ctx: ctx, fn: fn, soon: true})
}

func (d *DB) together(m *member) error {
	if d.dialect != SQLite {
		return d.Write(m.ctx, m.fn)
	}
	m.done = make(chan struct{})
	d.group.join(m, d.writeGroups)
	<-m.done
	if m.panicked != nil {
		panic(m.panicked)
	}
	return m.err
}

// groupSize is how many transactions share one at most, so that other writers
// do not wait for long.
const groupSize = 64

// group is what waits for a shared transaction. The zero value is ready.
type group struct {
	mu      sync.Mutex
	waiting []*member
	running bool
}

// member is one of those that share a transaction.
type member struct {
	ctx      context.Context
	fn       func(ctx context.Context, tx bun.Tx) error
	soon     bool // it need not be on the disk before it is answered
	done     chan struct{}
	err      error
	panicked any
}

// join adds a member, and has somebody work for those who wait if nobody does.
func (g *group) join(m *member, work func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, m)
	if !g.running {
		g.running = true
		go work()
	}
}

// next takes those whose turn it is; none means that the work is over.
func (g *group) next() []*member {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), groupSize)
	taken := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	g.running = n > 0
	return taken
}

// writeGroups works until nobody waits.
func (d *DB) writeGroups() {
	for members := d.group.next(); len(members) > 0; members = d.group.next() {
		d.writeGroup(members)
	}
}

// writeGroup runs one shared transaction and tells its members.
func (d *DB) writeGroup(members []*member) {
	soon := !slices.ContainsFunc(members, func(m *member) bool { return !m.soon })
	work := func(ctx context.Context, tx bun.Tx) error {
		if len(members) == 1 { // what fails then is all of it, and nothing has to be remembered to take back a part
			if members[0].err = members[0].ctx.Err(); members[0].err == nil {
				members[0].err = members[0].guarded(ctx, tx)
			}
			return members[0].err
		}
		for _, m := range members {
			if err := m.run(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	}
	ctx := context.Background()
	err := d.again(ctx, func() error { return d.writeOnce(ctx, work, soon) })
	for _, m := range members {
		if err != nil && m.err == nil {
			m.err = err
		}
		close(m.done)
	}
}

// run does a member's part; what it did is undone if it failed. An error is the
// shared transaction's.
func (m *member) run(ctx context.Context, tx bun.Tx) error {
	if m.err = m.ctx.Err(); m.err != nil {
		return nil
	}
	if _, err := change(ctx, tx, "SAVEPOINT member"); err != nil {
		return fmt.Errorf("beginning a part of a shared transaction: %w", err)
	}
	if m.err = m.guarded(ctx, tx); m.err != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO member"); err != nil {
			return errors.Join(fmt.Errorf("taking back a part of a shared transaction: %w", err), m.err)
		}
	}
	if _, err := change(ctx, tx, "RELEASE member"); err != nil {
		return errors.Join(fmt.Errorf("ending a part of a shared transaction: %w", err), m.err)
	}
	return nil
}

// guarded keeps a panic for the goroutine whose it is.
func (m *member) guarded(ctx context.Context, tx bun.Tx) (err error) {
	defer func() {
		if m.panicked = recover(); m.panicked != nil {
			err = errors.New("a part of a shared transaction panicked")
		}
	}()
	return Fault(m.fn(ctx, tx), "writing to the database")
}
