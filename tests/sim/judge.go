package sim

import (
	"fmt"
	"slices"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/tests/device"
)

// judge looks at everything once the world is at rest.
func (w *World) judge() error {
	w.say("head %d, floor %d, %d rows", w.model.Head, w.model.Floor, len(w.model.Rows))
	for _, check := range []func() error{w.acknowledgedIsKept, w.sameEverywhere, w.scan, w.everyOpEnded, w.clocksMerge, w.listedIsCounted} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// listedIsCounted holds the count of listed files against what they add up to.
func (w *World) listedIsCounted() error {
	n, err := db.ListedBytes(w.ctx, w.d.Read(), workspace)
	if err != nil {
		return err
	}
	sum, err := db.SumListedBytes(w.ctx, w.d.Read(), workspace)
	if err == nil && n != sum {
		err = fmt.Errorf("listed files are counted as %d bytes and have %d", n, sum)
	}
	return err
}

// sameEverywhere compares every device's digest with the model's for its
// person.
func (w *World) sameEverywhere() error {
	for _, p := range w.phones {
		for _, deep := range []bool{false, true} {
			wantRows, want := device.DigestOf(w.model.Visible(p.of.actor()), deep)
			if rows, got := p.Digest(deep); rows != wantRows || got != want {
				return fmt.Errorf("%s (deep %v) holds %d rows, the server %d for its person: %s", p.Name(), deep, rows, wantRows, w.difference(p))
			}
		}
	}
	return w.compareDigests()
}

// difference names a row on which a device and the model differ.
func (w *World) difference(p *phone) string {
	have, want := p.Rows(), w.model.Visible(p.of.actor())
	for k, r := range want {
		if fmt.Sprint(have[k]) != fmt.Sprint(r) {
			return fmt.Sprintf("%v is %+v, want %+v", k, have[k], r)
		}
	}
	for k, r := range have {
		if _, ok := want[k]; !ok {
			return fmt.Sprintf("%v is %+v, want nothing", k, r)
		}
	}
	return "the same rows"
}

// everyOpEnded follows each op to its end: acknowledged, or let go by its
// person.
func (w *World) everyOpEnded() error {
	last, made := map[string]device.Event{}, []string{}
	for _, e := range w.notes.Events() {
		if e.What == device.Made {
			made = append(made, e.Op)
		}
		last[e.Op] = e
	}
	for _, id := range made {
		e := last[id]
		for e.Into != "" {
			next, ok := last[e.Into]
			if !ok {
				return fmt.Errorf("op %s became %s, of which nobody knows", id, e.Into)
			}
			e = next
		}
		switch e.What {
		case device.Acknowledged, device.Discarded, device.Exported, device.Yielded, device.Left, device.Again:
		default:
			return fmt.Errorf("op %s of %s ended as %s", id, e.Device, e.What)
		}
	}
	return nil
}

// acknowledgedIsKept holds every acknowledged op against what there is now.
func (w *World) acknowledgedIsKept() error {
	left := ranks{} // what devices did not bring back, because they must not
	for _, e := range w.notes.Events() {
		if e.What == device.Left || e.What == device.Yielded {
			left.raise(e.Key, eventRank(e))
		}
	}
	var first error
	for _, e := range w.notes.Events() {
		if e.What != device.Acknowledged {
			continue
		}
		w.counts[Acknowledged]++
		if w.ledger.covered(w.model, e.Key, eventRank(e)) || left.covers(e.Key, eventRank(e)) {
			continue
		}
		if w.counts[Lost]++; first == nil {
			first = fmt.Errorf("op %s on %v was acknowledged to %s as %s %d and is not there", e.Op, e.Key, e.Device, e.Status, e.Version)
		}
	}
	return first
}

func eventRank(e device.Event) wire.Rank {
	return wire.Rank{Clock: e.Stamp.Clock, Delete: e.Delete, HLC: e.Stamp.HLC, OpID: e.Stamp.OpID}
}

// clocksMerge finds stamps that are earlier than what their device had seen.
func (w *World) clocksMerge() error {
	for _, e := range w.notes.Events() {
		if e.What != device.Made || e.Seen == "" {
			continue
		}
		seen, err := wire.ParseHLC(e.Seen)
		if err != nil {
			return err
		}
		if seen.Millis <= e.At+wire.MaxHLCLead.Milliseconds() && e.Stamp.HLC <= e.Seen {
			return fmt.Errorf("%s had seen %s and stamped op %s with %s", e.Device, e.Seen, e.Op, e.Stamp.HLC)
		}
	}
	return nil
}

// scan reads the tables: versions without gaps, rows as the model has them.
func (w *World) scan() error {
	var heads []db.SyncHead
	if err := w.d.Read().NewSelect().Model(&heads).Scan(w.ctx); err != nil {
		return err
	}
	if len(heads) != 1 || heads[0].Value != w.model.Head || heads[0].TombstoneFloor != w.model.Floor {
		return fmt.Errorf("the heads are %+v, want one at %d with floor %d", heads, w.model.Head, w.model.Floor)
	}
	var log []db.Change
	if err := w.d.Read().NewSelect().Model(&log).Order("server_version").Scan(w.ctx); err != nil {
		return err
	}
	for i, c := range log {
		if want := w.model.Head - int64(len(log)-1-i); c.ServerVersion != want {
			return fmt.Errorf("the log has version %d where %d belongs", c.ServerVersion, want)
		}
	}
	_, known, err := w.remembered()
	if err != nil {
		return err
	}
	for id := range w.model.Known {
		if !known[id] {
			return fmt.Errorf("nobody remembers op %s, which was answered", id)
		}
	}
	var rows []db.SyncRow
	if err := w.d.Read().NewSelect().Model(&rows).Scan(w.ctx); err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r db.SyncRow) bool { return r.Deleted != 0 && r.ServerVersion <= w.model.Floor })
	if len(rows) != len(w.model.Rows) {
		return fmt.Errorf("there are %d rows, the model has %d", len(rows), len(w.model.Rows))
	}
	for _, r := range rows {
		h := w.model.Rows[device.Key{Table: wire.Table(r.TableName), PK: r.PK}]
		payload := ""
		if r.Payload != nil {
			payload = *r.Payload
		}
		got := fmt.Sprint(r.ServerVersion, r.Deleted != 0, r.Clock, r.HLC, r.OpID, r.DeviceID, r.OwnerUserID, r.CreatedBy, payload)
		want := fmt.Sprint(h.ServerVersion, h.Op == wire.Delete, h.Stamp.Clock, h.Stamp.HLC, h.Stamp.OpID, h.Stamp.DeviceID, h.Owner, h.Creator, string(h.Payload))
		if got != want {
			return fmt.Errorf("row %s/%s is\n%s\nthe model's\n%s", r.TableName, r.PK, got, want)
		}
	}
	return nil
}
