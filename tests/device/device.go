// Package device is the reference device: what a program must do to keep a
// copy of a workspace and to write into it, in plain Go and in memory. The
// simulator and the fault suites drive many of them at once.
//
// A Device is a state machine. Next gives the request it would send, Receive
// takes what came of it, and whoever stands between the two decides what the
// network does: loses, doubles, delays. Sync is the loop for a network that is
// simply there. A device asserts nothing; it notes in a History what became of
// each op, and others judge.
package device

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"or3.cloud/or3/sync/wire"
)

// Options make a device. Workspace, Name, Now and Rand are needed.
type Options struct {
	Workspace string
	Name      string           // of the device; also the node of its HLCs: 1–16 of [a-z0-9]
	Now       func() time.Time // its wall clock, right or wrong
	Rand      *rand.Rand       // op ids and whatever else it rolls dice for
	History   *History         // nil: nothing is noted

	Batch    int  // ops of one push; 0 means 50
	Page     int  // changes of one pull, rows of one page of a snapshot; 0 means 200
	Coalesce bool // an unsent op makes way for a newer one on its row
	Fresh    bool // bootstraps by snapshot instead of pulling from 0
}

// State is what keeps a device from syncing, if anything does.
type State string

// The states. Working is the only one that passes by itself.
const (
	Working   State = "working"
	Removed   State = "removed"    // the workspace is not there for this person
	TooOld    State = "too_old"    // 426
	SignedOut State = "signed_out" // 401
	Stuck     State = "stuck"      // the server does not understand this device
)

// Key names a row.
type Key struct {
	Table wire.Table
	PK    string
}

// Row is a row as a device holds it, with its whole stamp. Version is 0 when
// the server has not acknowledged it.
type Row struct {
	Payload []byte // nil when deleted
	Deleted bool
	Stamp   wire.Stamp
	Version int64
}

// Rank is the row's place in the order of writes.
func (r Row) Rank() wire.Rank {
	return wire.Rank{Clock: r.Stamp.Clock, Delete: r.Deleted, HLC: r.Stamp.HLC, OpID: r.Stamp.OpID}
}

// disk is what survives a crash. Every method that changes it does so in one
// step under the lock, as a transaction would.
type disk struct {
	rows    map[Key]Row // what the server is known to hold
	outbox  []*Pending  // oldest first
	failed  []*Pending  // shown to the person; never dropped without their word
	cursor  int64
	history string
	floor   int64
	lastHLC string // the clock's last reading
	met     string // the latest reading of others
}

// memory is what a crash takes away.
type memory struct {
	clock    *wire.Clock
	offset   time.Duration // the server's clock minus ours
	inFlight *Request
	askedAt  time.Time
	reported int64 // the cursor the server knows of
	asked    int   // requests so far; a number is never used twice
	pullDue  bool
	resetDue bool
	staged   *staged
	state    State
	why      error
}

// Device is safe for concurrent use.
type Device struct {
	o Options

	mu   sync.Mutex
	disk disk
	mem  memory
}

// New makes a device with an empty database.
func New(o Options) *Device {
	if o.Batch == 0 {
		o.Batch = 50
	}
	if o.Page == 0 {
		o.Page = 200
	}
	d := &Device{o: o, disk: disk{rows: map[Key]Row{}}}
	d.boot()
	return d
}

// Restart is a crash and a new start: what is on disk stays, a request that is
// under way is forgotten and its answer, should it come, ignored.
func (d *Device) Restart() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.mem.inFlight; r != nil {
		d.unknown(r)
	}
	asked := d.mem.asked
	d.boot()
	d.mem.asked = asked
}

func (d *Device) boot() {
	d.mem = memory{pullDue: true, state: Working, resetDue: d.o.Fresh && d.disk.history == ""}
	d.mem.clock = wire.NewClock(d.now, d.o.Name)
}

// now is the wall clock, corrected by what the server said last.
func (d *Device) now() time.Time { return d.o.Now().Add(d.mem.offset) }

// Name gives the device's name.
func (d *Device) Name() string { return d.o.Name }

// Cursor tells how far the device has come.
func (d *Device) Cursor() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.disk.cursor
}

// Life gives the history_id the device's rows belong to.
func (d *Device) Life() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.disk.history
}

// State tells whether the device can sync, and why not.
func (d *Device) State() (State, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mem.state, d.mem.why
}

// Pending gives the ops that wait for an answer, oldest first.
func (d *Device) Pending() []Pending { return d.copyOf(func() []*Pending { return d.disk.outbox }) }

// Failed gives the ops that were refused for good and that the person sees.
func (d *Device) Failed() []Pending { return d.copyOf(func() []*Pending { return d.disk.failed }) }

func (d *Device) copyOf(list func() []*Pending) []Pending {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := []Pending{}
	for _, p := range list() {
		out = append(out, *p)
	}
	return out
}

// Rows gives what the person sees: the server's rows with their own unsent
// writes over them, deleted ones included.
func (d *Device) Rows() map[Key]Row {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.view()
}

// Row gives one row as the person sees it; deleted rows are there too.
func (d *Device) Row(k Key) (Row, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.local(k)
}

// view is the maximum, by rank, of what the server holds and what waits here.
func (d *Device) view() map[Key]Row {
	rows := make(map[Key]Row, len(d.disk.rows))
	for k, r := range d.disk.rows {
		rows[k] = r
	}
	for _, p := range slices.Concat(d.disk.outbox, d.disk.failed) {
		if r, ok := rows[p.key()]; !ok || p.row().Rank().Compare(r.Rank()) > 0 {
			rows[p.key()] = p.row()
		}
	}
	return rows
}

func (d *Device) local(k Key) (Row, bool) {
	best, ok := d.disk.rows[k]
	for _, p := range slices.Concat(d.disk.outbox, d.disk.failed) {
		if p.key() == k && (!ok || p.row().Rank().Compare(best.Rank()) > 0) {
			best, ok = p.row(), true
		}
	}
	return best, ok
}
