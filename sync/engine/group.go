package engine

import (
	"maps"
	"slices"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// group is the pushes of one transaction: what they need to know of the
// database, read at once, and what they will write, written at once. Between
// the two everything is decided in memory.
type group struct {
	pushes  []*push
	now     int64 // epoch ms
	heads   map[string]db.LockedHead
	rows    map[db.RowKey]row
	live    map[db.RowKey]bool // the files' rows that were before it
	known   map[opKey]db.KnownOp
	winners []winner
	// longTexts are the stored payloads of rows that are to keep too long a text.
	longTexts map[db.RowKey]*string
	// kept are the files among those written about whose bytes are there, and
	// keptRows the stored payloads of their rows.
	kept     map[db.FileKey]db.KeptFile
	keptRows map[db.RowKey]string

	changes    []db.Change
	superseded []db.SupersededOp
	news       []news
	answers    []answer
}

// row is a stored row with what this group has made of it.
type row struct {
	db.RowState
	exists  bool    // false: it has never been, or its tombstone is forgotten
	payload *string // when written is set
	written bool    // by this group
	user    string
	list    listing
}

// answer is what becomes of a push if the transaction commits.
type answer struct {
	results []wire.Result
	err     error
}

// winner is a result that wants the row that stands against it.
type winner struct {
	result *wire.Result
	key    db.RowKey
	row    row
}

// opKey names an op of a workspace.
type opKey struct{ workspaceID, opID string }

// asks is what pushes need to know of the database.
func asks(pushes []*push) db.SyncAsk {
	workspaces := map[string]bool{}
	var ask db.SyncAsk
	for _, p := range pushes {
		workspaces[p.req.WorkspaceID] = true
		for i := range p.ops {
			if o := &p.ops[i]; o.refused == nil || o.mayRepeat {
				ask.Targets = append(ask.Targets, db.OpTarget{OpID: o.Stamp.OpID, Row: keyOf(p, o)})
			}
		}
	}
	ask.WorkspaceIDs = slices.Sorted(maps.Keys(workspaces))
	return ask
}

// newGroup is pushes with what the database says about them.
func newGroup(pushes []*push, found db.SyncFound, now time.Time) *group {
	g := &group{pushes: pushes, now: now.UnixMilli(), heads: found.Heads, known: map[opKey]db.KnownOp{}, rows: map[db.RowKey]row{}, live: map[db.RowKey]bool{}}
	for i := range found.Ops {
		f := &found.Ops[i]
		if f.Known != nil {
			g.known[opKey{f.Row.WorkspaceID, f.OpID}] = *f.Known
		}
		if f.State != nil && !f.State.Deleted && f.Row.Table == string(wire.FileMeta) {
			g.live[f.Row] = true
		}
		// The server ranks against exactly the tombstones above the floor.
		if f.State != nil && (!f.State.Deleted || f.State.ServerVersion > g.heads[f.Row.WorkspaceID].TombstoneFloor) {
			g.rows[f.Row] = row{RowState: *f.State, exists: true}
		}
	}
	return g
}

// readLong reads what is stored where an op has a text that is too long.
func (g *group) readLong(read func([]db.RowKey) (map[db.RowKey]string, error)) error {
	var keys []db.RowKey
	for _, p := range g.pushes {
		for i := range p.ops {
			key := keyOf(p, &p.ops[i])
			if r := g.rows[key]; len(p.ops[i].long) > 0 && r.exists && !r.Deleted && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	stored, err := read(keys)
	g.longTexts = make(map[db.RowKey]*string, len(stored))
	for key, payload := range stored {
		g.longTexts[key] = &payload
	}
	return err
}

// judge decides about every push, in order.
func (g *group) judge() {
	g.answers = make([]answer, len(g.pushes))
	t := newTrial(g)
	for i, p := range g.pushes {
		head, ok := g.heads[p.req.WorkspaceID]
		if !ok {
			g.answers[i].err = fault.New(fault.NotFound, "There is no such workspace.")
			continue
		}
		if err := startOver(p.req, head); err != nil {
			g.answers[i].err = err
			continue
		}
		results := t.run(p)
		if allForbidden(results) {
			g.answers[i].err = errNothingPermitted()
			continue
		}
		t.keep()
		g.answers[i].results = results
	}
}

// startOver refuses a device whose knowledge does not fit this database any
// more: it would bring back what others have seen deleted.
func startOver(req wire.PushRequest, head db.LockedHead) error {
	reset := func(message string) error {
		return &fault.Error{Kind: fault.Conflict, Message: message, Fields: map[string]string{"reset_required": "true"}}
	}
	switch {
	case mistake.On(mistake.StaleAccepted):
		return nil
	case req.HistoryID != "" && req.HistoryID != head.HistoryID:
		return reset("The server was restored since this device last synced. Take a snapshot, then push again.")
	case req.Cursor == nil:
		return nil
	case *req.Cursor > head.Value:
		return reset("This device is ahead of the server. Take a snapshot, then push again.")
	case *req.Cursor < head.TombstoneFloor:
		return reset("This device was away for too long. Take a snapshot, then push again.")
	}
	return nil
}

func allForbidden(results []wire.Result) bool {
	for i := range results {
		if !forbidden(results[i].Error) {
			return false
		}
	}
	return len(results) > 0
}

func keyOf(p *push, o *op) db.RowKey {
	return db.RowKey{WorkspaceID: p.req.WorkspaceID, Table: string(o.Table), PK: o.PK}
}
