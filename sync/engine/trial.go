package engine

import (
	"cmp"
	"maps"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// trial decides about one push without touching the group, because the
// rejection of an atomic group's last op takes back what its first has done.
type trial struct {
	g *group
	p *push

	head    int64
	rows    map[db.RowKey]row
	known   map[opKey]db.KnownOp
	changes []db.Change
	lost    []db.SupersededOp
	winners []winner
	indexes []int // of the op that made each change
	news    []news
	mended  bool // one of the changes is a correction
}

func newTrial(g *group) *trial {
	return &trial{g: g, rows: map[db.RowKey]row{}, known: map[opKey]db.KnownOp{}}
}

func (t *trial) start(p *push) {
	t.p, t.head = p, t.g.heads[p.req.WorkspaceID].Value
	clear(t.rows)
	clear(t.known)
	t.mended = false
	t.changes, t.lost, t.winners, t.indexes, t.news = t.changes[:0], t.lost[:0], t.winners[:0], t.indexes[:0], t.news[:0]
}

// run decides about all ops of a push. When an op of an atomic group is
// rejected the whole push is decided anew with that group refused; every round
// refuses one group more, so it ends.
func (t *trial) run(p *push) []wire.Result {
	results := make([]wire.Result, len(p.ops))
	guilty := map[string]string{} // atomic group → op id of the member that was rejected
	for {
		t.start(p)
		settled := true
		for i := range p.ops {
			o := &p.ops[i]
			results[i] = wire.Result{OpID: o.Stamp.OpID}
			t.decide(i, o, &results[i], guilty)
			if results[i].Status != wire.Rejected || o.Atomic == "" {
				continue
			}
			if _, known := guilty[o.Atomic]; !known && !mistake.On(mistake.HalfGroup) {
				guilty[o.Atomic] = o.Stamp.OpID
				settled = false
			}
		}
		if settled {
			t.bind()
			return results
		}
	}
}

// decide settles one op against the rows as this push has left them so far.
func (t *trial) decide(i int, o *op, r *wire.Result, guilty map[string]string) {
	key := keyOf(t.p, o)
	current := t.row(key)
	if t.unclaimed(o, current) {
		current = row{}
	}
	if o.refused != nil {
		if known, ok := t.seen(o); ok && t.repeats(o, known) {
			t.replay(o, known, key, current, r)
			return
		}
		reject(r, o.refused)
		return
	}
	owner, wrong := t.owner(o, current)
	if wrong != nil {
		reject(r, wrong)
		return
	}
	if known, ok := t.seen(o); ok && !mistake.On(mistake.ReplayedTwice) {
		t.replay(o, known, key, current, r)
		return
	}
	if wrong := t.check(o, key, current, guilty); wrong != nil {
		reject(r, wrong)
		return
	}
	tie := mistake.On(mistake.TieByArrival) && current.Clock == o.Stamp.Clock
	if current.exists && !tie && wire.Resolve(current.rank(), o.Rank()) == wire.Supersede {
		t.supersede(o, key, current, owner, r)
		return
	}
	mended, wrong := t.mend(o, key, current)
	if wrong != nil {
		reject(r, wrong)
		return
	}
	o.fresh = !current.exists || current.Deleted
	t.apply(i, o, key, current, owner)
	r.Status, r.ServerVersion = wire.Applied, t.head
	if mended != nil {
		t.mended = true
		t.apply(i, mended, key, t.row(key), owner)
	}
}

// unclaimed tells whether what stands under a notification's id is only that
// somebody else deleted what they never had: that takes the id from nobody.
func (t *trial) unclaimed(o *op, current row) bool {
	if o.Table != wire.Notifications || !current.Deleted || current.CreatedBy != neverWas {
		return false
	}
	return current.OwnerUserID != cmp.Or(o.owner, t.p.actor.UserID)
}

// owner gives the person the row belongs to, "" when it is everybody's, and
// refuses a private row of somebody else by what is stored.
func (t *trial) owner(o *op, current row) (string, *wire.OpError) {
	a := t.p.actor
	switch {
	case !private(o.Op):
		return "", nil
	case current.exists && current.OwnerUserID != a.UserID && !a.Server,
		current.exists && o.owner != "" && o.owner != current.OwnerUserID:
		return "", forbid("This row belongs to somebody else.")
	case current.exists:
		return current.OwnerUserID, nil
	case o.owner != "":
		return o.owner, nil
	case a.Server:
		return "", &wire.OpError{Code: fault.Invalid, Message: "It must say whose row it is.", Fields: map[string]string{"user_id": "It is required."}}
	}
	return a.UserID, nil
}

// check refuses what is wrong only in the light of the stored row.
func (t *trial) check(o *op, key db.RowKey, current row, guilty map[string]string) *wire.OpError {
	for _, by := range o.authors {
		if by.id != t.p.actor.UserID && !t.p.actor.Server && (!current.exists || by.id != current.CreatedBy) {
			return &wire.OpError{Code: fault.Invalid, Message: "Messages and threads can only be written in one's own name.",
				Fields: map[string]string{by.field: "It must be the person who writes, or the author the row has already."}}
		}
	}
	if wrong := t.lengthens(o, key, current); wrong != nil {
		return wrong
	}
	clock := int64(0)
	if current.exists {
		clock = current.Clock
	}
	if wrong := wire.CheckClock(clock, o.Stamp.Clock); wrong != nil {
		return wrong
	}
	if id, ok := guilty[o.Atomic]; ok {
		return &wire.OpError{Code: fault.Conflict, Message: "Another op of its atomic group was rejected.", Fields: map[string]string{"atomic": "The op " + id + " was rejected."}}
	}
	return nil
}

// lengthens refuses a text beyond its bound, unless the row has it already: a
// name from before there were bounds must not keep its thread from being pinned.
func (t *trial) lengthens(o *op, key db.RowKey, current row) *wire.OpError {
	if len(o.long) == 0 || t.p.actor.Server {
		return nil
	}
	stored := t.g.longTexts[key]
	if current.written {
		stored = current.payload
	}
	has := map[string]any{}
	if current.exists && stored != nil {
		readFields(*stored, &has)
	}
	for field, text := range o.long {
		if has[field] != text {
			return wire.LongField(o.Table, field)
		}
	}
	return nil
}

// keep makes what the push does part of the group.
func (t *trial) keep() {
	maps.Copy(t.g.rows, t.rows)
	maps.Copy(t.g.known, t.known)
	t.g.changes = append(t.g.changes, t.changes...)
	t.g.superseded = append(t.g.superseded, t.lost...)
	t.g.winners = append(t.g.winners, t.winners...)
	t.g.news = append(t.g.news, t.news...)
	head := t.g.heads[t.p.req.WorkspaceID]
	head.Value = t.head
	t.g.heads[t.p.req.WorkspaceID] = head
}

func (t *trial) row(key db.RowKey) row {
	if r, ok := t.rows[key]; ok {
		return r
	}
	return t.g.rows[key]
}

func (t *trial) seen(o *op) (db.KnownOp, bool) {
	key := opKey{t.p.req.WorkspaceID, o.Stamp.OpID}
	if k, ok := t.known[key]; ok {
		return k, true
	}
	k, ok := t.g.known[key]
	return k, ok
}

// repeats tells whether an op that its person may not push any more is one they
// pushed before. To everybody else a known op is refused like an unknown one.
func (t *trial) repeats(o *op, known db.KnownOp) bool {
	return o.mayRepeat && known.Digest == o.digest && known.UserID == t.p.actor.UserID && known.UserID != ""
}

func (r *row) rank() *wire.Rank {
	return &wire.Rank{Clock: r.Clock, Delete: r.Deleted, HLC: r.HLC, OpID: r.OpID}
}

func reject(r *wire.Result, why *wire.OpError) { r.Status, r.Error = wire.Rejected, why }
