// Package job runs what has to be done now and then on one node only. A lease
// in the database says which; a node that dies is followed by another when its
// lease is over.
package job

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
)

// Job is one thing to do, over and over.
type Job struct {
	// Name is the lease's: every node must use the same.
	Name string
	// Every is the pause between two runs, First the one before the first.
	Every, First time.Duration
	// Run does it once. It must be safe to do twice: a node that stood still
	// for long may end its run while another has begun. Transactions that must
	// not do that call Lease.Check first.
	Run func(ctx context.Context, lease Lease) error
}

// Lease is the right to run a job, as its holder got it.
type Lease struct {
	name, holder string
	// Epoch is greater for each holder after another.
	Epoch int64
}

// Check makes sure inside a transaction that the job still is this node's, and
// keeps it so until the transaction ends; else it is a Conflict fault.
func (l Lease) Check(ctx context.Context, tx bun.IDB) error {
	return db.HoldLease(ctx, tx, l.name, l.holder, l.Epoch)
}

// Options are what a Runner needs.
type Options struct {
	DB  *db.DB
	Log *slog.Logger
	// Hold is how long a lease outlives its holder; 0 means 15 s. It is renewed
	// three times in that time.
	Hold time.Duration
}

// Runner runs jobs. Close it.
type Runner struct {
	o       Options
	holder  string
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
	closed  sync.Once
}

// New makes a runner without jobs.
func New(o Options) *Runner {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Hold == 0 {
		o.Hold = 15 * time.Second
	}
	r := &Runner{o: o, holder: rand.Text()}
	r.ctx, r.stop = context.WithCancel(context.Background())
	return r
}

// Start runs a job from now on, on whichever node holds its lease.
func (r *Runner) Start(j Job) {
	r.running.Go(func() { r.keep(j) })
}

// Close ends running jobs, waits for them and gives their leases back. Twice is safe.
func (r *Runner) Close() error {
	r.closed.Do(func() {
		r.stop()
		r.running.Wait()
	})
	return nil
}

// keep takes the lease, or waits for it, and runs the job while it holds it.
func (r *Runner) keep(j Job) {
	beat := time.NewTicker(r.o.Hold / 3)
	defer beat.Stop()
	taken := false
	defer func() {
		if !taken {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := r.o.DB.DropLease(ctx, j.Name, r.holder); err != nil {
			r.o.Log.Warn("the lease of a job was not given back; it ends by itself", "job", j.Name, "error", err)
		}
	}()
	// On SQLite there are no others to keep away between two runs, and a disk
	// that could be asleep.
	alone := r.o.DB.Dialect() == db.SQLite
	next, held := time.Now().Add(j.First), false
	for {
		wait := beat.C
		due := !time.Now().Before(next)
		if due || !alone {
			var epoch int64
			epoch, held = r.take(j)
			taken = taken || held
			if held && due {
				r.run(j, Lease{j.Name, r.holder, epoch})
				next = time.Now().Add(j.Every)
			}
		}
		if until := time.Until(next); held && until < r.o.Hold/3 {
			wait = time.After(max(until, time.Millisecond))
		}
		select {
		case <-r.ctx.Done():
			return
		case <-wait:
		}
	}
}

func (r *Runner) take(j Job) (epoch int64, ok bool) {
	ctx, cancel := context.WithTimeout(r.ctx, r.o.Hold/3)
	defer cancel()
	epoch, ok, err := r.o.DB.TakeLease(ctx, j.Name, r.holder, r.o.Hold)
	if err != nil && r.ctx.Err() == nil {
		r.o.Log.Warn("the lease of a job could not be read", "job", j.Name, "error", err)
	}
	return epoch, ok
}

// run does the job once, and renews the lease meanwhile. Losing it ends the run.
func (r *Runner) run(j Job, lease Lease) {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	var renewing sync.WaitGroup
	renewing.Go(func() {
		beat := time.NewTicker(r.o.Hold / 3)
		defer beat.Stop()
		for held := time.Now(); ; {
			select {
			case <-ctx.Done():
				return
			case <-beat.C:
			}
			epoch, ok := r.take(j)
			switch {
			case ok && epoch == lease.Epoch:
				held = time.Now()
			case ok || time.Since(held) > r.o.Hold:
				cancel()
				return
			}
		}
	})
	if err := attempt(ctx, j, lease); err != nil && ctx.Err() == nil {
		r.o.Log.Error("a job failed and is tried again", "job", j.Name, "error", err)
	}
	cancel()
	renewing.Wait()
}

func attempt(ctx context.Context, j Job, lease Lease) (err error) {
	defer func() {
		if crash := recover(); crash != nil {
			err = fmt.Errorf("panic: %v\n%s", crash, debug.Stack())
		}
	}()
	return j.Run(ctx, lease)
}
