package device

import (
	"slices"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// askPush takes ops from the front of the outbox. An atomic group goes whole or
// waits for the next push; a larger one than a batch goes alone.
func (d *Device) askPush() (*wire.PushRequest, []*Pending) {
	var sent []*Pending
	for i := 0; i < len(d.disk.outbox); {
		end := i + 1
		for end < len(d.disk.outbox) && d.disk.outbox[i].Op.Atomic != "" && d.disk.outbox[end].Op.Atomic == d.disk.outbox[i].Op.Atomic {
			end++
		}
		if len(sent) > 0 && len(sent)+end-i > d.o.Batch {
			break
		}
		sent = append(sent, d.disk.outbox[i:end]...)
		i = end
	}
	cursor := d.disk.cursor
	req := &wire.PushRequest{WorkspaceID: d.o.Workspace, Cursor: &cursor, HistoryID: d.disk.history}
	for _, p := range sent {
		p.Sent++
		req.Ops = append(req.Ops, p.Op)
		d.note(Sent, p, Event{})
	}
	return req, sent
}

// pushed settles the ops of a push. wait is set when the server could not write
// one just now.
func (d *Device) pushed(r *Request, answer wire.PushResponse) (wait bool) {
	d.heard(answer.History)
	if answer.ServerVersion > d.disk.cursor {
		d.mem.pullDue = true
	}
	results := make(map[*Pending]wire.Result, len(r.sent))
	for i, p := range r.sent {
		if i < len(answer.Results) {
			results[p] = answer.Results[i]
		}
	}
	fate := map[string]*wire.OpError{} // atomic group → the error that decides about all of it
	for _, p := range r.sent {
		if e := results[p].Error; e != nil && p.Op.Atomic != "" && e.Fields["atomic"] == "" {
			if fate[p.Op.Atomic] == nil || !mendable(e) {
				fate[p.Op.Atomic] = e
			}
		}
	}
	for _, p := range r.sent {
		res := results[p]
		if res.Status != wire.Rejected {
			d.acknowledged(p, res, answer.HistoryID)
			continue
		}
		why := res.Error
		if e := fate[p.Op.Atomic]; e != nil && p.Op.Atomic != "" && !mendable(e) {
			why = e // the group goes together
		}
		wait = d.rejected(p, why) || wait
	}
	return wait
}

// acknowledged takes an op out of the outbox and into the rows.
func (d *Device) acknowledged(p *Pending, res wire.Result, life string) {
	d.drop(p)
	d.note(Acknowledged, p, Event{Status: res.Status, Version: res.ServerVersion, Life: life})
	if res.Winner != nil {
		d.merge(*res.Winner)
		return
	}
	if res.Status != wire.Superseded {
		row := p.row()
		row.Version = res.ServerVersion
		d.put(p.key(), row)
	}
}

// mendable errors are the device's own to put right.
func mendable(e *wire.OpError) bool {
	return e.Code == fault.Internal || e.Code == fault.Invalid && (e.Fields["hlc"] != "" || e.Fields["clock"] != "")
}

// rejected mends an op, or shows it to the person. wait is set when the same op
// may do better later.
func (d *Device) rejected(p *Pending, e *wire.OpError) (wait bool) {
	switch {
	case e.Code == fault.Internal:
		return true
	case e.Fields["atomic"] != "": // another member is being mended
		return false
	case e.Code == fault.Invalid && e.Fields["hlc"] != "":
		d.restamp(p, p.Op.Stamp.Clock)
		return false
	case e.Code == fault.Invalid && e.Fields["clock"] != "":
		// The row is not what this device thought. Its later writes follow.
		clock := d.disk.rows[p.key()].Stamp.Clock
		if clock >= p.Op.Stamp.Clock { // a restored server has an older one
			clock = 0
		}
		for _, other := range slices.Clone(d.disk.outbox) {
			if other.key() == p.key() {
				clock++
				d.restamp(other, clock)
			}
		}
		return false
	}
	d.fail(p, e)
	return false
}

// restamp gives an op a new stamp and nothing else: it stays where it is in the
// outbox, and a member of an atomic group stays one.
func (d *Device) restamp(p *Pending, clock int64) {
	old := p.Op.Stamp.OpID
	p.Op.Stamp = d.stamp(clock)
	p.Sent, p.Again = 0, false
	d.note(Restamped, p, Event{Op: old, Into: p.Op.Stamp.OpID})
}

// fail shows an op to its person. An op that was only pushed again for a
// restored server's sake is nobody's: the server's state stands.
func (d *Device) fail(p *Pending, e *wire.OpError) {
	d.drop(p)
	if p.Again {
		d.note(Left, p, Event{Code: string(e.Code)})
		return
	}
	if mistake.On(mistake.FailedPurged) {
		return
	}
	p.Error = e
	d.disk.failed = append(d.disk.failed, p)
	d.note(Failed, p, Event{Code: string(e.Code)})
}

func (d *Device) drop(p *Pending) {
	d.disk.outbox = slices.DeleteFunc(d.disk.outbox, func(q *Pending) bool { return q == p })
}
