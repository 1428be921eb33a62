package plugins

import (
	"time"

	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/manifest"
)

// State is what has become of a plugin. A state of one workspace (paused,
// quarantined there) is not in it: see [Manager.Health].
type State string

// The states.
const (
	StateAwaiting    State = "awaiting_consent" // nobody has agreed yet; nothing of it runs
	StateActive      State = "active"
	StateFailing     State = "failing" // agreed to, and it could not be loaded
	StateStopped     State = "stopped" // everywhere, by somebody
	StateUninstalled State = "uninstalled"
)

// Plugin is one installed plugin, as lists and pages show it.
type Plugin struct {
	ID, Name, Description, Icon, Publisher string

	Kind        manifest.Kind
	State       State
	Active      *Version  // nil until somebody agreed to a version
	Waiting     *Version  // asked for and not agreed to yet
	Earlier     []Version // that can be rolled back to, the newest first; at most two
	Quarantined []string  // ids of the workspaces where it failed too often
	InstalledAt time.Time
	UpdatedAt   time.Time
	LastError   string
	ErrorAt     time.Time
	PurgeAt     time.Time // when what it stored is removed; only where it is uninstalled
}

// Shown is the version whose words stand for the plugin: the active one, or the
// one that waits. Nil if there is none.
func (p Plugin) Shown() *Version {
	if p.Active != nil {
		return p.Active
	}
	return p.Waiting
}

// Version is one package of a plugin.
type Version struct {
	Version, SHA256 string // of the zip, in hex
	Size            int64

	Manifest  *manifest.Manifest
	Signature inspect.Signature
	Asks      []inspect.Ask
	Granted   []string // names of capabilities
	// Diff is what it asks for beyond what the active version was granted, and what
	// it no longer asks for; of a waiting version only.
	Diff    []manifest.Change
	AddedAt time.Time
	AddedBy string // a user's id, or what else the audit log has
}

// Has reports whether a capability was granted.
func (v Version) Has(capability string) bool { return has(v.Granted, capability) }

// Active is a plugin that runs in a workspace.
type Active struct {
	ID, Version, SHA256 string

	Manifest *manifest.Manifest
	Granted  []string
}

// Has reports whether a capability was granted: what is contributed without it
// (pages without ui.page) is not there.
func (a Active) Has(capability string) bool { return has(a.Granted, capability) }

func has(granted []string, capability string) bool {
	for _, g := range granted {
		if g == capability {
			return true
		}
	}
	return false
}

// Installed is what became of a package.
type Installed struct {
	Plugin          Plugin
	New             bool // the plugin was not there before
	Unchanged       bool // the same bytes are there already
	AwaitingConsent bool
	// Replaces are the plugins whose place it takes once somebody agrees, or has
	// taken where that was granted at once.
	Replaces []Plugin
}

// Settings are what is set for a plugin in a workspace.
type Settings struct {
	Schema *manifest.Settings // nil where nothing can be set
	// Values have a default where nothing was set, and [Mask] for a secret that is.
	Values map[string]any
	Set    []string // names that were set here, sorted
}

// Mask stands where a secret is. Written back it changes nothing.
const Mask = "******"

// Figures tell how a plugin did in the calls that are remembered, on this node
// since it was loaded.
type Figures struct {
	Calls, Errors int
	P50, P95      time.Duration
}
