package engine

import (
	"bytes"
	"context"
	"errors"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// window bounds how many versions one pull looks at, so that a page stays cheap
// when almost everything is filtered away.
const window = 10_000

// pageBytes is how many bytes of payloads a page holds before it ends: rows may
// be large, and what a thousand of them weigh must not be in memory at once.
// The change that exceeds it, and the rest of its atomic group, still belong to
// the page.
const pageBytes = 8 << 20

// Pull answers with what happened in a workspace after a cursor, as far as the
// actor may see it: private rows are other people's nobody knows of. The page
// and the head come from one snapshot. An empty page may have more after it;
// NextCursor alone says how far the device has come.
//
// A wrong limit, cursor or table is an Invalid fault.
func (e *Engine) Pull(ctx context.Context, a Actor, req wire.PullRequest) (wire.PullResponse, error) {
	if req.Limit < 1 || req.Limit > wire.MaxPage {
		return wire.PullResponse{}, fault.Field("limit", "It must be from 1 to 1000.")
	}
	if req.Cursor < 0 {
		return wire.PullResponse{}, fault.Field("cursor", "It must be a version or 0.")
	}
	last := req.Cursor + window
	q := db.PullQuery{WorkspaceID: req.WorkspaceID, After: req.Cursor, UserID: a.UserID, Limit: req.Limit + wire.MaxOverrun, UpTo: last + wire.MaxOverrun}
	for _, t := range req.Tables {
		if !t.Known() {
			return wire.PullResponse{}, fault.Field("tables", "There is no such table.")
		}
		q.Tables = append(q.Tables, string(t))
	}
	answer := wire.PullResponse{NextCursor: req.Cursor}
	p := page{limit: req.Limit, full: q.Limit, last: last}
	kept := shelf{changes: make([]wire.Change, 0, min(req.Limit, firstRows))}
	err := e.reader.Pull(ctx, q, func(s db.State) error {
		answer.History, p.head = e.historyOf(s), s.Head
		if req.HistoryID != "" && req.HistoryID != s.HistoryID || req.Cursor > s.Head || req.Cursor < s.Floor {
			answer.ResetRequired = true
			return errEnough
		}
		return nil
	}, func(r *db.Row) error {
		if !p.takes(r) {
			return errEnough
		}
		kept.add(r)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return wire.PullResponse{}, err
	}
	answer.Changes = kept.changes
	if answer.ResetRequired {
		return answer, nil
	}
	answer.NextCursor, answer.HasMore = p.progress()
	PullAfter.Fire(ctx, e.bus, PullEvent{WorkspaceID: req.WorkspaceID, Actor: a.event(), Count: p.n, Cursor: answer.NextCursor})
	return answer, nil
}

// firstRows is for how many changes there is room before it is known how many
// will come.
const firstRows = 256

// page tells which of the changes that are read belong to a page: at most limit,
// none above last and none after pageBytes, and then the rest of an atomic group
// that has begun. full is how many changes were asked for.
type page struct {
	limit, full int
	last, head  int64

	n, bytes int
	end      int64  // the version of the last change of the page, 0 when it has none
	group    []byte // and its atomic group
	over     int64  // the version of the first change that does not belong to it, 0 when there is none
}

// takes is asked about each change in order, until it says no.
func (p *page) takes(r *db.Row) bool {
	whole := p.n < p.limit && p.bytes <= pageBytes && r.ServerVersion <= p.last
	begun := p.n > 0 && len(r.AtomicKey) > 0 && bytes.Equal(r.AtomicKey, p.group)
	if !whole && (mistake.On(mistake.PageSplitsGroup) || !begun) {
		p.over = r.ServerVersion
		return false
	}
	p.n, p.end, p.bytes = p.n+1, r.ServerVersion, p.bytes+len(r.Payload)
	p.group = append(p.group[:0], r.AtomicKey...)
	return true
}

// progress tells up to which version the page speaks. Versions above its last
// change that were looked at and held nothing for this device count too, or it
// would ask for them for ever.
func (p *page) progress() (next int64, more bool) {
	switch {
	case p.over > 0 && p.over <= p.last:
		return p.end, true
	case p.over > 0:
		return max(p.end, p.last), true
	case p.n == p.full:
		return p.end, p.end < p.head
	}
	if mistake.On(mistake.FilteredPageStands) {
		return p.end, false
	}
	next = max(p.end, min(p.last, p.head))
	return next, next < p.head
}

func changeOf(c *db.Change) wire.Change {
	change := wire.Change{
		ServerVersion: c.ServerVersion, Table: wire.Table(c.TableName), PK: c.PK, Op: wire.Kind(c.Op),
		Stamp: wire.Stamp{DeviceID: c.DeviceID, OpID: c.OpID, HLC: c.HLC, Clock: c.Clock},
	}
	if c.Payload != nil {
		change.Payload = []byte(*c.Payload)
	}
	return change
}
