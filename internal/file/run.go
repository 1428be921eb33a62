package file

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

// tellEvery is how often a run writes down how far it is, beatEvery how often it
// does so although it is no further, and silentFor how long one that tells
// nothing counts as alive.
const (
	tellEvery = time.Second
	beatEvery = 15 * time.Second
	silentFor = time.Minute
)

// run is a run that is written down while it goes on.
type run struct {
	k    *Keeper
	stop func() // ends the beat

	mu      sync.Mutex
	row     db.FileRun
	written bool
	told    time.Time
}

// begin begins a run. One that nobody asked for may be quiet: it is written down
// when it has something to tell, or takes long.
func (k *Keeper) begin(ctx context.Context, row db.FileRun, quiet bool) (*run, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	now := k.now()
	r := &run{k: k, told: now, row: row}
	r.row.ID, r.row.State, r.row.StartedAt, r.row.UpdatedAt = id.String(), db.RunRunning, now.UnixMilli(), now.UnixMilli()
	if !quiet {
		if err := r.write(ctx); err != nil {
			return nil, err
		}
	}
	r.stop = r.beat(ctx)
	return r, nil
}

// write writes the run's row for the first time, or again.
func (r *run) write(ctx context.Context) error {
	err := r.k.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if r.written {
			return db.UpdateFileRun(ctx, tx, &r.row)
		}
		if err := db.StopFileRuns(ctx, tx, r.k.now().Add(-silentFor).UnixMilli()); err != nil {
			return err
		}
		added, err := db.InsertFileRun(ctx, tx, &r.row)
		if err == nil && !added {
			return errChecking
		}
		return err
	})
	r.written = r.written || err == nil
	return err
}

var errChecking = fault.New(fault.Conflict, "All files are being checked already. The page Storage tells how far it is.")

// beat shows now and then that the run is alive, until stop is called or ctx
// ends: a look at many rows, or one large file, may take minutes.
func (r *run) beat(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(r.k.beat)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				r.save(ctx, func(*db.FileRun) {})
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// tell notes how far the run is, and writes it down, not too often.
func (r *run) tell(ctx context.Context, change func(*db.FileRun)) {
	r.mu.Lock()
	now := r.k.now()
	soon := now.Sub(r.told) < tellEvery
	if soon {
		change(&r.row)
	} else {
		r.told = now
	}
	r.mu.Unlock()
	if !soon {
		r.save(ctx, change)
	}
}

func (r *run) save(ctx context.Context, change func(*db.FileRun)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.row)
	r.row.UpdatedAt = r.k.now().UnixMilli()
	if err := r.write(context.WithoutCancel(ctx)); err != nil {
		r.k.o.Log.WarnContext(ctx, "how far a run is could not be written down", "run", r.row.ID, "error", err)
	}
}

// end writes down how the run ended; nothing remains of one that was quiet and
// has nothing to tell.
func (r *run) end(ctx context.Context, err error, quiet bool) {
	r.stop()
	if quiet && err == nil {
		r.forget(ctx)
		return
	}
	r.save(ctx, func(row *db.FileRun) {
		switch {
		case err == nil:
			row.State = db.RunDone
		case ctx.Err() != nil:
			row.State = db.RunStopped
		default:
			row.State, row.Error = db.RunFailed, publicWords(err)
		}
		row.FinishedAt = r.k.now().UnixMilli()
	})
}

func (r *run) forget(ctx context.Context) {
	if !r.written {
		return
	}
	err := r.k.db.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx bun.Tx) error { return db.DeleteFileRun(ctx, tx, r.row.ID) })
	if err != nil {
		r.k.o.Log.WarnContext(ctx, "a run that did nothing could not be forgotten", "error", err)
	}
}

// publicWords are what a page may say of an error.
func publicWords(err error) string {
	var known *fault.Error
	if errors.As(err, &known) && known.Message != "" {
		return known.Message
	}
	return "It failed; the server's log says why."
}

// Runs lists the latest runs of a workspace, the newest first; everywhere adds
// those of all workspaces together.
func (k *Keeper) Runs(ctx context.Context, workspaceID string, everywhere bool, limit int) ([]db.ListedFileRun, error) {
	list, err := db.FileRuns(ctx, k.db.Read(), workspaceID, everywhere, limit)
	silent := k.now().Add(-silentFor).UnixMilli()
	for i := range list {
		if list[i].State == db.RunRunning && list[i].UpdatedAt < silent { // whoever ran it has died
			list[i].State = db.RunStopped
		}
	}
	return list, err
}
