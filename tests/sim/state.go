package sim

import (
	"errors"
	"fmt"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/tests/device"
)

// serveSnapshot lets the engine answer a page and holds every row of it against
// the model as it is now.
func (w *World) serveSnapshot(l, answer *letter) error {
	req, err := wire.DecodeSnapshot(l.body)
	if err != nil {
		return fmt.Errorf("the server cannot read it: %w", err)
	}
	got, refused := w.e.Snapshot(w.ctx, l.to.of.actor(), req)
	if refused != nil {
		answer.err = refused
		if !fault.Is(refused, fault.Conflict) || req.PageToken == "" {
			return refused
		}
		return nil
	}
	visible := w.model.Visible(l.to.of.actor())
	for _, c := range got.Items {
		k := device.Key{Table: c.Table, PK: c.PK}
		r := device.Row{Payload: c.Payload, Deleted: c.Op == wire.Delete, Stamp: c.Stamp, Version: c.ServerVersion}
		if fmt.Sprint(visible[k]) != fmt.Sprint(r) {
			return fmt.Errorf("the snapshot gives %v as %+v, it is %+v", k, r, visible[k])
		}
	}
	if got.TombstoneFloor != w.model.Floor || got.HistoryID != w.model.Life || req.PageToken == "" && got.HighWatermark != w.model.Head {
		return fmt.Errorf("the snapshot gives watermark %d, floor %d, history %s", got.HighWatermark, got.TombstoneFloor, got.HistoryID)
	}
	if base, discard := w.base(req.HistoryID, got.HighWatermark); req.PageToken == "" && (got.BaseVersion != base || got.DiscardNewer != discard) {
		return fmt.Errorf("the snapshot for history %s gives base %d, discard %v; want %d, %v", req.HistoryID, got.BaseVersion, got.DiscardNewer, base, discard)
	}
	if req.PageToken == "" && got.NextPageToken == "" && len(got.Items) != len(visible) {
		return fmt.Errorf("the snapshot has %d rows of %d", len(got.Items), len(visible))
	}
	answer.body, err = marshal(got)
	return err
}

// lease is a device's cursor as the server heard it, and as of when it counts.
type lease struct {
	version, at int64
}

// heard is a lease after a report: now for a device that has come on or lacks
// nothing, else as of what it lacks.
func (w *World) heard(l lease, version int64) lease {
	at := w.millis
	if version < w.model.Head && version >= l.version {
		lacks := w.model.Log[version].At
		if version == l.version || lacks < at-engine.Retention.Milliseconds() {
			at = max(l.at, lacks)
		}
	}
	return lease{max(l.version, version), at}
}

func (w *World) serveCursor(l, answer *letter) error {
	req, err := wire.DecodeCursor(l.body)
	if err != nil {
		return fmt.Errorf("the server cannot read it: %w", err)
	}
	commits := w.knife.commits
	got, refused := w.e.UpdateCursor(w.ctx, l.to.of.actor(), req)
	held := w.leases[req.DeviceID]
	if w.knife.commits > commits {
		w.leases[req.DeviceID] = w.heard(held, req.Version)
	}
	answer.err = refused
	switch {
	case w.knife.hit != "":
		return nil
	case refused != nil:
		if fault.Is(refused, fault.Conflict) && req.Version < held.version || fault.Is(refused, fault.Invalid) && req.Version > w.model.Head {
			return nil
		}
		return refused
	case req.Version < held.version || req.Version > w.model.Head:
		return fmt.Errorf("a cursor at %d was accepted, the device had %d, the head is %d", req.Version, held.version, w.model.Head)
	}
	answer.body, err = marshal(got)
	return err
}

// collect is a run of the collector, by itself or by an owner in a hurry.
func (w *World) collect() error {
	retention := pick(w, []time.Duration{30 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Second})
	before := w.model.Floor
	req := wire.CollectRequest{WorkspaceID: workspace, RetentionSeconds: int64(retention / time.Second)}
	owner := w.people[0].actor()
	var err error
	switch w.rand.IntN(3) {
	case 0:
		retention = 30 * 24 * time.Hour
		err = w.e.Sweep(w.ctx)
	case 1:
		_, err = w.e.CollectTombstones(w.ctx, owner, req)
	default:
		_, err = w.e.CollectChangeLog(w.ctx, owner, req)
	}
	if err != nil && w.knife.hit == "" {
		return fmt.Errorf("collecting: %w", err)
	}
	if err := w.lookAtFloor(w.millis - retention.Milliseconds()); err != nil {
		return err
	}
	w.say("what is older than %s is collected: the floor goes from %d to %d", retention, before, w.model.Floor)
	if w.model.Floor > before {
		w.counts["collected"]++
	}
	if w.knife.dead {
		return w.restart()
	}
	w.knife.hit = ""
	return nil
}

// lookAtFloor finds out what the collector did, and whether it may. The floor
// rises, to what is older than the cutoff and every device heard of since has
// seen.
func (w *World) lookAtFloor(cutoff int64) error {
	floor, known, err := w.remembered()
	if err != nil {
		return err
	}
	if floor < w.model.Floor {
		return fmt.Errorf("the floor fell from %d to %d", w.model.Floor, floor)
	}
	if floor > w.model.Floor {
		if at := w.model.Log[floor-1].At; at >= cutoff {
			return fmt.Errorf("version %d of %s was collected, the cutoff is %s", floor, time.UnixMilli(at), time.UnixMilli(cutoff))
		}
		for name, l := range w.leases {
			if l.at >= cutoff && l.version < floor {
				return fmt.Errorf("the floor went to %d, %s is at %d and was heard of after the cutoff", floor, name, l.version)
			}
		}
	}
	w.ledger.forgot(w.model, floor)
	w.model.Collect(floor)
	for id := range w.model.Known {
		if !known[id] {
			delete(w.model.Known, id)
		}
	}
	return nil
}

// remembered reads from the database the floor and the ids of the ops it knows.
func (w *World) remembered() (floor int64, known map[string]bool, err error) {
	var ids []string
	known = map[string]bool{}
	err = w.d.Read().NewRaw(`SELECT tombstone_floor FROM sync_heads`).Scan(w.ctx, &floor)
	if errors.Is(err, errNoRows) {
		return 0, known, nil
	}
	if err == nil {
		err = w.d.Read().NewRaw(`SELECT op_id FROM change_log UNION ALL SELECT op_id FROM superseded_ops`).Scan(w.ctx, &ids)
	}
	for _, id := range ids {
		known[id] = true
	}
	return floor, known, err
}
