package engine

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// Retention is how long what is deleted and what happened stay known when the
// program collects by itself.
const Retention = 30 * 24 * time.Hour

// collectBatch is how many rows one transaction of the collector removes, so
// that pushes never wait long for it.
const collectBatch = 1000

// CollectFailed tells of a collection that failed.
var CollectFailed = hook.Action[CollectEvent]{Name: "sync.gc:action:error"}

// CollectEvent tells of a failed collection; Kind is what was collected.
type CollectEvent struct {
	WorkspaceID string `json:"workspace_id"`
	Kind        string `json:"kind"`
	Error       string `json:"error"`
}

// Kinds of collections.
const (
	KindChangeLog  = "change_log"
	KindTombstones = "tombstones"
	KindSuperseded = "superseded"
)

// CollectChangeLog removes changes that are older than the retention and that
// every device heard of within it has seen, and raises the floor so far. A
// device below the floor takes a snapshot instead.
func (e *Engine) CollectChangeLog(ctx context.Context, a Actor, req wire.CollectRequest) (wire.CollectResponse, error) {
	return e.collect(ctx, a, req, KindChangeLog)
}

// CollectTombstones forgets deleted rows, under the same rule.
func (e *Engine) CollectTombstones(ctx context.Context, a Actor, req wire.CollectRequest) (wire.CollectResponse, error) {
	return e.collect(ctx, a, req, KindTombstones)
}

// Sweep collects in every workspace what is older than Retention. It goes on
// after a workspace that fails, and ends when ctx does. It is safe to run on
// several nodes at once, only wasteful.
func (e *Engine) Sweep(ctx context.Context) error {
	ids, err := db.SyncedWorkspaces(ctx, e.db.Read())
	if err != nil {
		return err
	}
	for _, id := range ids {
		req := wire.CollectRequest{WorkspaceID: id, RetentionSeconds: int64(Retention / time.Second)}
		for _, kind := range []string{KindChangeLog, KindTombstones, KindSuperseded} {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if _, err := e.collect(ctx, Actor{Server: true}, req, kind); err != nil {
				e.log.ErrorContext(ctx, "collecting failed", "workspace_id", id, "kind", kind, "error", err)
			}
		}
	}
	e.stats.sweeps.Add(1)
	return nil
}

func (e *Engine) collect(ctx context.Context, a Actor, req wire.CollectRequest, kind string) (wire.CollectResponse, error) {
	if req.RetentionSeconds < wire.MinRetention || req.RetentionSeconds > wire.MaxRetention {
		return wire.CollectResponse{}, fault.Field("retention_seconds", "It must be from 1 to 31536000.")
	}
	began := e.now()
	cutoff := began.Add(-time.Duration(req.RetentionSeconds) * time.Second).UnixMilli()
	deleted, err := e.collectKind(ctx, req.WorkspaceID, kind, cutoff)
	e.stats.collected(kind, deleted)
	if err != nil {
		CollectFailed.Fire(ctx, e.bus, CollectEvent{WorkspaceID: req.WorkspaceID, Kind: kind, Error: err.Error()})
	}
	state, headErr := e.reader.HeadOf(ctx, req.WorkspaceID)
	if deleted > 0 || err != nil || !a.Server {
		e.keepRun(ctx, db.Collection{ID: newID(), WorkspaceID: req.WorkspaceID, Kind: kind, StartedAt: began.UnixMilli(),
			FinishedAt: e.now().UnixMilli(), Deleted: deleted, Floor: state.Floor, ActorID: a.UserID, Error: words(err)})
	}
	return wire.CollectResponse{DeletedCount: deleted, History: e.historyOf(state)}, firstError(err, headErr)
}

func (e *Engine) collectKind(ctx context.Context, workspaceID, kind string, cutoff int64) (int64, error) {
	if kind == KindSuperseded {
		return e.inBatches(ctx, func(ctx context.Context, tx bun.Tx) (int64, error) {
			return db.DeleteSuperseded(ctx, tx, workspaceID, cutoff, collectBatch)
		})
	}
	floor, err := e.raiseFloor(ctx, workspaceID, cutoff)
	if err != nil {
		return 0, err
	}
	// The floor may be higher than this retention allows: another collection
	// raised it. No device pulls what lies below, but rows have their history.
	oldest := floor
	if kind == KindChangeLog {
		first, kept, err := db.FirstChangeSince(ctx, e.db.Read(), workspaceID, 0, cutoff)
		if err != nil {
			return 0, err
		}
		if kept {
			oldest = min(oldest, first-1)
		}
	}
	return e.inBatches(ctx, func(ctx context.Context, tx bun.Tx) (int64, error) {
		if kind == KindTombstones {
			return db.DeleteTombstones(ctx, tx, workspaceID, floor, collectBatch)
		}
		return db.DeleteChanges(ctx, tx, workspaceID, oldest, collectBatch)
	})
}

// raiseFloor moves the floor up to the last version that was written before
// the cutoff and that every device heard of since has seen, and gives it.
func (e *Engine) raiseFloor(ctx context.Context, workspaceID string, cutoff int64) (floor int64, err error) {
	state, err := e.reader.HeadOf(ctx, workspaceID)
	if err != nil {
		return 0, err
	}
	// The log is read outside the transaction: what is found old stays old.
	reach := state.Head
	first, kept, err := db.FirstChangeSince(ctx, e.db.Read(), workspaceID, state.Floor, cutoff)
	if err != nil {
		return 0, err
	}
	if kept {
		reach = first - 1
	}
	err = e.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, floor, err = db.LockHead(ctx, tx, workspaceID); err != nil {
			return err
		}
		if _, err := db.DeleteIdleCursors(ctx, tx, workspaceID, cutoff); err != nil {
			return err
		}
		lowest, ok, err := db.LowestCursor(ctx, tx, workspaceID, floor)
		if err != nil {
			return err
		}
		if next := floorAfter(floor, reach, lowest, ok); next > floor {
			floor = next
			return db.RaiseFloor(ctx, tx, workspaceID, floor)
		}
		return nil
	})
	return floor, err
}

// floorAfter decides how far a floor rises: to what is old enough, but not
// above the device that has come least far. Without devices age alone decides:
// whoever was up to date within the retention has seen all that is older.
func floorAfter(floor, reach, lowest int64, devices bool) int64 {
	if devices && !mistake.On(mistake.CollectedEarly) {
		reach = min(reach, lowest)
	}
	return max(floor, reach)
}

// inBatches repeats a bounded removal until nothing is left, each in a
// transaction of its own.
func (e *Engine) inBatches(ctx context.Context, remove func(ctx context.Context, tx bun.Tx) (int64, error)) (total int64, err error) {
	for ctx.Err() == nil {
		var n int64
		err := e.db.Write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
			n, err = remove(ctx, tx)
			return err
		})
		if total += n; err != nil || n == 0 {
			return total, err
		}
	}
	return total, ctx.Err()
}

// keepRun writes a run down; that it cannot is no reason to fail the run.
func (e *Engine) keepRun(ctx context.Context, c db.Collection) {
	err := e.db.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx bun.Tx) error { return db.InsertCollection(ctx, tx, &c) })
	if err != nil {
		e.log.WarnContext(ctx, "a collection could not be written down", "workspace_id", c.WorkspaceID, "error", err)
	}
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
