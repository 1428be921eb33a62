package engine

import (
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// replay answers an op that took effect before as it was answered then, and
// refuses one that only borrowed its id.
func (t *trial) replay(o *op, known db.KnownOp, key db.RowKey, current row, r *wire.Result) {
	switch {
	case known.Digest != o.digest:
		reject(r, &wire.OpError{Code: fault.Conflict, Message: "Another op has this op_id.", Fields: map[string]string{"op_id": "It belongs to an op of other content."}})
	case known.Version == 0:
		r.Status = wire.Superseded
		t.winners = append(t.winners, winner{result: r, key: key, row: current})
	default:
		r.Status, r.ServerVersion = wire.Replayed, known.Version
	}
}

// supersede keeps an op that lost, for the row's history.
func (t *trial) supersede(o *op, key db.RowKey, current row, owner string, r *wire.Result) {
	r.Status = wire.Superseded
	t.winners = append(t.winners, winner{result: r, key: key, row: current})
	if mistake.On(mistake.Sequence) {
		t.head++
	}
	if mistake.On(mistake.LoserForgotten) {
		return
	}
	t.known[opKey{key.WorkspaceID, o.Stamp.OpID}] = db.KnownOp{Digest: o.digest, UserID: t.p.actor.UserID}
	t.lost = append(t.lost, db.SupersededOp{
		WorkspaceID: key.WorkspaceID, OpID: o.Stamp.OpID, TableName: key.Table, PK: key.PK, Op: string(o.Op.Op), Payload: o.text,
		Clock: o.Stamp.Clock, HLC: o.Stamp.HLC, DeviceID: o.Stamp.DeviceID, UserID: t.p.actor.UserID, OwnerUserID: owner,
		Digest: o.digest, WrittenAt: t.g.now,
	})
}

// neverWas stands as the creator of a notification that was deleted before it
// was ever there: it is kept for its person's devices and claims nothing.
const neverWas = "-"

// apply makes an op the row and gives it the next version.
func (t *trial) apply(i int, o *op, key db.RowKey, current row, owner string) {
	t.head++
	user := t.p.actor.UserID
	next := row{
		RowState: db.RowState{
			Deleted: o.Op.Op == wire.Delete, Clock: o.Stamp.Clock, HLC: o.Stamp.HLC, OpID: o.Stamp.OpID, DeviceID: o.Stamp.DeviceID,
			CreatedBy: user, OwnerUserID: owner, ServerVersion: t.head,
		},
		exists: true, written: true, payload: o.text, user: user, list: o.list,
	}
	switch {
	case current.exists && current.CreatedBy != neverWas:
		next.CreatedBy = current.CreatedBy
	case next.Deleted && o.Table == wire.Notifications:
		next.CreatedBy = neverWas
	case o.news:
		t.news = append(t.news, news{thread: Ref{key.WorkspaceID, o.list.group}, messageID: key.PK, userID: user})
	}
	t.rows[key] = next
	t.known[opKey{key.WorkspaceID, o.Stamp.OpID}] = db.KnownOp{Version: t.head, Digest: o.digest, UserID: user}
	t.indexes = append(t.indexes, i)
	t.changes = append(t.changes, db.Change{
		WorkspaceID: key.WorkspaceID, ServerVersion: t.head, TableName: key.Table, PK: key.PK, Op: string(o.Op.Op), Payload: o.text,
		Clock: o.Stamp.Clock, HLC: o.Stamp.HLC, OpID: o.Stamp.OpID, DeviceID: o.Stamp.DeviceID, UserID: user, OwnerUserID: owner,
		Digest: o.digest, WrittenAt: t.g.now,
	})
}

// bind marks the changes that a page must not split: everything from the first
// to the last applied op of an atomic group, and of groups that interleave with
// it. What stands between them is bound too, because versions have no holes. So is
// an op with its correction.
func (t *trial) bind() {
	last := map[string]int{} // atomic group → position of its last change
	for at, i := range t.indexes {
		if group := t.p.ops[i].Atomic; group != "" {
			last[group] = at
		}
	}
	if len(last) == 0 && !t.mended {
		return
	}
	for from := 0; from < len(t.changes); {
		to := from
		for at := from; at <= to; at++ {
			if group := t.p.ops[t.indexes[at]].Atomic; group != "" {
				to = max(to, last[group])
			}
			if at+1 < len(t.indexes) && t.indexes[at+1] == t.indexes[at] { // its correction
				to = max(to, at+1)
			}
		}
		if to > from {
			for at := from; at <= to; at++ {
				t.changes[at].AtomicKey = t.changes[from].OpID
			}
		}
		from = to + 1
	}
}
