// Package manifest reads what a plugin says of itself: who it is, what it asks
// for, what it adds. It is strict, because an owner agrees to what is written
// there: a key that nobody reads would be a promise that nobody keeps.
package manifest

import "or3.cloud/or3/plugins/theme"

// Name is the manifest's file in a package.
const Name = "or3.manifest.json"

// MaxSize is the most bytes a manifest may have.
const MaxSize = 256 << 10

// Kind is what a plugin is.
type Kind string

// The kinds of plugins.
const (
	Plugin      Kind = "plugin"       // adds to the app
	AdminPlugin Kind = "admin_plugin" // adds to the console, and may add to the app
	Theme       Kind = "theme"        // changes colours and logo
)

// Manifest is a manifest that Parse has found right. Defaults are filled in.
type Manifest struct {
	Schema      int       `json:"schema"`
	Kind        Kind      `json:"kind"`
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Version     string    `json:"version"`
	Description string    `json:"description,omitzero"`
	Publisher   Publisher `json:"publisher,omitzero"`
	License     string    `json:"license,omitzero"`
	Homepage    string    `json:"homepage,omitzero"`
	Icon        string    `json:"icon,omitzero"` // a name of the host's icons, or a path in assets/

	API         string   `json:"api"`
	Host        string   `json:"host,omitzero"`         // the versions of or3 it runs on; empty is any
	Replaces    []string `json:"replaces,omitzero"`     // ids it had before
	DataVersion int      `json:"data_version,omitzero"` // of what it stores

	Runtime      *Runtime     `json:"runtime,omitzero"` // nil in a theme
	Capabilities []Capability `json:"capabilities,omitzero"`
	Settings     *Settings    `json:"settings,omitzero"` // nil where nothing can be set
	Contributes  Contributes  `json:"contributes,omitzero"`
	Theme        *theme.Theme `json:"theme,omitzero"` // nil in what is none

	EditorSchema string `json:"$schema,omitzero"` // for editors; nobody here reads it
}

// Publisher is who publishes a plugin.
type Publisher struct {
	Name string `json:"name"`
	URL  string `json:"url,omitzero"`
}

// Runtime is the module and the budget it asks for.
type Runtime struct {
	Entry     string `json:"entry"`
	SHA256    string `json:"sha256,omitzero"` // in hex; empty if the manifest does not say
	WASI      bool   `json:"wasi,omitzero"`
	MemoryMB  int    `json:"memory_mb,omitzero"`
	TimeoutMS int    `json:"timeout_ms,omitzero"` // of a page
}

// What a plugin gets that does not say.
const (
	DefaultMemoryMB  = 16
	DefaultTimeoutMS = 2000
)

// Capability is one thing that a plugin asks for, with the bounds it keeps to.
// Of the bounds only those that belong to its name are set.
type Capability struct {
	Name   string `json:"name"`
	Reason string `json:"reason"` // for the owner who is asked

	QuotaKB      int      `json:"quota_kb,omitzero"`       // kv
	QuotaMB      int      `json:"quota_mb,omitzero"`       // blob
	Tables       []string `json:"tables,omitzero"`         // workspace.read, workspace.write
	Fields       []string `json:"fields,omitzero"`         // members.read
	Types        []string `json:"types,omitzero"`          // events.subscribe
	MinIntervalS int      `json:"min_interval_s,omitzero"` // schedule
	Hosts        []string `json:"hosts,omitzero"`          // http.fetch
	Methods      []string `json:"methods,omitzero"`        // http.fetch
	Names        []string `json:"names,omitzero"`          // secrets.use
}

// Contributes is what a plugin adds. The host reads it without running anything.
type Contributes struct {
	Pages     []Page     `json:"pages,omitzero"`
	Widgets   []Widget   `json:"widgets,omitzero"`
	Actions   []Action   `json:"actions,omitzero"`
	Events    []string   `json:"events,omitzero"`
	Schedules []Schedule `json:"schedules,omitzero"`
	Filters   []Filter   `json:"filters,omitzero"`
	Nav       []Link     `json:"nav,omitzero"`
}

// Page is a page of the plugin's own. An empty permission is workspace.read in a
// plugin, admin.access in an admin_plugin; so it is with actions and links.
type Page struct {
	Path       string `json:"path"` // below the plugin's own route; empty is its first page
	Title      string `json:"title"`
	Icon       string `json:"icon,omitzero"`
	Section    string `json:"section,omitzero"`
	Permission string `json:"permission,omitzero"`
}

// Widget is a card on the dashboard.
type Widget struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Size     string `json:"size"`               // small, medium, large
	RefreshS int    `json:"refresh_s,omitzero"` // 0 is never
}

// Action is what a form or a button of the plugin does.
type Action struct {
	ID         string `json:"id"`
	Title      string `json:"title"`
	Permission string `json:"permission,omitzero"`
	Confirm    string `json:"confirm,omitzero"` // what is asked before it is done
}

// Schedule is a job.
type Schedule struct {
	ID     string `json:"id"`
	EveryS int    `json:"every_s"`
}

// Filter is a decision that the plugin may narrow.
type Filter struct {
	Name    string `json:"name"`
	OnError string `json:"on_error,omitzero"` // base or deny
}

// Link is an entry of the navigation.
type Link struct {
	Title      string `json:"title"`
	Path       string `json:"path"` // of one of the plugin's pages
	Icon       string `json:"icon,omitzero"`
	Section    string `json:"section,omitzero"`
	Permission string `json:"permission,omitzero"`
}

// Capability gives what the manifest asks for under a name.
func (m *Manifest) Capability(name string) (Capability, bool) {
	for _, c := range m.Capabilities {
		if c.Name == name {
			return c, true
		}
	}
	return Capability{}, false
}

// fill sets what the manifest leaves to us.
func (m *Manifest) fill() {
	if m.Runtime != nil {
		if m.Runtime.MemoryMB == 0 {
			m.Runtime.MemoryMB = DefaultMemoryMB
		}
		if m.Runtime.TimeoutMS == 0 {
			m.Runtime.TimeoutMS = DefaultTimeoutMS
		}
	}
	for i := range m.Contributes.Filters {
		if f := &m.Contributes.Filters[i]; f.OnError == "" {
			f.OnError = "base"
		}
	}
	permission := "workspace.read"
	if m.Kind == AdminPlugin {
		permission = "admin.access"
	}
	or := func(p *string) {
		if *p == "" {
			*p = permission
		}
	}
	for i := range m.Contributes.Pages {
		or(&m.Contributes.Pages[i].Permission)
	}
	for i := range m.Contributes.Actions {
		or(&m.Contributes.Actions[i].Permission)
	}
	for i := range m.Contributes.Nav {
		or(&m.Contributes.Nav[i].Permission)
	}
}
