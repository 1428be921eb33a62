package sim

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/tests/device"
)

// Model is the server in the plainest words: one workspace in memory, one
// request after the other, no database and no cleverness. What it answers is
// what the engine has to answer.
type Model struct {
	Workspace   string
	Head, Floor int64
	Life        string // history_id
	Rows        map[device.Key]Held
	Log         []Entry // the entry of version v is Log[v-1]; a collected one stays, it is only history
	Known       map[string]known
	Files       map[string]File // by pk of file_meta: whose bytes the server has
}

// Held is a row, live or deleted.
type Held struct {
	wire.Change
	Owner, Creator string
}

// Entry is one version. Entries of one Group are never split by a page.
type Entry struct {
	wire.Change
	Owner string
	Group int64
	At    int64 // epoch ms
}

func (e Entry) key() device.Key { return device.Key{Table: e.Table, PK: e.PK} }

type known struct {
	digest  string
	version int64 // 0: superseded
	user    string
}

// NewModel makes an empty workspace.
func NewModel(workspace string) *Model {
	return &Model{Workspace: workspace, Rows: map[device.Key]Held{}, Known: map[string]known{}, Files: map[string]File{}}
}

// Clone is a copy that shares nothing that changes.
func (m *Model) Clone() *Model {
	c := *m
	c.Rows, c.Known, c.Log, c.Files = maps.Clone(m.Rows), maps.Clone(m.Known), slices.Clone(m.Log), maps.Clone(m.Files)
	return &c
}

// Push gives the results and the state after them; an error leaves the state.
func (m *Model) Push(a engine.Actor, req wire.PushRequest, now time.Time) ([]wire.Result, *Model, error) {
	if len(req.Ops) > 0 && !slices.ContainsFunc(req.Ops, func(o wire.Op) bool { return m.hopes(a, &o, now) }) {
		return nil, m, fault.New(fault.Forbidden, "")
	}
	if m.stale(req.HistoryID, req.Cursor) {
		return nil, m, &fault.Error{Kind: fault.Conflict, Fields: map[string]string{"reset_required": "true"}}
	}
	fallen := map[string]bool{} // atomic groups one of whose ops was rejected
	for {
		next, results, again := m.Clone(), make([]wire.Result, len(req.Ops)), false
		for i := range req.Ops {
			o := &req.Ops[i]
			results[i] = next.op(a, o, now, fallen[o.Atomic])
			if results[i].Status == wire.Rejected && o.Atomic != "" && !fallen[o.Atomic] {
				fallen[o.Atomic], again = true, true
			}
		}
		if again {
			continue
		}
		if len(results) > 0 && !slices.ContainsFunc(results, func(r wire.Result) bool { return r.Error == nil || r.Error.Code != fault.Forbidden }) {
			return nil, m, fault.New(fault.Forbidden, "")
		}
		next.bind(m.Head, req.Ops, results)
		return results, next, nil
	}
}

// hopes tells whether an op could be permitted, whatever is stored.
func (m *Model) hopes(a engine.Actor, o *wire.Op, now time.Time) bool {
	_, wrong := o.Check(m.Workspace, now)
	_, personal := wire.PersonalKV(o.Table, o.PK)
	return !wire.Reserved(o.Table, o.PK) && (personal || o.Table == wire.Notifications || a.CanWrite || wrong == nil)
}

func (m *Model) stale(life string, cursor *int64) bool {
	return life != "" && life != m.Life || cursor != nil && (*cursor > m.Head || *cursor < m.Floor)
}

