package engine

import (
	"context"
	"sync"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// maxDigests bounds how many digests are remembered.
const maxDigests = 1024

// digests remembers what was summed up: a digest is a scan of all rows. It takes
// a turn, so that devices that ask at once read the database once.
type digests struct {
	mu    sync.Mutex
	known map[digestKey]digestOf
}

type digestKey struct {
	workspaceID, userID string
	deep                bool
}

type digestOf struct {
	state  db.State
	rows   int64
	digest string
}

func newDigests() *digests { return &digests{known: map[digestKey]digestOf{}} }

// Digest sums up the rows the actor may see, see wire.StateDigest.
func (e *Engine) Digest(ctx context.Context, a Actor, req wire.DigestRequest) (wire.DigestResponse, error) {
	key := digestKey{workspaceID: req.WorkspaceID, userID: a.UserID, deep: req.Deep}
	end, err := e.turns.begin(ctx, a.UserID)
	if err != nil {
		return wire.DigestResponse{}, err
	}
	defer end()
	now, err := e.reader.HeadOf(ctx, req.WorkspaceID)
	if err != nil {
		return wire.DigestResponse{}, err
	}
	found, ok := e.digests.get(key)
	if !ok || found.state != now && !mistake.On(mistake.DigestStale) {
		if found, err = e.sumUp(ctx, key); err != nil {
			return wire.DigestResponse{}, err
		}
		e.digests.put(key, found)
	}
	return wire.DigestResponse{ServerVersion: found.state.Head, Rows: found.rows, Digest: found.digest, History: e.historyOf(found.state)}, nil
}

func (e *Engine) sumUp(ctx context.Context, key digestKey) (digestOf, error) {
	var found digestOf
	sum := wire.NewStateDigest(key.deep)
	q := db.StateQuery{WorkspaceID: key.workspaceID, UserID: key.userID, WithoutPayloads: !key.deep}
	err := e.reader.State(ctx, q, func(s db.State) error {
		found.state = s
		return nil
	}, func(r *db.Row) error {
		deleted := wire.KindNamed(r.Op) == wire.Delete
		if mistake.On(mistake.DigestLive) && deleted {
			return nil
		}
		return sum.Add(string(r.Table), string(r.PK), wire.Rank{Clock: r.Clock, Delete: deleted, HLC: string(r.HLC), OpID: string(r.OpID)}, r.Payload)
	})
	found.rows, found.digest = sum.Rows(), sum.String()
	return found, err
}

// historyOf is what every answer carries.
func (e *Engine) historyOf(s db.State) wire.History {
	return wire.History{HistoryID: s.HistoryID, TombstoneFloor: s.Floor, ServerTime: e.now().UnixMilli()}
}

func (d *digests) get(key digestKey) (digestOf, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, ok := d.known[key]
	return found, ok
}

func (d *digests) put(key digestKey, found digestOf) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxDigests {
		clear(d.known)
	}
	d.known[key] = found
}
