// Package plugins installs plugins, has owners agree to what they ask for, and
// runs them: the packages lie in the database, so that every node has them, and
// the Manager of each node keeps compiled what runs and follows what the others
// decide.
//
// A plugin is installed for the deployment and enabled for each workspace. The
// gate of packages is plugins/inspect, the sandbox plugins/runtime, and what a
// guest may ask for is handed in (Options.Services): this package decides
// whether a call happens, not what a page looks like.
package plugins

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/runtime"
	"or3.cloud/or3/policies"
)

// Options are what a Manager is made from.
type Options struct {
	DB    *db.DB
	Bus   *hook.Bus // nil: nobody listens
	Audit *audit.Log
	Now   func() time.Time // nil means time.Now
	Log   *slog.Logger     // nil is silence
	// SetKV writes a reserved kv row of a workspace through the sync engine.
	SetKV func(ctx context.Context, workspaceID, name, value string) error
	// DeleteKV deletes one; a row that is not there is no error.
	DeleteKV func(ctx context.Context, workspaceID, name string) error
	// Services are what guests may ask for.
	Services host.Services
	// Begin makes the context of one call, in which Services count; nil changes
	// nothing.
	Begin func(context.Context) context.Context
	// Data is what plugins have stored; nil stores nothing.
	Data Data
	// SecretKey encrypts the secrets among settings: server.secret_key.
	SecretKey string
	// Trusted keys and whether a package needs one of them.
	Trusted          []ed25519.PublicKey
	RequireSignature bool
	Version          string // of or3
	// Package is what a package may be that is installed; what is there may be more
	// (zero: [archive.DefaultLimits]).
	Package archive.Limits
	// Runtime bounds what runs. Its CacheDir keeps compiled modules.
	Runtime runtime.Options
	// Dir keeps what is unpacked of packages, so that it can be served; "" reads
	// packages again each time.
	Dir string
	// SafeMode runs nothing of any plugin.
	SafeMode bool
	// Only says which of the active plugins are loaded; nil loads all of them.
	Only func(Active) bool
	// Poll is how often changes of other nodes are looked for (250 ms); below 0 never.
	Poll time.Duration
	// EventAgain is how long an event waits, each time, that a plugin could not
	// take (1 s, 10 s, 1 min).
	EventAgain []time.Duration
}

// Data is what plugins have stored by their host functions, in all workspaces,
// each under the name that [Running.Data] gives. The Manager makes the names.
type Data interface {
	// Workspaces are those in which something is stored.
	Workspaces(ctx context.Context, q bun.IDB, name string) ([]string, error)
	// Copy copies all that is stored under a name to one that has nothing.
	Copy(ctx context.Context, tx bun.IDB, from, to string) error
	// Drop removes all that is stored under a name.
	Drop(ctx context.Context, tx bun.IDB, name string) error
	// Export writes all that is stored under a name as lines of JSON.
	Export(ctx context.Context, name string, w io.Writer) error
}

// Manager is everything one can do with plugins. It is safe for concurrent use,
// also by several processes on one PostgreSQL.
type Manager struct {
	o    Options
	rt   *runtime.Runtime
	dir  *os.Root // nil without Options.Dir
	self *policies.Session

	known   atomic.Pointer[known]
	looking sync.Mutex               // one at a time makes a new known
	watches []func(running []Active) // under looking

	modules    modules
	acting     keyed // one act at a time changes what a plugin is
	installing installing
	events     chan event

	eventsWaiting atomic.Int64
	telling       sync.Mutex

	life context.Context
	end  context.CancelFunc
	work workers
}

// Open makes a Manager and loads what runs. A plugin that cannot be loaded is
// failing and keeps nobody else from running.
func Open(ctx context.Context, o Options) (*Manager, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Poll == 0 {
		o.Poll = 250 * time.Millisecond
	}
	if o.EventAgain == nil {
		o.EventAgain = againAfter()
	}
	if o.Package == (archive.Limits{}) {
		o.Package = archive.DefaultLimits()
	}
	m := &Manager{o: o, installing: make(installing, installsAtOnce), self: &policies.Session{}, events: make(chan event, eventsQueued)}
	m.modules.byHash = map[string]*module{}
	m.known.Store(&known{})
	o.Runtime.Now, o.Runtime.Quarantined = o.Now, m.quarantined
	var err error
	if m.rt, err = runtime.Open(o.Runtime); err != nil {
		return nil, err
	}
	m.life, m.end = context.WithCancel(context.WithoutCancel(ctx))
	if err := m.openDir(); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	if err := m.look(ctx, true); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	m.tidy()
	m.beside(m.follow)
	for range eventWorkers {
		m.beside(m.deliver)
	}
	return m, nil
}

// openDir opens the folder of unpacked packages and removes what a crash left.
func (m *Manager) openDir() error {
	if m.o.Dir == "" {
		return nil
	}
	if err := os.MkdirAll(m.o.Dir, 0o755); err != nil {
		return fmt.Errorf("making the folder of plugins: %w", err)
	}
	var err error
	if m.dir, err = os.OpenRoot(m.o.Dir); err != nil {
		return fmt.Errorf("opening the folder of plugins: %w", err)
	}
	if _, err := archive.Sweep(m.dir); err != nil {
		return fmt.Errorf("removing what was left of unpacking plugins: %w", err)
	}
	return nil
}

// Close stops every plugin. Calls that run have a second to end.
func (m *Manager) Close() error {
	m.end()
	if !m.work.close() {
		return nil
	}
	m.modules.closeAll()
	err := m.rt.Close()
	if m.dir != nil {
		err = errors.Join(err, m.dir.Close())
	}
	return err
}

// workers are the goroutines of a Manager.
type workers struct {
	mu     sync.Mutex
	closed bool
	group  sync.WaitGroup
}

// close waits for all and lets none begin; false if it was closed before.
func (w *workers) close() bool {
	w.mu.Lock()
	was := w.closed
	w.closed = true
	w.mu.Unlock()
	w.group.Wait()
	return !was
}

// beside does something that nobody waits for but Close.
func (m *Manager) beside(do func()) {
	m.work.mu.Lock()
	defer m.work.mu.Unlock()
	if !m.work.closed {
		m.work.group.Go(do)
	}
}

// tidy removes unpacked packages that nobody needs any more.
func (m *Manager) tidy() {
	if m.dir == nil {
		return
	}
	kept := map[string]bool{}
	for _, e := range m.known.Load().plugins {
		for _, v := range e.versions {
			kept[v.SHA256] = true
		}
	}
	entries, err := fs.ReadDir(m.dir.FS(), ".")
	for _, entry := range entries {
		if err == nil && !kept[entry.Name()] && len(entry.Name()) == 64 {
			err = m.dir.RemoveAll(entry.Name())
		}
	}
	if err != nil {
		m.o.Log.Warn("unpacked packages of plugins cannot be removed", "error", err)
	}
}

// SafeMode reports whether nothing of any plugin runs.
func (m *Manager) SafeMode() bool { return m.o.SafeMode }

// moment is now, as exact as what is stored.
func (m *Manager) moment() time.Time { return moment(m.o.Now().UnixMilli()) }

// moment is a stored time (epoch ms) as a time in UTC; 0 is none.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
