package engine

import (
	"context"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
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
	q := db.PullQuery{WorkspaceID: req.WorkspaceID, After: req.Cursor, UserID: a.UserID, Limit: req.Limit + wire.MaxOverrun,
		UpTo: req.Cursor + window + wire.MaxOverrun, MaxBytes: pageBytes}
	for _, t := range req.Tables {
		if !t.Known() {
			return wire.PullResponse{}, fault.Field("tables", "There is no such table.")
		}
		q.Tables = append(q.Tables, string(t))
	}
	page, err := e.reader.Pull(ctx, q)
	if err != nil {
		return wire.PullResponse{}, err
	}
	answer := wire.PullResponse{Changes: []wire.Change{}, NextCursor: req.Cursor,
		History: wire.History{HistoryID: page.HistoryID, TombstoneFloor: page.Floor, ServerTime: e.now().UnixMilli()}}
	if req.HistoryID != "" && req.HistoryID != page.HistoryID || req.Cursor > page.Head || req.Cursor < page.Floor {
		answer.ResetRequired = true
		return answer, nil
	}
	n := cutPage(page.Changes, req.Limit, req.Cursor+window)
	for i := range page.Changes[:n] {
		answer.Changes = append(answer.Changes, changeOf(&page.Changes[i]))
	}
	answer.NextCursor, answer.HasMore = progress(page, n, q.Limit, req.Cursor+window)
	PullAfter.Fire(ctx, e.bus, PullEvent{WorkspaceID: req.WorkspaceID, Actor: a.event(), Count: n, Cursor: answer.NextCursor})
	return answer, nil
}

// cutPage tells how many changes belong to the page: at most limit, none above
// last and none after pageBytes, and then the rest of an atomic group that has begun.
func cutPage(changes []db.Change, limit int, last int64) int {
	n, bytes := 0, 0
	for n < len(changes) {
		whole := n < limit && bytes <= pageBytes && changes[n].ServerVersion <= last
		if !whole && !db.SameGroup(changes[:n], changes[n]) {
			break
		}
		if changes[n].Payload != nil {
			bytes += len(*changes[n].Payload)
		}
		n++
	}
	return n
}

// progress tells up to which version the page speaks. Versions above its last
// change that were looked at and held nothing for this device count too, or it
// would ask for them for ever; full is how many changes were asked for.
func progress(page db.PullPage, n, full int, last int64) (next int64, more bool) {
	end := lastVersion(page.Changes[:n])
	switch {
	case n < len(page.Changes) && page.Changes[n].ServerVersion <= last:
		return end, true
	case n < len(page.Changes):
		return max(end, last), true
	case n == full:
		return end, end < page.Head
	}
	next = max(end, min(last, page.Head))
	return next, next < page.Head
}

func lastVersion(changes []db.Change) int64 {
	if len(changes) == 0 {
		return 0
	}
	return changes[len(changes)-1].ServerVersion
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
