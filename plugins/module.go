package plugins

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/runtime"
)

// drain is how long calls of a version that no longer runs may take to end: as
// long as the longest may have.
const drain = 30 * time.Second

// module is a compiled package. What was granted is no part of it: that is
// judged in each call of a host function.
type module struct {
	*runtime.Module
	assets map[string]bool
	trips  trips
}

// modules are the compiled packages of this node by the hash of the zip.
type modules struct {
	mu     sync.Mutex
	byHash map[string]*module
	failed map[string]failedLoad
	held   map[string]int // by acts that are about to run them
	gone   sync.WaitGroup
	load   keyed
}

type failedLoad struct {
	err error
	at  time.Time
}

// loadAgain is when a package is tried again that could not be loaded.
const loadAgain = time.Minute

// have gives a compiled package, or why it cannot be; neither when it has to be
// tried, or tried again.
func (s *modules) have(sha string, now time.Time) (*module, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if mod := s.byHash[sha]; mod != nil {
		return mod, nil
	}
	if f := s.failed[sha]; f.err != nil && now.Sub(f.at) < loadAgain {
		return nil, f.err
	}
	return nil, nil
}

// get compiles a version's package, if it is not yet.
func (s *modules) get(ctx context.Context, m *Manager, v Version) (*module, error) {
	unlock := s.load.lock(v.SHA256)
	defer unlock()
	if mod, _ := s.have(v.SHA256, m.o.Now()); mod != nil {
		return mod, nil
	}
	mod, err := m.load(ctx, v)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = map[string]failedLoad{}
	}
	if err != nil {
		if ctx.Err() == nil {
			s.failed[v.SHA256] = failedLoad{err, m.o.Now()}
		}
		return nil, err
	}
	delete(s.failed, v.SHA256)
	s.byHash[v.SHA256] = mod
	return mod, nil
}

// put keeps a package that was compiled when it was installed.
func (s *modules) put(sha string, mod *module) *module {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.byHash[sha]; old != nil {
		s.shut(mod)
		return old
	}
	delete(s.failed, sha)
	s.byHash[sha] = mod
	return mod
}

// hold keeps a package from being closed before it is known to run.
func (s *modules) hold(sha string) (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[string]int{}
	}
	s.held[sha]++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.held[sha]--; s.held[sha] == 0 {
			delete(s.held, sha)
		}
	})
}

// keep closes what no longer runs, beside: its calls end first.
func (s *modules) keep(k *known) {
	used := map[*module]bool{}
	for _, e := range k.plugins {
		if e.running != nil {
			used[e.running.module] = true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for sha, mod := range s.byHash {
		if !used[mod] && s.held[sha] == 0 {
			delete(s.byHash, sha)
			s.shut(mod)
		}
	}
}

func (s *modules) shut(mod *module) {
	s.gone.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), drain)
		defer cancel()
		_ = mod.Close(ctx) // what has not ended by then ends with its budget
	})
}

func (s *modules) closeAll() {
	s.mu.Lock()
	all := s.byHash
	s.byHash = map[string]*module{}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, mod := range all {
		_ = mod.Close(ctx) // what has not ended by then ends with its budget
	}
	s.gone.Wait()
}

// load takes a version's package from the database through the gate and
// compiles it.
func (m *Manager) load(ctx context.Context, v Version) (*module, error) {
	zip, err := db.PluginPackage(ctx, m.o.DB.Read(), v.SHA256, v.Size)
	if err != nil {
		return nil, err
	}
	a, err := archive.Open(bytes.NewReader(zip), v.Size, archive.Most())
	if err != nil {
		return nil, err
	}
	if sum := a.SHA256(); hex.EncodeToString(sum[:]) != v.SHA256 {
		return nil, fault.New(fault.Internal, "The package in the database is not the one that was agreed to. Install it again.")
	}
	code, err := a.Read(manifest.Wasm)
	if err != nil {
		return nil, err
	}
	m.unpack(a, v.SHA256)
	return m.compile(ctx, v.Manifest, code, assetsOf(a))
}

func assetsOf(a *archive.Archive) map[string]bool {
	assets := map[string]bool{}
	for _, f := range a.Files() {
		if strings.HasPrefix(f.Path, archive.AssetsFolder+"/") {
			assets[f.Path] = true
		}
	}
	return assets
}

// compile compiles a module with all the functions that its manifest asks for.
// Each looks whether it was granted when it is called.
func (m *Manager) compile(ctx context.Context, text *manifest.Manifest, code []byte, assets map[string]bool) (*module, error) {
	functions := map[string]runtime.HostFunc{}
	for _, f := range inspect.Granted(text) {
		functions[f.Name] = func(ctx context.Context, request []byte) ([]byte, error) { return m.serve(ctx, f, request) }
	}
	compiled, err := m.rt.Load(ctx, inspect.Spec(text, code, functions))
	if err != nil {
		return nil, err
	}
	return &module{Module: compiled, assets: assets}, nil
}

type (
	callerKey struct{}
	liveKey   struct{}
)

var errNoCaller = errors.New("a host function was called outside a call")

// serve carries out what a guest asks for, if it was granted. Calls that run while
// somebody stops the plugin end with their time, and do nothing more until then.
func (m *Manager) serve(ctx context.Context, f host.Function, request []byte) ([]byte, error) {
	by, ok := ctx.Value(callerKey{}).(host.Caller)
	if !ok {
		return nil, errNoCaller
	}
	if live, _ := ctx.Value(liveKey{}).(bool); live && m.runningIn(by.Plugin.ID, by.Workspace) == nil {
		return refusal("unavailable", "The plugin was stopped, or disabled here, while this call ran.")
	}
	services := m.o.Services
	if _, granted := by.Granted[f.Capability]; f.Capability != "" && !granted {
		return notGranted(f)
	}
	if r, _ := RunningCall(ctx); r.Migrating {
		services = host.Services{KV: services.KV, Blobs: services.Blobs, Log: services.Log, Clock: services.Clock}
	}
	answer, err := f.Call(ctx, services, by, request)
	if err != nil && answer != nil {
		m.o.Log.ErrorContext(ctx, "a host function failed", "function", f.Name, "plugin", by.Plugin.ID, "workspace", by.Workspace, "request_id", by.RequestID, "error", err)
		err = nil
	}
	return answer, err
}
