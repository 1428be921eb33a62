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
	seen      int64 // 0: none, nothing may be trusted
	listeners []func([]AccessChange)
}

// everybody is what is told when it is not known whose access changed.
var everybody = []AccessChange{{}}

var errNotInWrite = errors.New("db: BumpAccess called with a context that is not the one Write gave")

// committed tells of a change this process has made. It is called after the
// commit, so whatever a listener loads anew is at least as new as the change.
// Between what was seen and this others may have changed something too.
func (r *revision) committed(value int64, of AccessChange) {
	r.mu.Lock()
	changes := []AccessChange{of}
	if value > r.seen+1 {
		changes = everybody
	}
	r.seen = max(r.seen, value)
	listeners := r.listeners
	r.mu.Unlock()
	tell(listeners, changes)
}

// polled tells of what was found in the database, 0 for what could not be read.
func (r *revision) polled(value int64, changes []AccessChange) {
	r.mu.Lock()
	r.seen = value
	listeners := r.listeners
	r.mu.Unlock()
	tell(listeners, changes)
}

func tell(listeners []func([]AccessChange), changes []AccessChange) {
	for _, fn := range listeners {
		fn(changes)
	}
}

func (r *revision) last() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen
}

// OnAccessChange has fn called whenever access may have changed: right after a
// local Write that bumped, before Write returns; when the poll sees another
// process's bump; and on every failed poll, because a process that cannot look
// must not go on trusting what it remembers. It is told whom the changes
// concern. fn must be quick.
func (d *DB) OnAccessChange(fn func([]AccessChange)) {
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
			d.revision.polled(0, everybody)
		default:
			failing = false
			if seen := d.revision.last(); seen != value {
				d.revision.polled(value, d.changesSince(ctx, seen, value))
			}
		}
	}
}

// changesSince is everybody's where it cannot be told.
func (d *DB) changesSince(ctx context.Context, seen, value int64) []AccessChange {
	ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	changes, all, err := accessChanges(ctx, d.reader, seen, value)
	if err != nil || !all {
		return everybody
	}
	return changes
}
