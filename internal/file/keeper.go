package file

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/storage"
)

// Retention is how long a file that nothing names is kept, unless somebody says
// otherwise.
const Retention = 30 * 24 * time.Hour

// Collected tells of each collection of a workspace's files that was no dry run.
var Collected = hook.Action[CollectEvent]{Name: "storage.files.gc:action:run"}

// CollectEvent is the payload of Collected.
type CollectEvent struct {
	WorkspaceID  string    `json:"workspace_id"`
	DeletedCount int64     `json:"deleted_count"`
	FreedBytes   int64     `json:"freed_bytes"`
	UserID       string    `json:"user_id,omitempty"` // who asked; "" is the server itself
	At           time.Time `json:"at"`
}

// KeeperOptions are what a Keeper is made from.
type KeeperOptions struct {
	Books *Service
	Store storage.Store
	Bus   *hook.Bus
	Audit *audit.Log
	Log   *slog.Logger
	// Retention is how long a file that nothing names is kept; 0 is Retention.
	Retention time.Duration
	// CheckEvery is how often each file's bytes are read; 0 is 30 days.
	CheckEvery time.Duration
	// CheckRate is how many bytes a second are read at most; 0 and less is no bound.
	CheckRate int64
	// Wait pauses; nil waits for the time or the context.
	Wait func(ctx context.Context, d time.Duration) error
}

// Keeper looks after files that are there already: it collects those that
// nothing names any more (Collect), and finds those whose bytes are wrong
// (Check). It is safe for concurrent use, also by several nodes.
type Keeper struct {
	o     KeeperOptions
	db    *db.DB
	now   func() time.Time
	stats stats

	beat     time.Duration     // how often a run shows that it is alive
	slice    int               // how many files a collection has in memory at once
	removing func(storage.Key) // for tests: a file is about to go; may be nil
	looking  func(files int)   // for tests: so many are in memory; may be nil
}

type stats struct {
	runs, deleted, freed, marked     atomic.Int64
	checked, checkedBytes, damaged   atomic.Int64
	mended, swept, lastCollect, ends atomic.Int64
}

// Stats are what this process has counted since it began.
type Stats struct {
	Runs, Deleted, FreedBytes, Marked      int64
	Checked, CheckedBytes, Damaged, Mended int64
	Abandoned                              int64 // uploads that were given up and removed
	LastCollected, LastChecked             int64 // epoch ms of the last complete run here; 0 = none
}

// Stats gives the counts.
func (k *Keeper) Stats() Stats {
	s := &k.stats
	return Stats{Runs: s.runs.Load(), Deleted: s.deleted.Load(), FreedBytes: s.freed.Load(), Marked: s.marked.Load(),
		Checked: s.checked.Load(), CheckedBytes: s.checkedBytes.Load(), Damaged: s.damaged.Load(), Mended: s.mended.Load(),
		Abandoned: s.swept.Load(), LastCollected: s.lastCollect.Load(), LastChecked: s.ends.Load()}
}

// NewKeeper makes a Keeper of the files that the books name and the store has.
func NewKeeper(o KeeperOptions) *Keeper {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Retention == 0 {
		o.Retention = Retention
	}
	if o.CheckEvery == 0 {
		o.CheckEvery = 30 * 24 * time.Hour
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	return &Keeper{o: o, db: o.Books.o.DB, now: o.Books.o.Now, beat: beatEvery, slice: sliceOf}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// DeleteLease is the name of the lease that whoever deletes files holds. A
// backup holds it too, so that every file its rows name is there until its
// bytes are copied.
const DeleteLease = "file-delete"

// leaseTime is how long a lease outlives whoever does not renew it.
// leasePatience is how long somebody who asked for a collection waits for another
// to finish its part, and backupPatience how long one does that goes by itself: a
// backup may take hours.
const (
	leaseTime      = 15 * time.Second
	leasePatience  = 20 * time.Second
	backupPatience = 12 * time.Hour
)

// Whoever waits for the lease asks often at first, for a collection gives it back
// between a few files; later seldom, for each question is a write.
const (
	leaseEvery = 250 * time.Millisecond
	leaseSoon  = 40
	leaseLater = 5 * time.Second
)

// Lease is the right to delete files, or to keep others from it.
type Lease struct {
	db     *db.DB
	holder string
	epoch  int64
}

// HoldDeletions takes the lease and waits for it as long as ctx allows.
func HoldDeletions(ctx context.Context, d *db.DB, pause func(context.Context, time.Duration) error) (*Lease, error) {
	l, every, tries := &Lease{db: d, holder: rand.Text()}, leaseEvery, 0
	for {
		ok, err := l.Renew(ctx)
		if ok || err != nil {
			return l, err
		}
		if tries++; tries > leaseSoon {
			every = leaseLater
		}
		if pause(ctx, every) != nil {
			return nil, fault.New(fault.Conflict, "Files are being collected or backed up just now. Try again in a few minutes.")
		}
	}
}

// Renew keeps the lease for some seconds more; ok is false when it is
// somebody else's.
func (l *Lease) Renew(ctx context.Context) (ok bool, err error) {
	epoch, ok, err := l.db.TakeLease(ctx, DeleteLease, l.holder, leaseTime)
	if ok {
		l.epoch = epoch
	}
	return ok, err
}

// Check makes sure inside a transaction that the lease is still held.
func (l *Lease) Check(ctx context.Context, tx bun.IDB) error {
	return db.HoldLease(ctx, tx, DeleteLease, l.holder, l.epoch)
}

// Drop gives the lease back.
func (l *Lease) Drop(ctx context.Context) error {
	return l.db.DropLease(context.WithoutCancel(ctx), DeleteLease, l.holder)
}
