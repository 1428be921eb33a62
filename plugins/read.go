package plugins

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/runtime"
)

// List gives all plugins by name, also uninstalled ones that can come back. It
// is from memory: what this node knows, a moment after other nodes at most.
func (m *Manager) List(context.Context) ([]Plugin, error) {
	var list []Plugin
	for _, e := range m.known.Load().plugins {
		list = append(list, e.plugin())
	}
	slices.SortFunc(list, func(a, b Plugin) int {
		if c := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list, nil
}

// Get gives one plugin, as [Manager.List] does.
func (m *Manager) Get(_ context.Context, id string) (Plugin, error) {
	e := m.known.Load().plugins[id]
	if e == nil {
		return Plugin{}, fault.New(fault.NotFound, "There is no such plugin.")
	}
	return e.plugin(), nil
}

// EnabledIn lists what runs in a workspace, by name; from memory.
func (m *Manager) EnabledIn(_ context.Context, workspaceID string) ([]Active, error) {
	return m.known.Load().active[workspaceID], nil
}

// PlacedIn tells whether a plugin was ever set up or enabled in a workspace, and
// whether it is enabled there now, running or not.
func (m *Manager) PlacedIn(id, workspaceID string) (placed, enabled bool) {
	e := m.known.Load().plugins[id]
	if e == nil {
		return false, false
	}
	p, placed := e.workspaces[workspaceID]
	return placed, p.Enabled
}

// Watch tells what runs in any workspace: now, and whenever something about
// plugins has changed, before the act that changed it returns. One call comes at
// a time; it must not wait for the Manager.
func (m *Manager) Watch(told func(running []Active)) {
	m.looking.Lock()
	defer m.looking.Unlock()
	m.watches = append(m.watches, told)
	told(m.known.Load().enabled())
}

// Workspaces are the ids of those where a plugin is enabled, sorted.
func (m *Manager) Workspaces(_ context.Context, id string) ([]string, error) {
	e := m.known.Load().plugins[id]
	if e == nil {
		return nil, fault.New(fault.NotFound, "There is no such plugin.")
	}
	var ids []string
	for workspaceID, p := range e.workspaces {
		if p.Enabled {
			ids = append(ids, workspaceID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Logs are the last lines of a plugin's log in a workspace, with "" everywhere, on
// this node since it was started: of all its versions, whether one runs or not.
func (m *Manager) Logs(id, workspaceID string) []runtime.Line { return m.rt.Logs(id, workspaceID) }

// Traces are its last calls, the newest first.
func (m *Manager) Traces(id string) []runtime.Trace { return m.rt.Traces(id) }

// Figures sum them up.
func (m *Manager) Figures(id string) Figures { return FiguresOf(m.Traces(id)) }

// FiguresOf sums up some calls. Half of them, and 95 of 100, took no longer than what
// it says: of two calls the slower one is not left out.
func FiguresOf(traces []runtime.Trace) Figures {
	f := Figures{Calls: len(traces)}
	times := make([]time.Duration, 0, len(traces))
	for _, t := range traces {
		if t.Outcome != runtime.OK {
			f.Errors++
		}
		times = append(times, t.Whole())
	}
	if n := len(times); n > 0 {
		slices.Sort(times)
		f.P50, f.P95 = times[(n*50+99)/100-1], times[(n*95+99)/100-1]
	}
	return f
}

// Health tells how a plugin does in a workspace.
func (m *Manager) Health(id, workspaceID string) runtime.Health {
	e := m.known.Load().plugins[id]
	if e == nil {
		return runtime.Health{}
	}
	var h runtime.Health
	if e.running != nil && e.running.module != nil {
		h = e.running.module.Health(workspaceID)
	}
	h.Quarantined = h.Quarantined || e.workspaces[workspaceID].QuarantinedAt > 0
	return h
}

// Usage is what all plugins use together on this node.
func (m *Manager) Usage() runtime.Usage { return m.rt.Usage() }

// mediaTypes of files below assets/; what is not here is plain bytes.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".gif": "image/gif", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon",
	".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".js": "text/javascript; charset=utf-8", ".json": "application/json", ".md": "text/plain; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8", ".png": "image/png", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
	".avif": "image/avif", ".webp": "image/webp", ".woff": "font/woff", ".woff2": "font/woff2",
}

// Asset gives a file below the assets/ of a version that is kept; sha12 are the
// first twelve digits of its package's hash, name is the path below assets/.
func (m *Manager) Asset(ctx context.Context, id, sha12, name string) (content []byte, mediaType string, err error) {
	missing := fault.New(fault.NotFound, "There is no such file.")
	v, ok := m.kept(id, sha12)
	if !ok || !fs.ValidPath(name) {
		return nil, "", missing
	}
	content, err = m.file(ctx, v, archive.AssetsFolder+"/"+name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", missing
	}
	if err != nil {
		return nil, "", err
	}
	if mediaType = mediaTypes[strings.ToLower(path.Ext(name))]; mediaType == "" {
		mediaType = "application/octet-stream"
	}
	return content, mediaType, nil
}

// kept finds a version that is kept, of a plugin that is not uninstalled, by the
// first twelve digits of its package's hash.
func (m *Manager) kept(id, sha12 string) (Version, bool) {
	e := m.known.Load().plugins[id]
	if e == nil || len(sha12) != 12 || e.row.State == string(StateUninstalled) {
		return Version{}, false
	}
	i := slices.IndexFunc(e.versions, func(v Version) bool { return strings.HasPrefix(v.SHA256, sha12) })
	if i < 0 {
		return Version{}, false
	}
	return e.versions[i], true
}

// CatchUp takes over at once what another node has changed, which is otherwise seen
// within [Options.Poll]. It reports whether there was anything: then what was just
// not there may be.
func (m *Manager) CatchUp(ctx context.Context) (bool, error) {
	revision, err := db.PluginRevision(ctx, m.o.DB.Read())
	if err != nil || revision == m.known.Load().revision {
		return false, err
	}
	return true, m.look(ctx, false)
}

// file reads a file of a package: where it was unpacked, or else from the database.
func (m *Manager) file(ctx context.Context, v Version, name string) ([]byte, error) {
	if m.dir != nil {
		if f, err := m.dir.Open(v.SHA256 + "/" + name); err == nil {
			defer func() { _ = f.Close() }()
			if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
				return nil, fs.ErrNotExist
			}
			return io.ReadAll(f)
		} else if _, there := m.dir.Lstat(v.SHA256); there == nil && errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	zip, err := db.PluginPackage(ctx, m.o.DB.Read(), v.SHA256, v.Size)
	if err != nil {
		return nil, err
	}
	a, err := archive.Open(bytes.NewReader(zip), v.Size, archive.Most())
	if err != nil {
		return nil, err
	}
	m.unpack(a, v.SHA256)
	return a.Read(name)
}

// unpack writes a package out for its files to be served. It is a convenience:
// when it fails, they are read from the database.
func (m *Manager) unpack(a *archive.Archive, sha string) {
	if m.dir == nil {
		return
	}
	if _, err := m.dir.Lstat(sha); err == nil {
		return
	}
	if err := a.Extract(m.dir, sha); err != nil && !fault.Is(err, fault.Conflict) {
		m.o.Log.WarnContext(m.life, "a package of a plugin cannot be unpacked", "sha256", sha, "error", err)
	}
}
