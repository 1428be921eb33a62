package device

import (
	"context"
	"errors"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// Request is what a device asks. Exactly one of its pointers is set.
type Request struct {
	Number   int // of this device's requests
	Push     *wire.PushRequest
	Pull     *wire.PullRequest
	Snapshot *wire.SnapshotRequest
	Cursor   *wire.CursorRequest
	sent     []*Pending
}

// Reply is what came of a request. An Err that is no *fault.Error means that
// nothing is known: the request may have arrived or not.
type Reply struct {
	Push     wire.PushResponse
	Pull     wire.PullResponse
	Snapshot wire.SnapshotResponse
	Cursor   wire.CursorResponse
	Err      error
}

// Next gives the request the device would send now; nil when there is nothing
// to do, or one is under way.
func (d *Device) Next() *Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mem.inFlight != nil || d.mem.state != Working {
		return nil
	}
	r := &Request{}
	switch {
	case d.mem.resetDue || d.mem.staged != nil:
		r.Snapshot = d.askSnapshot()
	case d.mem.pullDue:
		r.Pull = &wire.PullRequest{WorkspaceID: d.o.Workspace, Cursor: d.disk.cursor, Limit: d.o.Page, HistoryID: d.disk.history}
	case len(d.disk.outbox) > 0:
		r.Push, r.sent = d.askPush()
	case d.disk.cursor > d.mem.reported:
		r.Cursor = &wire.CursorRequest{WorkspaceID: d.o.Workspace, DeviceID: d.o.Name, Version: d.disk.cursor}
	default:
		return nil
	}
	d.mem.asked++
	r.Number = d.mem.asked
	d.mem.inFlight, d.mem.askedAt = r, d.o.Now()
	return r
}

// Waiting gives the request under way, nil if there is none.
func (d *Device) Waiting() *Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mem.inFlight
}

// Poke tells the device that there may be something new.
func (d *Device) Poke() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mem.pullDue = true
}

// Resume lets a device that was kept from syncing try again: its person was
// added anew, has signed in, or reloaded the page.
func (d *Device) Resume() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mem.state, d.mem.why, d.mem.pullDue = Working, nil, true
}

// Receive takes the answer to the request under way; an answer to an older one
// comes too late and is ignored. It tells whether the device should wait before
// it asks again.
func (d *Device) Receive(r *Request, reply Reply) (wait bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mem.inFlight != r {
		return false
	}
	d.mem.inFlight = nil
	if reply.Err != nil {
		return d.refused(r, reply.Err)
	}
	switch {
	case r.Push != nil:
		return d.pushed(r, reply.Push)
	case r.Pull != nil:
		d.pulled(reply.Pull)
	case r.Snapshot != nil:
		d.snapshot(reply.Snapshot)
	case r.Cursor != nil:
		d.heard(reply.Cursor.History)
		d.mem.reported = reply.Cursor.Version
	}
	return false
}

// slow is how old an answer's time may be before it is no time any more.
const slow = time.Minute

// heard takes what every answer carries.
func (d *Device) heard(h wire.History) {
	// An answer that was held up, in the network or by a closed lid, tells an old
	// time.
	if d.o.Now().Sub(d.mem.askedAt) < slow {
		d.mem.offset = time.UnixMilli(h.ServerTime).Sub(d.o.Now())
	}
	if d.disk.history == "" {
		d.disk.history = h.HistoryID
	}
	if h.HistoryID == d.disk.history {
		d.forget(h.TombstoneFloor)
	}
}

// forget drops the acknowledged tombstones the server does not rank against any
// more.
func (d *Device) forget(floor int64) {
	if mistake.On(mistake.FloorIgnored) {
		return
	}
	d.disk.floor = max(d.disk.floor, floor)
	for k, r := range d.disk.rows {
		if r.Deleted && r.Version <= d.disk.floor {
			delete(d.disk.rows, k)
		}
	}
}

// refused decides what an error means.
func (d *Device) refused(r *Request, err error) (wait bool) {
	var f *fault.Error
	if !errors.As(err, &f) {
		d.unknown(r)
		return true
	}
	if r.Cursor != nil && (f.Kind == fault.Conflict || f.Kind == fault.Invalid) {
		// Another life of the database knows it elsewhere; the next pull tells.
		d.mem.reported, d.mem.pullDue = r.Cursor.Version, f.Kind == fault.Invalid
		return false
	}
	switch f.Kind {
	case fault.Conflict:
		if f.Fields["reset_required"] != "" {
			d.mem.resetDue = true
			return false
		}
		if r.Snapshot != nil { // the page token has expired: start again
			d.mem.staged, d.mem.resetDue = nil, true
			return false
		}
	case fault.Forbidden:
		if r.Push != nil {
			for _, p := range r.sent {
				d.fail(p, &wire.OpError{Code: fault.Forbidden, Message: f.Message})
			}
			d.mem.pullDue = true
			return false
		}
	case fault.NotFound:
		d.mem.state, d.mem.why = Removed, err
		return false
	case fault.ClientTooOld:
		d.mem.state, d.mem.why = TooOld, err
		return false
	case fault.Unauthenticated:
		d.mem.state, d.mem.why = SignedOut, err
		return false
	case fault.Unavailable, fault.RateLimited, fault.DiskFull, fault.Internal:
		d.unknown(r)
		return true
	}
	d.unknown(r)
	d.mem.state, d.mem.why = Stuck, err
	return false
}

func (d *Device) unknown(r *Request) {
	for _, p := range r.sent {
		if mistake.On(mistake.UnknownIsDone) {
			d.drop(p)
		}
		d.note(Unknown, p, Event{})
	}
}

// Sync asks until there is nothing to do. It returns an error when the device
// should wait before it goes on, or when it cannot go on (see State).
func (d *Device) Sync(ctx context.Context, t Transport) error {
	for {
		r := d.Next()
		if r == nil {
			_, why := d.State()
			return why
		}
		reply := Ask(ctx, t, r)
		if d.Receive(r, reply) {
			if reply.Err == nil {
				return fault.New(fault.Unavailable, "The server could not write some ops just now.")
			}
			return reply.Err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
