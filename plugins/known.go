package plugins

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/manifest"
)

// known is what this node knows of all plugins at a moment. Nobody changes it:
// a change of the database makes a new one.
type known struct {
	revision int64
	plugins  map[string]*entry
	active   map[string][]Active // by workspace, by name
}

// entry is one plugin.
type entry struct {
	row        db.PluginRow
	versions   []Version                   // as db.PluginVersions orders them
	rows       map[string]db.PluginVersion // by hash
	workspaces map[string]place
	// running is nil where nothing of it runs here. While a new version is being
	// loaded it is the one before.
	running *run
	failure string // why the active version could not be loaded here
}

// place is a plugin in a workspace.
type place struct {
	db.PluginWorkspace
}

// run is a version as it runs: the module, and what it was agreed to.
type run struct {
	Version
	data     string
	settings map[string]json.RawMessage // by workspace
	module   *module
	caps     map[string]json.RawMessage // granted, with their bounds
}

func (e *entry) version(sha string) *Version {
	for i := range e.versions {
		if e.versions[i].SHA256 == sha {
			return &e.versions[i]
		}
	}
	return nil
}

// look makes known what the database says, and loads what is missing: at once
// with wait, else beside. Calls go on meanwhile, to what ran before.
func (m *Manager) look(ctx context.Context, wait bool) error {
	missing, err := m.lookOnce(ctx)
	if err != nil || len(missing) == 0 {
		return err
	}
	load := func() {
		m.prepare(missing)
		if _, err := m.lookOnce(m.life); err != nil && m.life.Err() == nil {
			m.o.Log.ErrorContext(m.life, "plugins cannot be read from the database", "error", err)
		}
	}
	if wait {
		load()
		return nil
	}
	m.beside(load)
	return nil
}

// prepare loads versions. One compiles at a time; the next one is read from the
// database, unpacked and judged meanwhile, a quarter of what each costs.
func (m *Manager) prepare(missing []Version) {
	next := make(chan Version, len(missing))
	for _, v := range missing {
		next <- v
	}
	close(next)
	var loading sync.WaitGroup
	for range 2 {
		loading.Go(func() {
			for v := range next {
				if _, err := m.modules.get(m.life, m, v); err != nil {
					m.o.Log.ErrorContext(m.life, "a plugin cannot be loaded", "plugin", v.Manifest.ID, "version", v.Version, "error", err)
				}
			}
		})
	}
	loading.Wait()
}

// lookOnce reads everything and takes it over; missing are versions that ought
// to run and are not compiled.
func (m *Manager) lookOnce(ctx context.Context) (missing []Version, err error) {
	m.looking.Lock()
	defer m.looking.Unlock()
	before := m.known.Load()
	k, err := m.read(ctx)
	if err != nil {
		return nil, err
	}
	for id, e := range k.plugins {
		old := before.plugins[id]
		if e.row.State != string(StateActive) || m.o.SafeMode {
			continue
		}
		v := e.version(e.row.ActiveSHA256)
		if v == nil {
			e.failure = "The database lacks its active version. Install it again."
			continue
		}
		if m.o.Only != nil && !m.o.Only(Active{ID: id, Version: v.Version, SHA256: v.SHA256, Manifest: v.Manifest, Granted: v.Granted}) {
			continue
		}
		var mod *module
		if v.Manifest.Runtime != nil {
			var failed error
			if mod, failed = m.modules.have(v.SHA256, m.o.Now()); failed != nil {
				e.failure = failed.Error()
			} else if mod == nil {
				missing = append(missing, *v)
			}
			if mod == nil {
				if old != nil && old.running != nil && old.running.module != nil {
					e.running = old.running.again(e)
				}
				continue
			}
		}
		e.running = newRun(e, v, mod)
	}
	k.place()
	m.settle(before, k)
	m.known.Store(k)
	for _, told := range m.watches {
		told(k.enabled())
	}
	m.modules.keep(k)
	for id, old := range before.plugins {
		// One that was purged may have been installed anew.
		if e := k.plugins[id]; e == nil || e.row.InstalledAt != old.row.InstalledAt {
			m.rt.Forget(id)
		}
	}
	return missing, nil
}

