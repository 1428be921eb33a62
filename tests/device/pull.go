package device

import (
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// pulled stores a page and the cursor in one step.
func (d *Device) pulled(answer wire.PullResponse) {
	d.heard(answer.History)
	if answer.ResetRequired || answer.HistoryID != d.disk.history {
		d.mem.resetDue = true
		return
	}
	for _, c := range answer.Changes {
		d.merge(c)
	}
	d.disk.cursor = max(d.disk.cursor, answer.NextCursor)
	d.mem.pullDue = answer.HasMore
}

// merge takes what another device, or this one earlier, has written.
func (d *Device) merge(c wire.Change) {
	d.seen(c.Stamp)
	if mistake.On(mistake.EchoCaptured) {
		p := &Pending{Op: wire.Op{Table: c.Table, Op: c.Op, PK: c.PK, Payload: c.Payload, Stamp: d.stamp(c.Stamp.Clock + 1)}}
		d.disk.outbox = append(d.disk.outbox, p)
	}
	d.put(Key{c.Table, c.PK}, Row{Payload: c.Payload, Deleted: c.Op == wire.Delete, Stamp: c.Stamp, Version: c.ServerVersion})
}

// seen merges a stamp into the clock, so that what is written next is later.
func (d *Device) seen(s wire.Stamp) { d.disk.met = max(d.disk.met, s.HLC) }

// put keeps the higher rank.
func (d *Device) put(k Key, row Row) {
	if row.Deleted && row.Version <= d.disk.floor {
		return
	}
	if before, ok := d.disk.rows[k]; !ok || mistake.On(mistake.RemoteOverwrite) || row.Rank().Compare(before.Rank()) > 0 || row.Stamp.OpID == before.Stamp.OpID {
		d.disk.rows[k] = row
	}
}
