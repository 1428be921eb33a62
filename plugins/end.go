package plugins

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// grace is how long what an uninstalled plugin stored is kept.
const grace = 30 * 24 * time.Hour

// Stop lets a plugin run nowhere, on every node, from now on.
func (m *Manager) Stop(ctx context.Context, by *policies.Session, id string) error {
	c, err := m.changePlugin(ctx, by, id, ActStop, func(_ context.Context, _ bun.Tx, e *entry, row *db.PluginRow) (bool, error) {
		if row.State == string(StateUninstalled) || row.ActiveSHA256 == "" {
			return false, fault.New(fault.Conflict, "The plugin does not run.")
		}
		did := row.State != string(StateStopped)
		row.State = string(StateStopped)
		return did, nil
	})
	if err == nil && c.did() {
		m.fire(ctx, HookStopped, c)
	}
	return err
}

// Start ends that.
func (m *Manager) Start(ctx context.Context, by *policies.Session, id string) error {
	c, err := m.changePlugin(ctx, by, id, ActStart, func(_ context.Context, _ bun.Tx, _ *entry, row *db.PluginRow) (bool, error) {
		switch State(row.State) {
		case StateStopped:
			row.State, row.Error, row.ErrorAt = string(StateActive), "", 0
			return true, nil
		case StateActive:
			return false, nil
		}
		return false, fault.New(fault.Conflict, "The plugin is not stopped.")
	})
	if err == nil && c.did() {
		m.fire(ctx, HookStarted, c)
	}
	return err
}

// Uninstall takes a plugin away, on every node. What it stored is kept for 30
// days. One that nobody ever agreed to goes at once: it has stored nothing.
func (m *Manager) Uninstall(ctx context.Context, by *policies.Session, id string) error {
	unlock := m.acting.lock(id)
	defer unlock()
	c := changed{id: id, actor: m.actorOf(ctx, by)}
	err := m.act(ctx, by, audit.Entry{Action: ActUninstall, TargetID: id}, func(ctx context.Context, tx bun.Tx, entry *audit.Entry) error {
		c.at, c.after = m.moment(), nil
		before, err := find(ctx, tx, id, true)
		if err != nil {
			return err
		}
		if before.row.State == string(StateUninstalled) {
			return fault.New(fault.NotFound, "There is no such plugin.")
		}
		c.before = before
		if before.row.DataName == "" {
			entry.Details = change{Before: before.entity()}
			return m.removeAll(ctx, tx, before.row, "")
		}
		row := before.row
		row.State, row.WaitingSHA256, row.Error, row.ErrorAt = string(StateUninstalled), "", "", 0
		row.UpdatedAt, row.PurgeAt = c.at.UnixMilli(), c.at.Add(grace).UnixMilli()
		if err := db.UpdatePlugin(ctx, tx, &row); err != nil {
			return err
		}
		if err := db.TellPlugin(ctx, tx, id, db.TellEnabled); err != nil {
			return err
		}
		if err := m.prune(ctx, tx, &row); err != nil {
			return err
		}
		if c.after, err = find(ctx, tx, id, false); err != nil {
			return err
		}
		entry.Details = change{Before: before.entity(), After: c.after.entity()}
		return nil
	})
	if err == nil {
		m.fire(ctx, HookUninstalled, c)
	}
	return err
}

// Reinstate brings back a plugin that was uninstalled, as it was: with its version,
// what it was granted, where it was enabled and what it stored.
func (m *Manager) Reinstate(ctx context.Context, by *policies.Session, id string) error {
	unlock := m.acting.lock(id)
	defer unlock()
	c, err := m.changePlugin(ctx, by, id, ActReinstate, func(ctx context.Context, tx bun.Tx, _ *entry, row *db.PluginRow) (bool, error) {
		if row.State != string(StateUninstalled) || row.ActiveSHA256 == "" {
			return false, fault.New(fault.Conflict, "The plugin is not uninstalled.")
		}
		row.State, row.PurgeAt = string(StateActive), 0
		return true, db.TellPlugin(ctx, tx, id, db.TellEnabled)
	})
	if err == nil {
		m.fire(ctx, HookReinstated, c)
	}
	return err
}

