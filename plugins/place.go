package plugins

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
)

// EnabledKV is the synced kv row with the ids of what is enabled in a workspace.
const EnabledKV = "plugins.enabled"

// SettingsKV is the synced kv row with what is set for a plugin, without secrets.
func SettingsKV(id string) string { return "plugins.settings." + id }

// Enable lets a plugin run in a workspace, also where it was quarantined. A theme
// takes the place of another in the same transaction.
func (m *Manager) Enable(ctx context.Context, by *policies.Session, id, workspaceID string) error {
	return m.changePlaced(ctx, by, id, workspaceID, ActEnable, HookEnabled, func(e *entry, w *db.PluginWorkspace) (bool, error) {
		switch p := e.plugin(); {
		case p.State == StateUninstalled:
			return false, fault.New(fault.NotFound, "There is no such plugin.")
		case p.Active == nil:
			return false, fault.Newf(fault.Conflict, "Nobody has agreed yet to what %s asks for.", p.Name)
		}
		if w.Enabled && w.QuarantinedAt == 0 {
			return false, nil
		}
		w.Enabled, w.QuarantinedAt, w.Tell = true, 0, db.TellEnabled
		return true, nil
	})
}

// Disable ends that. What is set and stored there stays.
func (m *Manager) Disable(ctx context.Context, by *policies.Session, id, workspaceID string) error {
	return m.changePlaced(ctx, by, id, workspaceID, ActDisable, HookDisabled, func(_ *entry, w *db.PluginWorkspace) (bool, error) {
		if !w.Enabled {
			return false, nil
		}
		w.Enabled, w.QuarantinedAt, w.Tell = false, 0, db.TellEnabled
		return true, nil
	})
}

// Release lets a plugin run again in a workspace where it was paused or
// quarantined.
func (m *Manager) Release(ctx context.Context, by *policies.Session, id, workspaceID string) error {
	paused := m.Health(id, workspaceID).Paused
	err := m.changePlaced(ctx, by, id, workspaceID, ActRelease, HookReleased, func(_ *entry, w *db.PluginWorkspace) (bool, error) {
		did := w.QuarantinedAt > 0 || paused
		w.QuarantinedAt = 0
		return did, nil
	})
	if err != nil {
		return err
	}
	if r := m.running(id); r != nil && r.module != nil {
		r.module.Release(workspaceID)
	}
	return nil
}

// changePlaced runs an act on a plugin in a workspace.
func (m *Manager) changePlaced(ctx context.Context, by *policies.Session, id, workspaceID, action string, h hook.Action[PlacedEvent],
	fn func(e *entry, w *db.PluginWorkspace) (bool, error),
) error {
	event := PlacedEvent{PluginID: id, WorkspaceID: workspaceID, Actor: m.actorOf(ctx, by)}
	var ended []PlacedEvent // themes whose place this one takes
	err := m.act(ctx, by, audit.Entry{Action: action, TargetID: id, WorkspaceID: workspaceID}, func(ctx context.Context, tx bun.Tx, entry *audit.Entry) error {
		event.At, event.Before, event.After, ended = m.moment(), nil, nil, nil
		e, err := find(ctx, tx, id, true)
		if err != nil {
			return err
		}
		before, err := db.FindPluginWorkspace(ctx, tx, id, workspaceID)
		if err != nil {
			return err
		}
		w := before
		w.Tell = 0
		did, err := fn(e, &w)
		if err != nil {
			return err
		}
		if w.Enabled && action == ActEnable && e.plugin().Kind == manifest.Theme {
			if ended, err = m.endThemes(ctx, tx, by, workspaceID, id); err != nil {
				return err
			}
			did = did || len(ended) > 0
		}
		if !did {
			return nil
		}
		w.UpdatedAt = max(event.At.UnixMilli(), before.UpdatedAt+1)
		if err := db.PutPluginWorkspace(ctx, tx, &w); err != nil {
			return err
		}
		event.Before, event.After = e.placed(before), e.placed(w)
		entry.Details = change{Before: event.Before, After: event.After}
		return m.noteDisabled(ctx, tx, by, ended)
	})
	if err == nil && event.After != nil {
		m.fireDisabled(ctx, ended)
		h.Fire(ctx, m.o.Bus, event)
	}
	return err
}

// tell writes the synced copies of what has changed: after the transaction that
// changed it, because the sync engine's transactions are its own. What cannot be
// told now is told later, also by another node.
func (m *Manager) tell(ctx context.Context) {
	if m.o.SetKV == nil {
		return
	}
	m.telling.Lock()
	defer m.telling.Unlock()
	rows, err := db.PluginsToTell(ctx, m.o.DB.Read())
	for _, w := range rows {
		if ctx.Err() != nil {
			break
		}
		// What one workspace cannot be told keeps no other one waiting.
		if failed := m.tellOf(ctx, w); failed != nil && err == nil {
			err = failed
		}
	}
	if err != nil && m.life.Err() == nil && ctx.Err() == nil {
		m.o.Log.WarnContext(ctx, "devices have yet to be told what became of plugins", "error", err)
	}
}

func (m *Manager) tellOf(ctx context.Context, w db.PluginWorkspace) error {
	// A workspace that was deleted has no devices to tell.
	if space, err := db.WorkspaceByID(ctx, m.o.DB.Read(), w.WorkspaceID); err != nil {
		return err
	} else if space.DeletedAt != nil {
		return nil
	}
	if w.Tell&db.TellSettings != 0 {
		settings := w.Settings
		if settings == "" {
			settings = "{}"
		}
		if err := m.o.SetKV(ctx, w.WorkspaceID, SettingsKV(w.PluginID), settings); err != nil {
			return err
		}
	}
	if w.Tell&db.TellEnabled != 0 {
		if err := m.tellEnabled(ctx, w.WorkspaceID); err != nil {
			return err
		}
	}
	return m.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error { return db.PluginTold(ctx, tx, w) })
}

// tellEnabled writes the list until it is the one that was read: another node may
// write an older one at the same time.
func (m *Manager) tellEnabled(ctx context.Context, workspaceID string) error {
	var wrote []string
	for first := true; ; first = false {
		ids, err := db.PluginsEnabledIn(ctx, m.o.DB.Read(), workspaceID)
		if err != nil || !first && slices.Equal(ids, wrote) {
			return err
		}
		if ids == nil {
			ids = []string{}
		}
		text, err := json.Marshal(ids)
		if err != nil {
			return err
		}
		if err := m.o.SetKV(ctx, workspaceID, EnabledKV, string(text)); err != nil {
			return err
		}
		wrote = ids
	}
}

// quarantined is told by the runtime when a plugin failed too often somewhere. It
// is called by the call that failed, which waits for nothing here.
func (m *Manager) quarantined(id, version, workspaceID string) {
	if workspaceID == "" {
		return
	}
	m.beside(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(m.life), 10*time.Second)
		defer cancel()
		err := m.changePlaced(ctx, m.self, id, workspaceID, ActQuarantine, HookQuarantined, func(e *entry, w *db.PluginWorkspace) (bool, error) {
			if v := e.version(e.row.ActiveSHA256); v == nil || v.Version != version || !w.Enabled || w.QuarantinedAt > 0 {
				return false, nil // it is another one that runs there now
			}
			w.QuarantinedAt = m.o.Now().UnixMilli()
			return true, nil
		})
		if err != nil {
			m.o.Log.ErrorContext(ctx, "that a plugin is quarantined cannot be noted", "plugin", id, "workspace", workspaceID, "error", err)
		}
	})
}
