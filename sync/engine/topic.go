package engine

import (
	"sync"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

// topic is a watched workspace: its watchers and the tail of its log, which
// holds every change with from < version ≤ to, encoded once for everybody.
type topic struct {
	id  string
	hub *hub

	mu      sync.Mutex
	watches map[*Watch]struct{}
	history string
	known   bool  // from, to and head are set
	head    int64 // the greatest version heard of; above to there is a gap to be read
	from    int64
	to      int64
	entries []entry
	bytes   int
	filling bool
	dead    bool // nobody watches any more; it keeps nothing

	// The event that was made last, for all readers who stand at the same place.
	event              []byte
	eventFrom, eventTo int64
}

// entry is one change, ready to be sent.
type entry struct {
	version int64
	owner   string // whose private row it is; "" is everybody's
	atomic  string
	json    []byte
}

type headMove int

const (
	headSame   headMove = iota
	headJumped          // readers have to look at the log themselves
	headBehind          // the tail lacks something that can be read
)

// add files the changes of one transaction; gap tells that earlier ones are
// missing, which another node has committed.
func (t *topic) add(changes []db.Change, historyID string) (gap bool) {
	entries := make([]entry, len(changes))
	for i := range changes {
		entries[i] = entryOf(&changes[i])
	}
	first, last := changes[0].ServerVersion, changes[len(changes)-1].ServerVersion
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.known || t.history != historyID {
		t.restart(first-1, historyID)
	}
	t.head = max(t.head, last)
	if first > t.to+1 {
		return true
	}
	t.append(entries)
	return t.head > t.to
}

// look compares a head somebody has seen with the tail.
func (t *topic) look(head int64, historyID string) headMove {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.known || t.history != historyID {
		t.restart(head, historyID)
		return headJumped
	}
	t.head = max(t.head, head)
	switch {
	case t.head <= t.to:
		return headSame
	case t.head-t.to > tailOps:
		t.restart(t.head, historyID)
		return headJumped
	}
	return headBehind
}

// restart empties the tail; it begins after a version. t.mu is held.
func (t *topic) restart(at int64, historyID string) {
	t.known, t.history = true, historyID
	t.head, t.from, t.to = at, at, at
	t.hub.used.Add(int64(-t.bytes))
	t.entries, t.bytes, t.event = nil, 0, nil
}

// append files entries that may overlap with the tail; t.mu is held.
func (t *topic) append(entries []entry) {
	if t.dead {
		return
	}
	for _, e := range entries {
		if e.version <= t.to {
			continue
		}
		t.entries = append(t.entries, e)
		t.to = e.version
		t.bytes += len(e.json)
		t.hub.used.Add(int64(len(e.json)))
	}
	t.trim()
}

// trim forgets the oldest entries beyond the bounds. When all tails together
// are too large, the one that grows gives way.
func (t *topic) trim() {
	drop := 0
	for drop < len(t.entries) && (len(t.entries)-drop > tailOps || t.bytes > tailBytes || t.hub.used.Load() > totalBytes) {
		e := &t.entries[drop]
		t.from = e.version
		t.bytes -= len(e.json)
		t.hub.used.Add(int64(-len(e.json)))
		drop++
	}
	if drop > 0 {
		t.entries = append([]entry(nil), t.entries[drop:]...)
	}
}

func (t *topic) beginFill() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.filling {
		return false
	}
	t.filling = true
	return true
}

// missing is what a fill has to read.
func (t *topic) missing() db.TailQuery {
	t.mu.Lock()
	defer t.mu.Unlock()
	return db.TailQuery{WorkspaceID: t.id, After: t.to, Limit: tailOps, MaxBytes: tailBytes}
}

// endFill files what was read and tells whether more is missing. What cannot
// be read, or is too much for a tail, is left to the readers.
func (t *topic) endFill(page db.TailPage, err error) (again bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.filling = false
	switch {
	case err != nil:
		t.restart(t.head, t.history)
		return false
	case page.HistoryID != t.history:
		t.restart(page.Head, page.HistoryID)
		return false
	}
	t.head = max(t.head, page.Head)
	if !page.Complete || !whole(page.Changes, t.to) {
		t.restart(t.head, t.history)
		return false
	}
	entries := make([]entry, len(page.Changes))
	for i := range page.Changes {
		entries[i] = entryOf(&page.Changes[i])
	}
	t.append(entries)
	t.filling = t.head > t.to && !t.dead
	return t.filling
}

// whole tells whether changes follow a version without a hole.
func whole(changes []db.Change, after int64) bool {
	if len(changes) == 0 || changes[0].ServerVersion > after+1 {
		return false
	}
	return changes[len(changes)-1].ServerVersion == changes[0].ServerVersion+int64(len(changes))-1
}

// wake tells every watcher to look.
func (t *topic) wake() {
	t.mu.Lock()
	watches := make([]*Watch, 0, len(t.watches))
	for w := range t.watches {
		watches = append(watches, w)
	}
	t.mu.Unlock()
	for _, w := range watches {
		w.wake()
	}
}

func entryOf(c *db.Change) entry {
	change := changeOf(c)
	return entry{version: c.ServerVersion, owner: c.OwnerUserID, atomic: c.AtomicKey, json: change.EncodeForEvent()}
}

// after makes the event for a reader at a cursor; see Watch.After.
func (t *topic) after(userID, historyID string, cursor int64) (event []byte, next int64, place Place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.known || historyID == t.history && cursor == t.to:
		return nil, cursor, InStep
	case historyID != t.history:
		return nil, cursor, OtherHistory
	case cursor < t.from:
		return nil, cursor, Behind
	case cursor > t.to:
		return nil, cursor, InStep // the reader has pulled; the tail will follow
	}
	if t.event != nil && cursor == t.eventFrom {
		return t.event, t.eventTo, InStep
	}
	changes, next, shared := t.cut(userID, cursor)
	event = wire.AppendChangesEvent(make([]byte, 0, eventSize(changes)), changes, next, t.history)
	if shared {
		t.event, t.eventFrom, t.eventTo = event, cursor, next
	}
	return event, next, InStep
}

// The most one event holds, before the rest of an atomic group.
const (
	eventOps   = 500
	eventBytes = 256 << 10
)

// cut takes what a person may see after a cursor, at most an event's worth.
// shared tells that everybody would get the same.
func (t *topic) cut(userID string, cursor int64) (changes [][]byte, next int64, shared bool) {
	next, shared = cursor, true
	bytes, group := 0, ""
	for i := t.search(cursor); i < len(t.entries); i++ {
		e := &t.entries[i]
		if (len(changes) >= eventOps || bytes >= eventBytes) && (e.atomic == "" || e.atomic != group) {
			break
		}
		next, group = e.version, e.atomic
		if e.owner != "" {
			shared = false
			if e.owner != userID {
				continue
			}
		}
		changes = append(changes, e.json)
		bytes += len(e.json)
	}
	return changes, next, shared
}

// search finds the first entry after a version: versions have no holes.
func (t *topic) search(version int64) int { return int(version - t.from) }

func eventSize(changes [][]byte) int {
	n := 160
	for _, c := range changes {
		n += len(c) + 1
	}
	return n
}