func (m *Model) op(a engine.Actor, o *wire.Op, now time.Time, fallen bool) wire.Result {
	no := func(code fault.Kind, fields ...string) wire.Result {
		e := &wire.OpError{Code: code, Fields: map[string]string{}}
		for _, f := range fields {
			e.Fields[f] = ""
		}
		return wire.Result{OpID: o.Stamp.OpID, Status: wire.Rejected, Error: e}
	}
	key := device.Key{Table: o.Table, PK: o.PK}
	current, there := m.Rows[key]
	checked, wrong := o.Check(m.Workspace, now)
	owner, personal := wire.PersonalKV(o.Table, o.PK)
	if o.Table == wire.Notifications {
		owner, personal = checked.Payload.String("user_id"), true
		if owner == "" && o.Op == wire.Delete {
			owner = a.UserID
			if there {
				owner = current.Owner
			}
		}
	}
	k, repeated := m.Known[o.Stamp.OpID]
	own := repeated && k.digest == checked.Digest && k.user == a.UserID // what they pushed while they might
	switch {
	case wire.Reserved(o.Table, o.PK), !personal && !a.CanWrite && (!own || wrong != nil), personal && owner != a.UserID:
		return no(fault.Forbidden)
	case wrong != nil:
		return no(wrong.Code, slices.Collect(maps.Keys(wrong.Fields))...)
	case personal && there && current.Owner != owner:
		return no(fault.Forbidden)
	}
	if repeated {
		switch {
		case k.digest != checked.Digest:
			return no(fault.Conflict, "op_id")
		case k.version == 0:
			return m.lost(o, current, there)
		}
		return wire.Result{OpID: o.Stamp.OpID, Status: wire.Replayed, ServerVersion: k.version}
	}
	author := checked.Payload.String("author_user_id")
	switch {
	case o.Table == wire.Messages && author != "" && author != a.UserID && (!there || author != current.Creator):
		return no(fault.Invalid, "author_user_id")
	case o.Stamp.Clock-current.Stamp.Clock > wire.MaxClockLead: // a row that is not there has clock 0
		return no(fault.Invalid, "clock")
	case fallen:
		return no(fault.Conflict, "atomic")
	case there && o.Rank().Compare(rankOf(current.Change)) <= 0:
		m.Known[o.Stamp.OpID] = known{digest: checked.Digest, user: a.UserID}
		return m.lost(o, current, there)
	}
	creator := a.UserID
	switch never := "-"; {
	case there && current.Creator != never:
		creator = current.Creator
	case o.Table == wire.Notifications && o.Op == wire.Delete:
		creator = never
	}
	m.write(key, Held{Change: wire.Change{Table: o.Table, PK: o.PK, Op: o.Op, Payload: checked.Text(), Stamp: o.Stamp}, Owner: owner, Creator: creator}, now)
	m.Known[o.Stamp.OpID] = known{digest: checked.Digest, version: m.Head, user: a.UserID}
	r := wire.Result{OpID: o.Stamp.OpID, Status: wire.Applied, ServerVersion: m.Head}
	if right := m.corrected(o, checked.Text(), current); right != nil {
		m.write(key, Held{Change: *right, Owner: owner, Creator: creator}, now)
	}
	return r
}

// write gives a row its next version.
func (m *Model) write(key device.Key, row Held, now time.Time) {
	m.Head++
	row.ServerVersion = m.Head
	m.Rows[key] = row
	m.Log = append(m.Log, Entry{Change: row.Change, Owner: row.Owner, At: now.UnixMilli()})
}

func (m *Model) lost(o *wire.Op, current Held, there bool) wire.Result {
	r := wire.Result{OpID: o.Stamp.OpID, Status: wire.Superseded}
	if there {
		r.Winner = &current.Change
	}
	return r
}

// bind makes one group of everything between the first and the last applied op
// of an atomic group, and of groups that interleave, with their corrections.
func (m *Model) bind(head int64, ops []wire.Op, results []wire.Result) {
	var atomics []string // of the versions after head
	for i, r := range results {
		if r.Status != wire.Applied {
			continue
		}
		mark := ops[i].Atomic
		if r.ServerVersion < m.Head && m.Log[r.ServerVersion].Stamp.OpID == "" {
			mark = cmp.Or(mark, r.OpID) // no atomic group is called so
			atomics = append(atomics, mark)
		}
		atomics = append(atomics, mark)
	}
	for i := range atomics {
		for j := len(atomics) - 1; j > i; j-- {
			if atomics[i] == "" || atomics[i] != atomics[j] {
				continue
			}
			group := cmp.Or(m.Log[int(head)+i].Group, head+int64(i)+1)
			for k := i; k <= j; k++ {
				m.Log[int(head)+k].Group = group
			}
			break
		}
	}
}

// Pull gives a page; collected is up to which version the log may be gone.
func (m *Model) Pull(a engine.Actor, req wire.PullRequest) (changes []wire.Change, next int64, more, reset bool) {
	if m.stale(req.HistoryID, &req.Cursor) {
		return nil, req.Cursor, false, true
	}
	next = m.Head
	var group int64
	for _, e := range m.Log[req.Cursor:] {
		if e.Owner != "" && e.Owner != a.UserID || len(req.Tables) > 0 && !slices.Contains(req.Tables, e.Table) {
			continue
		}
		if len(changes) >= req.Limit && (e.Group == 0 || e.Group != group) {
			return changes, changes[len(changes)-1].ServerVersion, true, false
		}
		changes, group = append(changes, e.Change), e.Group
	}
	return changes, next, false, false
}

// Visible gives the rows a person may see: live ones and tombstones above the
// floor.
func (m *Model) Visible(a engine.Actor) map[device.Key]device.Row {
	rows := map[device.Key]device.Row{}
	for k, h := range m.Rows {
		if h.Owner == "" || h.Owner == a.UserID {
			rows[k] = device.Row{Payload: h.Payload, Deleted: h.Op == wire.Delete, Stamp: h.Stamp, Version: h.ServerVersion}
		}
	}
	return rows
}

// Collect forgets the tombstones up to a version.
func (m *Model) Collect(floor int64) {
	m.Floor = floor
	maps.DeleteFunc(m.Rows, func(_ device.Key, h Held) bool { return h.Op == wire.Delete && h.ServerVersion <= floor })
}

func rankOf(c wire.Change) wire.Rank {
	return wire.Rank{Clock: c.Stamp.Clock, Delete: c.Op == wire.Delete, HLC: c.Stamp.HLC, OpID: c.Stamp.OpID}
}
