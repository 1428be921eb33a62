package device

import (
	"cmp"
	"slices"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// staged is a snapshot that is not complete yet.
type staged struct {
	answer wire.SnapshotResponse // of the first page
	rows   map[Key]Row
	next   string
}

func (d *Device) askSnapshot() *wire.SnapshotRequest {
	req := &wire.SnapshotRequest{WorkspaceID: d.o.Workspace, HistoryID: d.disk.history, PageSize: d.o.Page}
	if d.mem.staged != nil {
		req.PageToken = d.mem.staged.next
	}
	return req
}

// snapshot stages a page; the last one makes the whole the device's rows.
func (d *Device) snapshot(answer wire.SnapshotResponse) {
	s := d.mem.staged
	if s == nil {
		s = &staged{answer: answer, rows: map[Key]Row{}}
	}
	if answer.HistoryID != s.answer.HistoryID || answer.HighWatermark != s.answer.HighWatermark {
		d.mem.staged, d.mem.resetDue = nil, true
		return
	}
	for _, c := range answer.Items {
		s.rows[Key{c.Table, c.PK}] = Row{Payload: c.Payload, Deleted: c.Op == wire.Delete, Stamp: c.Stamp, Version: c.ServerVersion}
		d.seen(c.Stamp)
	}
	s.next = answer.NextPageToken
	if s.next != "" {
		d.mem.staged = s
		return
	}
	d.replace(s)
	d.heard(answer.History)
}

// replace makes a snapshot the device's rows, and finds out what the device
// holds that the server has lost, and what it would bring back to life.
func (d *Device) replace(s *staged) {
	old, same := d.disk.rows, d.disk.history == s.answer.HistoryID || d.disk.history == ""
	base := s.answer.BaseVersion
	if same {
		base = s.answer.HighWatermark
	}
	lost := d.lost(old, s, base)
	d.gone(old, s, base, same)
	switch {
	case mistake.On(mistake.OutboxReset):
		d.disk.outbox = lost
	case mistake.On(mistake.LostNotPushed):
	default:
		d.disk.outbox = append(lost, d.disk.outbox...)
	}
	d.disk.rows = s.rows
	d.disk.history, d.disk.cursor, d.disk.floor = s.answer.HistoryID, s.answer.HighWatermark, 0
	d.forget(s.answer.TombstoneFloor)
	d.mem.staged, d.mem.resetDue, d.mem.pullDue = nil, false, true
}

// lost gives, in the order they were written, the ops above the restored head
// that outrank what the server has now.
func (d *Device) lost(old map[Key]Row, s *staged, base int64) []*Pending {
	var again []*Pending
	for k, r := range old {
		if now, ok := s.rows[k]; r.Version <= base || ok && r.Rank().Compare(now.Rank()) <= 0 {
			continue
		}
		p := &Pending{Op: wire.Op{Table: k.Table, Op: wire.Put, PK: k.PK, Payload: r.Payload, Stamp: r.Stamp}, Again: true}
		if r.Deleted {
			p.Op.Op = wire.Delete
		}
		if s.answer.DiscardNewer || wire.Reserved(k.Table, k.PK) {
			d.note(Yielded, p, Event{Version: r.Version})
			continue
		}
		d.note(Again, p, Event{Version: r.Version})
		again = append(again, p)
	}
	slices.SortFunc(again, func(a, b *Pending) int {
		return cmp.Compare(old[a.key()].Version, old[b.key()].Version)
	})
	return again
}

// gone shows the person the unsent puts on rows that have been deleted, and
// forgotten, meanwhile. Sending them would bring the rows back. The outcome of
// an op that was sent is not known: its row may be one of them.
func (d *Device) gone(old map[Key]Row, s *staged, base int64, same bool) {
	groups := map[string]bool{}
	is := func(p *Pending) bool {
		if _, there := s.rows[p.key()]; there || p.Op.Op == wire.Delete || p.Again {
			return false
		}
		known, ok := old[p.key()]
		return ok && !known.Deleted && known.Version <= base || !ok && same && p.Sent > 0
	}
	for _, p := range d.disk.outbox {
		if is(p) && p.Op.Atomic != "" {
			groups[p.Op.Atomic] = true
		}
	}
	for _, p := range slices.Clone(d.disk.outbox) {
		if !is(p) && !groups[p.Op.Atomic] {
			continue
		}
		d.drop(p)
		p.Error = &wire.OpError{Code: fault.Conflict, Message: "The row has been deleted meanwhile."}
		d.disk.failed = append(d.disk.failed, p)
		d.note(Gone, p, Event{})
	}
}
