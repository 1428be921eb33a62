package plugins

import (
	"encoding/json"
	"slices"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/signing"
)

// earlierKept is how many versions one can go back to.
const earlierKept = 2

// plugin is what lists and pages show of an entry.
func (e *entry) plugin() Plugin {
	p := Plugin{
		ID: e.row.ID, State: State(e.row.State), LastError: e.row.Error, ErrorAt: moment(e.row.ErrorAt),
		InstalledAt: moment(e.row.InstalledAt), UpdatedAt: moment(e.row.UpdatedAt), PurgeAt: moment(e.row.PurgeAt),
	}
	if v := e.version(e.row.ActiveSHA256); v != nil {
		p.Active = new(*v)
	}
	if v := e.version(e.row.WaitingSHA256); v != nil {
		p.Waiting = new(*v)
		p.Waiting.Diff = manifest.Diff(agreed(p.Active), v.Manifest.Capabilities)
	}
	for i := range e.versions {
		v := &e.versions[i]
		if e.rows[v.SHA256].RanAt > 0 && v.SHA256 != e.row.ActiveSHA256 && len(p.Earlier) < earlierKept {
			p.Earlier = append(p.Earlier, *v)
		}
	}
	if e.failure != "" && p.State == StateActive {
		p.State, p.LastError = StateFailing, e.failure
	}
	for id, w := range e.workspaces {
		if w.QuarantinedAt > 0 {
			p.Quarantined = append(p.Quarantined, id)
		}
	}
	slices.Sort(p.Quarantined)
	if v := p.Shown(); v != nil {
		p.Name, p.Kind, p.Description, p.Icon, p.Publisher = v.Manifest.Name, v.Manifest.Kind, v.Manifest.Description, v.Manifest.Icon, v.Manifest.Publisher.Name
	}
	return p
}

// agreed are the capabilities that somebody agreed to, with their bounds.
func agreed(v *Version) []manifest.Capability {
	if v == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(v.Manifest.Capabilities), func(c manifest.Capability) bool { return !v.Has(c.Name) })
}

// entryOf reads one plugin inside a transaction or outside of one.
func entryOf(row db.PluginRow, versions []db.PluginVersion) (*entry, error) {
	e := &entry{row: row, rows: map[string]db.PluginVersion{}, workspaces: map[string]place{}}
	for _, v := range versions {
		version, err := versionOf(v)
		if err != nil {
			return nil, err
		}
		e.versions, e.rows[v.SHA256] = append(e.versions, version), v
	}
	return e, nil
}

// Entity is a plugin as hooks and the audit log show it.
type Entity struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Kind        manifest.Kind  `json:"kind"`
	Publisher   string         `json:"publisher"`
	State       State          `json:"state"`
	Active      *EntityVersion `json:"active"`
	Waiting     *EntityVersion `json:"waiting"`
	InstalledAt time.Time      `json:"installed_at"`
	UpdatedAt   time.Time      `json:"updated_at"`
}

// EntityVersion is a version in an [Entity].
type EntityVersion struct {
	Version   string        `json:"version"`
	SHA256    string        `json:"sha256"`
	Signature signing.State `json:"signature"`
	Key       string        `json:"key,omitzero"`
	Asks      []string      `json:"asks"`
	Granted   []string      `json:"granted"`
}

func entityOf(p Plugin) *Entity {
	return &Entity{ID: p.ID, Name: p.Name, Kind: p.Kind, Publisher: p.Publisher, State: p.State,
		Active: entityVersion(p.Active), Waiting: entityVersion(p.Waiting), InstalledAt: p.InstalledAt, UpdatedAt: p.UpdatedAt}
}

func entityVersion(v *Version) *EntityVersion {
	if v == nil {
		return nil
	}
	out := &EntityVersion{Version: v.Version, SHA256: v.SHA256, Signature: v.Signature.State, Key: v.Signature.Key, Asks: []string{}, Granted: []string{}}
	for _, a := range v.Asks {
		out.Asks = append(out.Asks, a.Name)
	}
	out.Granted = append(out.Granted, v.Granted...)
	return out
}

// entity is what an entry is now.
func (e *entry) entity() *Entity {
	if e == nil {
		return nil
	}
	return entityOf(e.plugin())
}

// Placed is a plugin in a workspace, as hooks and the audit log show it.
type Placed struct {
	ID          string         `json:"id"`
	WorkspaceID string         `json:"workspace_id"`
	Name        string         `json:"name"`
	Version     string         `json:"version"`
	Enabled     bool           `json:"enabled"`
	Quarantined bool           `json:"quarantined"`
	Settings    map[string]any `json:"settings"` // secrets masked
}

func (e *entry) placed(w db.PluginWorkspace) *Placed {
	p := e.plugin()
	out := &Placed{ID: p.ID, WorkspaceID: w.WorkspaceID, Name: p.Name, Enabled: w.Enabled, Quarantined: w.QuarantinedAt > 0, Settings: map[string]any{}}
	if p.Active != nil {
		out.Version = p.Active.Version
	}
	if w.Settings != "" {
		_ = json.Unmarshal([]byte(w.Settings), &out.Settings) // the server wrote it
	}
	for _, name := range secretNames(w.Secrets) {
		out.Settings[name] = Mask
	}
	return out
}