// read reads everything in one look; the revision first, so that a change that
// comes between is seen as one.
func (m *Manager) read(ctx context.Context) (*known, error) {
	q := m.o.DB.Read()
	revision, err := db.PluginRevision(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, err := db.AllPlugins(ctx, q)
	if err != nil {
		return nil, err
	}
	versions, err := db.PluginVersions(ctx, q, "")
	if err != nil {
		return nil, err
	}
	places, err := db.PluginWorkspaces(ctx, q)
	if err != nil {
		return nil, err
	}
	k := &known{revision: revision, plugins: map[string]*entry{}}
	for _, row := range rows {
		k.plugins[row.ID] = &entry{row: row, workspaces: map[string]place{}, rows: map[string]db.PluginVersion{}}
	}
	for _, v := range versions {
		if e := k.plugins[v.PluginID]; e != nil {
			version, err := versionOf(v)
			if err != nil {
				m.o.Log.ErrorContext(ctx, "a version of a plugin cannot be read", "plugin", v.PluginID, "version", v.Version, "error", err)
				continue
			}
			e.versions, e.rows[v.SHA256] = append(e.versions, version), v
		}
	}
	for _, p := range places {
		if e := k.plugins[p.PluginID]; e != nil {
			e.workspaces[p.WorkspaceID] = place{PluginWorkspace: p}
		}
	}
	return k, nil
}

// versionOf reads a stored version.
func versionOf(row db.PluginVersion) (Version, error) {
	v := Version{Version: row.Version, SHA256: row.SHA256, Size: row.SizeBytes, AddedAt: moment(row.AddedAt), AddedBy: row.AddedBy}
	var err error
	if v.Manifest, err = manifest.Parse([]byte(row.Manifest)); err != nil {
		return v, err
	}
	if err := json.Unmarshal([]byte(row.Signature), &v.Signature); err != nil {
		return v, fmt.Errorf("reading who signed it: %w", err)
	}
	if row.Granted != "" {
		if err := json.Unmarshal([]byte(row.Granted), &v.Granted); err != nil {
			return v, fmt.Errorf("reading what was granted: %w", err)
		}
	}
	for _, c := range v.Manifest.Capabilities {
		v.Asks = append(v.Asks, inspect.Ask{Name: c.Name, Risk: c.Class(), Words: c.Words(), Reason: c.Reason})
	}
	return v, nil
}

// newRun is a version ready to be called.
func newRun(e *entry, v *Version, mod *module) *run {
	r := &run{Version: *v, data: e.row.DataName, module: mod, caps: map[string]json.RawMessage{}}
	for _, c := range v.Manifest.Capabilities {
		if v.Has(c.Name) {
			r.caps[c.Name], _ = json.Marshal(c) // strings and numbers: it cannot fail
		}
	}
	r.set(e)
	return r
}

// again is a version that runs on while its successor is being loaded, with the
// settings there are now.
func (r *run) again(e *entry) *run {
	next := *r
	next.set(e)
	return &next
}

func (r *run) set(e *entry) {
	r.settings = map[string]json.RawMessage{}
	for id, p := range e.workspaces {
		r.settings[id] = withDefaults(r.Manifest, p.Settings)
	}
}

// place sorts by workspace what runs.
func (k *known) place() {
	k.active = map[string][]Active{}
	for id, e := range k.plugins {
		if e.running == nil {
			continue
		}
		r := e.running
		for workspaceID, p := range e.workspaces {
			if p.Enabled {
				k.active[workspaceID] = append(k.active[workspaceID], Active{ID: id, Version: r.Version.Version, SHA256: r.SHA256, Manifest: r.Manifest, Granted: r.Granted})
			}
		}
	}
	for _, list := range k.active {
		slices.SortFunc(list, func(a, b Active) int {
			if c := strings.Compare(a.Manifest.Name, b.Manifest.Name); c != 0 {
				return c
			}
			return strings.Compare(a.ID, b.ID)
		})
	}
}

// enabled is what runs in some workspace, in no particular order.
func (k *known) enabled() []Active {
	seen := map[string]bool{}
	var list []Active
	for _, active := range k.active {
		for i := range active {
			if !seen[active[i].ID] {
				seen[active[i].ID] = true
				list = append(list, active[i])
			}
		}
	}
	return list
}

// failing reports whether something could not be loaded that ought to run.
func (k *known) failing() bool {
	for _, e := range k.plugins {
		if e.failure != "" {
			return true
		}
	}
	return false
}

// settle tells modules where they are stopped, and where no longer.
func (m *Manager) settle(before, now *known) {
	for id, e := range now.plugins {
		if e.running == nil || e.running.module == nil {
			continue
		}
		old := before.plugins[id]
		same := old != nil && old.running != nil && old.running.module == e.running.module
		for workspaceID, p := range e.workspaces {
			was := same && old.workspaces[workspaceID].QuarantinedAt > 0
			switch is := p.QuarantinedAt > 0; {
			case is && !was:
				e.running.module.Quarantine(workspaceID)
			case was && !is:
				e.running.module.Release(workspaceID)
			}
		}
	}
}

// follow looks for what other nodes changed.
func (m *Manager) follow() {
	if m.o.Poll < 0 {
		<-m.life.Done()
		return
	}
	tick := time.NewTicker(m.o.Poll)
	defer tick.Stop()
	m.tell(m.life)
	for n := 1; ; n++ {
		select {
		case <-m.life.Done():
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(m.life, max(2*m.o.Poll, 2*time.Second))
		revision, err := db.PluginRevision(ctx, m.o.DB.Read())
		if err == nil && revision != m.known.Load().revision {
			err = m.look(ctx, false)
			m.tell(ctx)
		} else if n%40 == 0 {
			m.tell(ctx)
			if m.known.Load().failing() {
				err = m.look(ctx, false)
			}
		}
		cancel()
		if err != nil && m.life.Err() == nil {
			m.o.Log.WarnContext(m.life, "plugins cannot be read from the database", "error", err)
		}
	}
}
