// Package runtime runs plugins: it compiles modules that passed the gate of
// plugins/wasm, keeps instances of them per workspace, and gives each call its
// budget. It is the only home of Extism and wazero, and knows nothing of HTTP, of
// the database or of rights: what a guest may reach are the functions it is
// handed, and who calls is in the context they get.
//
// A guest is taken for hostile. Its code stops when its time is up, wherever it
// is (the rewrite of plugins/wasm, a deadline that reaches Extism's own code as well,
// which works on memory the guest can write). Nothing of an instance is closed while
// a call is in it: that is for whoever called, when the call has returned. Its
// memory is counted as it grows, all plugins' together. Instances are never
// shared between workspaces or goroutines and are thrown away after any error.
package runtime

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	goruntime "runtime"
	"sync"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"

	"or3.cloud/or3/plugins/wasm"
)

// Options are what a Runtime needs; what is 0 has the value in brackets.
type Options struct {
	// CacheDir keeps compiled modules. They are machine code: nobody else may
	// write there, so it is made with mode 0700 and refused with any other.
	// "" compiles again after each start.
	CacheDir string
	// Now is the clock of breakers, logs and traces (time.Now).
	Now func() time.Time
	// Instances and Memory (in bytes) bound all plugins together (64, 256 MiB).
	Instances int
	Memory    int64
	// Running calls at once, of all plugins (8) and of one (4).
	Running, RunningEach int
	// Idle is how long an unused instance stays (1 min).
	Idle time.Duration
	// Budgets of calls, and of creating an instance (1 s).
	Budgets Budgets
	Create  time.Duration
	// Patience is how long closing a module waits for calls that it has ended (5 s).
	// Nothing in them takes long then: the guest stops, and host functions obey
	// their context.
	Patience time.Duration
	// Payload bounds input, output and what host functions take and give (1 MiB).
	Payload int
	// HostCalls and LogLines of one call (500, 64).
	HostCalls, LogLines int
	// Limits of modules.
	Limits wasm.Limits
	// Quarantined is told when a plugin has failed too often in a workspace.
	Quarantined func(id, version, workspace string)
}

// Budgets are how long a call may take, waiting for its turn included.
type Budgets struct {
	Page   time.Duration // or3_page, or3_action, or3_event, or3_health (2 s)
	Widget time.Duration // or3_widget (800 ms)
	Filter time.Duration // or3_filter (100 ms)
	Job    time.Duration // or3_job, or3_migrate (30 s)
}

// Of tells the budget of an export.
func (b Budgets) Of(export string) time.Duration {
	switch export {
	case "or3_widget":
		return b.Widget
	case "or3_filter":
		return b.Filter
	case "or3_job", "or3_migrate":
		return b.Job
	}
	return b.Page
}

// or sets what is 0.
func or[T comparable](v *T, fallback T) {
	var zero T
	if *v == zero {
		*v = fallback
	}
}

func (o Options) orDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Quarantined == nil {
		o.Quarantined = func(string, string, string) {}
	}
	or(&o.Instances, 64)
	or(&o.Memory, 256<<20)
	or(&o.Running, 8)
	or(&o.RunningEach, 4)
	or(&o.Idle, time.Minute)
	or(&o.Budgets.Page, 2*time.Second)
	or(&o.Budgets.Widget, 800*time.Millisecond)
	or(&o.Budgets.Filter, 100*time.Millisecond)
	or(&o.Budgets.Job, 30*time.Second)
	or(&o.Create, time.Second)
	or(&o.Patience, 5*time.Second)
	or(&o.Payload, 1<<20)
	or(&o.HostCalls, 500)
	or(&o.LogLines, 64)
	return o
}

// Runtime runs modules. Close it when they are closed.
type Runtime struct {
	o         Options
	cache     wazero.CompilationCache
	compiling chan struct{} // one at a time
	turns     turns
	pool      *pool
	records   records
	stop      chan struct{}
	sweeping  sync.WaitGroup
	closed    sync.Once
}

// Open makes a runtime without modules.
func Open(o Options) (*Runtime, error) {
	o = o.orDefaults()
	cache := wazero.NewCompilationCache()
	if o.CacheDir != "" {
		if err := private(o.CacheDir); err != nil {
			return nil, err
		}
		var err error
		if cache, err = wazero.NewCompilationCacheWithDir(o.CacheDir); err != nil {
			return nil, fmt.Errorf("opening the folder of compiled plugins: %w", err)
		}
	}
	// Two settings of the process that Extism has: what guests print must not
	// reach our own output, and their log is off unless a level is set.
	if err := os.Unsetenv("EXTISM_ENABLE_WASI_OUTPUT"); err != nil {
		return nil, err
	}
	extism.SetLogLevel(leastLevel)
	r := &Runtime{
		o: o, cache: cache,
		compiling: make(chan struct{}, 1), turns: newTurns(o.Running),
		pool: newPool(o), stop: make(chan struct{}),
	}
	r.sweeping.Go(r.sweep)
	return r, nil
}

// private makes a folder that only we can enter, or says what is wrong with it.
func private(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the folder of compiled plugins: %w", err)
	}
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return &fs.PathError{Op: "open", Path: dir, Err: errors.New("the folder of compiled plugins has to be a folder itself, not a link")}
	case goruntime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%s holds compiled plugins, which are machine code, and others can enter it (mode %04o): chmod 700 it, or empty it first when you do not trust what is inside",
			dir, info.Mode().Perm())
	}
	return nil
}

// sweep throws away instances that nobody has used for a while.
func (r *Runtime) sweep() {
	beat := time.NewTicker(r.o.Idle / 4)
	defer beat.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-beat.C:
			r.pool.expire(r.o.Now().Add(-r.o.Idle))
		}
	}
}

// Usage is what all plugins use together.
type Usage struct {
	Instances int   // running and idle
	Memory    int64 // bytes of their memories
}

// Usage tells it.
func (r *Runtime) Usage() Usage { return r.pool.usage() }

// Close ends the upkeep and forgets compiled code. Modules have to be closed
// before. Twice is safe.
func (r *Runtime) Close() error {
	var err error
	r.closed.Do(func() {
		close(r.stop)
		r.sweeping.Wait()
		r.pool.expire(r.o.Now().Add(time.Hour))
		err = r.cache.Close(context.Background())
	})
	return err
}
