package db

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/uptrace/bun"
)

// revision is the last access revision this process has told its listeners.
type revision struct {
	mu        sync.Mutex
	seen      int64
	listeners []func()
}

// raise remembers a revision and calls the listeners. It is called after the
// commit, so whatever a listener loads anew is at least as new as the change.
func (r *revision) raise(value int64) {
	r.mu.Lock()
	r.seen = value
	listeners := r.listeners
	r.mu.Unlock()
	for _, fn := range listeners {
		fn()
	}
}

func (r *revision) differs(value int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen != value
}

// BumpAccess raises the access revision inside the transaction of a Write.
// Every transaction that changes users, sessions, tokens, members, workspaces,
// restrictions or deployment admins must call it once: after the commit this
// process, and within a second every other one, drops what it remembered about
// who may do what.
func (d *DB) BumpAccess(ctx context.Context, tx bun.IDB) error {
	w, ok := ctx.Value(writeKey{}).(*write)
	if !ok {
		return errors.New("db: BumpAccess called with a context that is not the one Write gave")
	}
	err := tx.NewRaw(`UPDATE settings SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT)
		WHERE key = 'access_revision' RETURNING CAST(value AS BIGINT)`).Scan(ctx, &w.revision)
	return Fault(err, "raising the access revision")
}

// OnAccessChange has fn called whenever access may have changed: right after a
// local Write that bumped, before Write returns; when the poll sees another
// process's bump; and on every failed poll, because a process that cannot look
// must not go on trusting what it remembers. fn must be quick.
func (d *DB) OnAccessChange(fn func()) {
	d.revision.mu.Lock()
	defer d.revision.mu.Unlock()
	d.revision.listeners = append(d.revision.listeners[:len(d.revision.listeners):len(d.revision.listeners)], fn)
}

// AccessRevision reads the current access revision.
func AccessRevision(ctx context.Context, q bun.IDB) (int64, error) {
	var value int64
	err := q.NewRaw(`SELECT CAST(value AS BIGINT) FROM settings WHERE key = 'access_revision'`).Scan(ctx, &value)
	return value, Fault(err, "reading the access revision")
}

func (d *DB) pollRevision(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		look, cancel := context.WithTimeout(ctx, max(2*every, 500*time.Millisecond))
		value, err := AccessRevision(look, d.reader)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !failing {
				d.log.WarnContext(ctx, "the access revision cannot be read; nothing is remembered until it can", "error", err)
			}
			failing = true
			d.revision.raise(0)
		case d.revision.differs(value):
			failing = false
			d.revision.raise(value)
		default:
			failing = false
		}
	}
}
