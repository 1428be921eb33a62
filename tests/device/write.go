package device

import (
	"encoding/binary"

	"github.com/google/uuid"

	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// Write is one write of the person: a row's whole payload, or nil to delete it.
type Write struct {
	Table   wire.Table
	PK      string
	Payload []byte
}

// Pending is an op in the outbox.
type Pending struct {
	Op    wire.Op
	Sent  int           // how often it went out
	Again bool          // not the person's: what a restored server has lost
	Error *wire.OpError // why it failed, once it has
}

func (p *Pending) key() Key { return Key{p.Op.Table, p.Op.PK} }

func (p *Pending) row() Row {
	return Row{Payload: p.Op.Payload, Deleted: p.Op.Op == wire.Delete, Stamp: p.Op.Stamp}
}

// Write captures writes: row, clock, stamp and outbox in one step. Several
// writes are one atomic group. It gives the ids of the ops.
func (d *Device) Write(writes ...Write) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	atomic := ""
	if len(writes) > 1 {
		atomic = d.newID()
	}
	ids := make([]string, len(writes))
	for i, w := range writes {
		op := wire.Op{Table: w.Table, Op: wire.Put, PK: w.PK, Payload: w.Payload, Atomic: atomic}
		if w.Payload == nil {
			op.Op = wire.Delete
		}
		before, _ := d.local(Key{w.Table, w.PK})
		op.Stamp = d.stamp(before.Stamp.Clock + 1)
		p := &Pending{Op: op}
		d.note(Made, p, Event{Seen: d.disk.met, At: d.now().UnixMilli()})
		d.coalesce(p)
		d.disk.outbox = append(d.disk.outbox, p)
		ids[i] = op.Stamp.OpID
	}
	return ids
}

// Discard is the person's word that a failed op may go; its row is the server's
// again.
func (d *Device) Discard(opID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, p := range d.disk.failed {
		if p.Op.Stamp.OpID == opID {
			d.disk.failed = append(d.disk.failed[:i:i], d.disk.failed[i+1:]...)
			d.note(Discarded, p, Event{})
			return
		}
	}
}

// Retry is the person's word that a failed op is to be tried again, with a new
// stamp.
func (d *Device) Retry(opID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, p := range d.disk.failed {
		if p.Op.Stamp.OpID != opID {
			continue
		}
		d.disk.failed = append(d.disk.failed[:i:i], d.disk.failed[i+1:]...)
		before, _ := d.local(p.key())
		p.Error, p.Op.Atomic = nil, ""
		d.restamp(p, max(before.Stamp.Clock, p.Op.Stamp.Clock)+1)
		d.disk.outbox = append(d.disk.outbox, p)
		return
	}
}

// coalesce takes out the unsent op that p makes superfluous. What has been sent
// may have arrived, and a group stays whole.
func (d *Device) coalesce(p *Pending) {
	if !d.o.Coalesce || p.Op.Atomic != "" {
		return
	}
	for i, old := range d.disk.outbox {
		if old.key() == p.key() && old.Sent == 0 && old.Op.Atomic == "" && !old.Again {
			d.disk.outbox = append(d.disk.outbox[:i:i], d.disk.outbox[i+1:]...)
			d.note(Coalesced, p, Event{Op: old.Op.Stamp.OpID, Into: p.Op.Stamp.OpID})
			return
		}
	}
}

// stamp reads the clock and keeps the reading, as capturing does in the same
// transaction.
func (d *Device) stamp(clock int64) wire.Stamp {
	d.mem.clock.Observe(d.disk.lastHLC)
	if !mistake.On(mistake.ClockNotMerged) {
		d.mem.clock.Observe(d.disk.met) // what was too far ahead to be believed may not be any more
	}
	d.disk.lastHLC = d.mem.clock.Next()
	return wire.Stamp{DeviceID: d.o.Name, OpID: d.newID(), HLC: d.disk.lastHLC, Clock: clock}
}

// newID makes a version 7 UUID of the device's own time and dice.
func (d *Device) newID() string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[0:], uint64(d.o.Now().UnixMilli())<<16|d.o.Rand.Uint64()&0xffff) //nolint:gosec // times are positive
	binary.BigEndian.PutUint64(id[8:], d.o.Rand.Uint64())
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id.String()
}
