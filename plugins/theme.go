package plugins

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
)

// ThemeIn is the theme of a workspace: of those that are enabled there the one that
// was enabled last. False without one, and in safe mode.
func (m *Manager) ThemeIn(workspaceID string) (found Active, ok bool) {
	k := m.known.Load()
	var at int64
	for _, a := range k.active[workspaceID] {
		if a.Manifest.Kind != manifest.Theme || a.Manifest.Theme == nil {
			continue
		}
		if p := k.plugins[a.ID].workspaces[workspaceID]; !ok || p.UpdatedAt > at {
			found, ok, at = a, true, p.UpdatedAt
		}
	}
	return found, ok
}

// ThemeOf is a theme as one of the versions that are kept has it, also one that no
// longer runs or is agreed to on another node only: whoever loads a page asks for
// what it names. sha12 are the first digits of the package's hash.
func (m *Manager) ThemeOf(id, sha12 string) (*manifest.Manifest, bool) {
	v, ok := m.kept(id, sha12)
	if !ok || v.Manifest.Kind != manifest.Theme || v.Manifest.Theme == nil {
		return nil, false
	}
	return v.Manifest, true
}

// DefaultLook gives a workspace its default look back: it has no theme any more.
func (m *Manager) DefaultLook(ctx context.Context, by *policies.Session, workspaceID string) error {
	used, _ := m.ThemeIn(workspaceID)
	var ended []PlacedEvent
	err := m.act(ctx, by, audit.Entry{Action: ActDisable, TargetID: used.ID, WorkspaceID: workspaceID}, func(ctx context.Context, tx bun.Tx, entry *audit.Entry) (err error) {
		ended, err = m.endThemes(ctx, tx, by, workspaceID, "")
		if err != nil || len(ended) == 0 {
			return err
		}
		// The first one is the act's own entry, those of others stand before it.
		entry.TargetID, entry.Details = ended[0].PluginID, change{Before: ended[0].Before, After: ended[0].After}
		return m.noteDisabled(ctx, tx, by, ended[1:])
	})
	if err == nil {
		m.fireDisabled(ctx, ended)
	}
	return err
}

// endThemes switches off, in a transaction, the themes of a workspace but one.
func (m *Manager) endThemes(ctx context.Context, tx bun.Tx, by *policies.Session, workspaceID, but string) (ended []PlacedEvent, err error) {
	list, err := db.LockPluginWorkspacesIn(ctx, tx, workspaceID)
	if err != nil {
		return nil, err
	}
	for _, before := range list {
		if !before.Enabled || before.PluginID == but {
			continue
		}
		e, err := find(ctx, tx, before.PluginID, false)
		if fault.Is(err, fault.NotFound) {
			continue // what is left of a plugin that was purged
		} else if err != nil {
			return nil, err
		}
		if e.plugin().Kind != manifest.Theme {
			continue
		}
		at, after := m.moment(), before
		after.Enabled, after.QuarantinedAt, after.Tell = false, 0, db.TellEnabled
		after.UpdatedAt = max(at.UnixMilli(), before.UpdatedAt+1)
		if err := db.PutPluginWorkspace(ctx, tx, &after); err != nil {
			return nil, err
		}
		ended = append(ended, PlacedEvent{PluginID: before.PluginID, WorkspaceID: workspaceID, Actor: m.actorOf(ctx, by), Before: e.placed(before), After: e.placed(after), At: at})
	}
	return ended, nil
}

// noteDisabled writes into the audit log, in the transaction that did it, what was
// switched off.
//
// Every act locks the plugins' revision before the end of the audit log, and an
// act with entries beside its own does, too: in another order two would wait for
// each other.
func (m *Manager) noteDisabled(ctx context.Context, tx bun.Tx, by *policies.Session, ended []PlacedEvent) error {
	if len(ended) == 0 {
		return nil
	}
	if err := db.HoldPlugins(ctx, tx); err != nil {
		return err
	}
	for _, e := range ended {
		err := m.o.Audit.Append(ctx, tx, audit.Entry{Action: ActDisable, Actor: m.actorOf(ctx, by), TargetKind: "plugin", TargetID: e.PluginID, WorkspaceID: e.WorkspaceID,
			Details: change{Before: e.Before, After: e.After}})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Manager) fireDisabled(ctx context.Context, ended []PlacedEvent) {
	for _, e := range ended {
		HookDisabled.Fire(ctx, m.o.Bus, e)
	}
}
