package plugins

import (
	"context"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/hook"
)

// The hooks of this package. They fire after the commit. Before and After are
// the whole entity, null where there is none; a golden test pins their JSON.
var (
	HookInstalled       = hook.Action[Event]{Name: "admin.plugin:action:installed"} // also a new version, which may wait for consent
	HookConsented       = hook.Action[Event]{Name: "admin.plugin:action:consented"}
	HookRefused         = hook.Action[Event]{Name: "admin.plugin:action:version_refused"}
	HookRolledBack      = hook.Action[Event]{Name: "admin.plugin:action:rolled_back"}
	HookStopped         = hook.Action[Event]{Name: "admin.plugin:action:stopped"}
	HookStarted         = hook.Action[Event]{Name: "admin.plugin:action:started"}
	HookUninstalled     = hook.Action[Event]{Name: "admin.plugin:action:uninstalled"}
	HookReinstated      = hook.Action[Event]{Name: "admin.plugin:action:reinstated"}
	HookPurged          = hook.Action[Event]{Name: "admin.plugin:action:purged"}
	HookEnabled         = hook.Action[PlacedEvent]{Name: "admin.plugin:action:enabled"}
	HookDisabled        = hook.Action[PlacedEvent]{Name: "admin.plugin:action:disabled"}
	HookSettingsChanged = hook.Action[PlacedEvent]{Name: "admin.plugin:action:settings_changed"}
	HookQuarantined     = hook.Action[PlacedEvent]{Name: "admin.plugin:action:quarantined"}
	HookReleased        = hook.Action[PlacedEvent]{Name: "admin.plugin:action:released"}
)

// Hooks are all of them, for the listing.
func Hooks() []hook.Declaration {
	return []hook.Declaration{HookInstalled, HookConsented, HookRefused, HookRolledBack, HookStopped, HookStarted, HookUninstalled, HookReinstated,
		HookPurged, HookEnabled, HookDisabled, HookSettingsChanged, HookQuarantined, HookReleased}
}

// Event tells what became of a plugin in the deployment.
type Event struct {
	PluginID    string      `json:"plugin_id"`
	WorkspaceID string      `json:"workspace_id"` // always ""
	Actor       audit.Actor `json:"actor"`
	Before      *Entity     `json:"before"`
	After       *Entity     `json:"after"`
	At          time.Time   `json:"at"`
}

// PlacedEvent tells what became of a plugin in a workspace.
type PlacedEvent struct {
	PluginID    string      `json:"plugin_id"`
	WorkspaceID string      `json:"workspace_id"`
	Actor       audit.Actor `json:"actor"`
	Before      *Placed     `json:"before"`
	After       *Placed     `json:"after"`
	At          time.Time   `json:"at"`
}

func (m *Manager) fire(ctx context.Context, h hook.Action[Event], c changed) {
	h.Fire(ctx, m.o.Bus, Event{PluginID: c.id, Actor: c.actor, Before: c.before.entity(), After: c.after.entity(), At: c.at})
}