// Purge removes an uninstalled plugin with all it stored, at once.
func (m *Manager) Purge(ctx context.Context, by *policies.Session, id string) error {
	unlock := m.acting.lock(id)
	defer unlock()
	return m.purge(ctx, by, id, 0)
}

// PurgeDue does that to all whose time is over: a job, on one node.
func (m *Manager) PurgeDue(ctx context.Context) error {
	now := m.o.Now().UnixMilli()
	ids, err := db.PluginsToPurge(ctx, m.o.DB.Read(), now)
	var errs []error
	for _, id := range ids {
		errs = append(errs, m.purge(ctx, m.self, id, now))
	}
	return errors.Join(append(errs, err)...)
}

func (m *Manager) purge(ctx context.Context, by *policies.Session, id string, due int64) error {
	c := changed{id: id, actor: m.actorOf(ctx, by)}
	var told []string
	err := m.act(ctx, by, audit.Entry{Action: ActPurge, TargetID: id}, func(ctx context.Context, tx bun.Tx, entry *audit.Entry) error {
		c.at, c.before, told = m.moment(), nil, nil
		before, err := find(ctx, tx, id, true)
		if err != nil {
			return err
		}
		if before.row.State != string(StateUninstalled) {
			return fault.New(fault.Conflict, "Uninstall the plugin first.")
		}
		if due > 0 && before.row.PurgeAt > due {
			return nil // it was uninstalled once more meanwhile
		}
		places, err := db.PluginWorkspacesOf(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, p := range places {
			if p.Settings != "" {
				told = append(told, p.WorkspaceID)
			}
		}
		c.before = before
		entry.Details = change{Before: before.entity()}
		return m.removeAll(ctx, tx, before.row, "")
	})
	if err != nil || c.before == nil {
		return err
	}
	m.forget(ctx, id, told)
	m.fire(ctx, HookPurged, c)
	return nil
}

// forget deletes the synced copies of a plugin's settings.
func (m *Manager) forget(ctx context.Context, id string, workspaces []string) {
	if m.o.DeleteKV == nil {
		return
	}
	for _, workspaceID := range workspaces {
		if err := m.o.DeleteKV(context.WithoutCancel(ctx), workspaceID, SettingsKV(id)); err != nil {
			m.o.Log.WarnContext(ctx, "the settings of a plugin that is gone stay on devices", "plugin", id, "workspace", workspaceID, "error", err)
		}
	}
}

// removeAll removes a plugin with all that is kept of it, but what another goes on
// with.
func (m *Manager) removeAll(ctx context.Context, tx bun.Tx, row db.PluginRow, kept string) error {
	versions, err := db.PluginVersions(ctx, tx, row.ID)
	if err != nil {
		return err
	}
	var names []string
	for _, v := range append(versions, db.PluginVersion{DataName: row.DataName}) {
		if v.DataName != "" && v.DataName != kept && !slices.Contains(names, v.DataName) {
			names = append(names, v.DataName)
		}
	}
	for _, name := range names {
		if err := m.dropData(ctx, tx, name); err != nil {
			return err
		}
	}
	for _, v := range versions {
		if err := db.DeletePluginVersion(ctx, tx, row.ID, v.SHA256); err != nil {
			return err
		}
	}
	if err := db.DeletePluginWorkspaces(ctx, tx, row.ID); err != nil {
		return err
	}
	if err := db.DropPluginRuns(ctx, tx, row.ID); err != nil {
		return err
	}
	return db.DeletePlugin(ctx, tx, row.ID)
}

// Export writes what a plugin has stored and what is set for it, everywhere, as
// lines of JSON: settings first, secrets masked.
func (m *Manager) Export(ctx context.Context, id string, w io.Writer) error {
	e, err := find(ctx, m.o.DB.Read(), id, false)
	if err != nil {
		return err
	}
	places, err := db.PluginWorkspacesOf(ctx, m.o.DB.Read(), id)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	for _, p := range places {
		if err := out.Encode(struct {
			Kind string `json:"kind"`
			*Placed
		}{"settings", e.placed(p)}); err != nil {
			return err
		}
	}
	if m.o.Data == nil || e.row.DataName == "" {
		return nil
	}
	return m.o.Data.Export(ctx, e.row.DataName, w)
}
