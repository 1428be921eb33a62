package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
)

// PluginWorkspace is what a plugin is in a workspace; see the migration.
type PluginWorkspace struct {
	bun.BaseModel `bun:"table:plugin_workspaces"`
	PluginID      string `bun:"plugin_id,pk"`
	WorkspaceID   string `bun:"workspace_id,pk"`
	Enabled       bool   `bun:"enabled"`
	Settings      string `bun:"settings"`
	Secrets       string `bun:"secrets"`
	QuarantinedAt int64  `bun:"quarantined_at"`
	UpdatedAt     int64  `bun:"updated_at"`
	Tell          int64  `bun:"tell"`
}

// What plugin_workspaces.tell says.
const (
	TellEnabled  = 1
	TellSettings = 2
)

// PluginWorkspaces reads what plugins are in all workspaces.
func PluginWorkspaces(ctx context.Context, q bun.IDB) (list []PluginWorkspace, err error) {
	err = q.NewRaw(`SELECT w.plugin_id, w.workspace_id, w.enabled, w.settings, w.secrets, w.quarantined_at, w.updated_at, w.tell FROM plugin_workspaces AS w
		ORDER BY w.plugin_id, w.workspace_id`).Scan(ctx, &list)
	return list, Fault(err, "reading where plugins are enabled")
}

// LockPluginWorkspacesIn reads what plugins are in one workspace, for a transaction
// that changes it: nobody removes them or hands them to another plugin meanwhile. It
// comes after the locks of the workspace and of the plugin.
func LockPluginWorkspacesIn(ctx context.Context, tx bun.IDB, workspaceID string) (list []PluginWorkspace, err error) {
	err = tx.NewRaw(`SELECT * FROM plugin_workspaces WHERE workspace_id = ? ORDER BY plugin_id`+forUpdate(tx), workspaceID).Scan(ctx, &list)
	return list, Fault(err, "reading what is enabled in a workspace")
}

// FindPluginWorkspace reads what a plugin is in a workspace; without a row it is
// a row in which nothing is set.
func FindPluginWorkspace(ctx context.Context, q bun.IDB, pluginID, workspaceID string) (PluginWorkspace, error) {
	w := PluginWorkspace{}
	err := q.NewRaw(`SELECT * FROM plugin_workspaces WHERE plugin_id = ? AND workspace_id = ?`, pluginID, workspaceID).Scan(ctx, &w)
	if errors.Is(err, sql.ErrNoRows) {
		return PluginWorkspace{PluginID: pluginID, WorkspaceID: workspaceID}, nil
	}
	return w, Fault(err, "reading what a plugin is in a workspace")
}

// PutPluginWorkspace writes what a plugin is in a workspace. What has to be told
// is added to what had to be.
func PutPluginWorkspace(ctx context.Context, tx bun.IDB, w *PluginWorkspace) error {
	enabled := 0
	if w.Enabled {
		enabled = 1
	}
	_, err := tx.NewRaw(`INSERT INTO plugin_workspaces (plugin_id, workspace_id, enabled, settings, secrets, quarantined_at, updated_at, tell) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (plugin_id, workspace_id) DO UPDATE SET enabled = excluded.enabled, settings = excluded.settings, secrets = excluded.secrets,
			quarantined_at = excluded.quarantined_at, updated_at = excluded.updated_at, tell = plugin_workspaces.tell | excluded.tell`,
		w.PluginID, w.WorkspaceID, enabled, w.Settings, w.Secrets, w.QuarantinedAt, w.UpdatedAt, w.Tell).Exec(ctx)
	return Fault(err, "writing what a plugin is in a workspace")
}

// MovePluginWorkspaces hands what a plugin is in workspaces to another, where that
// one is nothing yet: somebody may have set something for it before it runs.
func MovePluginWorkspaces(ctx context.Context, tx bun.IDB, from, to string, now int64) error {
	_, err := tx.NewRaw(`UPDATE plugin_workspaces SET plugin_id = ?, quarantined_at = 0, updated_at = ?, tell = 3
		WHERE plugin_id = ? AND workspace_id NOT IN (SELECT n.workspace_id FROM plugin_workspaces AS n WHERE n.plugin_id = ?)`, to, now, from, to).Exec(ctx)
	return Fault(err, "handing over where a plugin is enabled")
}

// DeletePluginWorkspaces removes what a plugin is in workspaces.
func DeletePluginWorkspaces(ctx context.Context, tx bun.IDB, pluginID string) error {
	_, err := tx.NewRaw(`DELETE FROM plugin_workspaces WHERE plugin_id = ?`, pluginID).Exec(ctx)
	return Fault(err, "removing where a plugin is enabled")
}

// PluginsToTell reads the rows of which synced copies have yet to be written. A
// workspace that was deleted has no devices to tell, unless it is restored.
func PluginsToTell(ctx context.Context, q bun.IDB) (list []PluginWorkspace, err error) {
	err = q.NewRaw(`SELECT p.* FROM plugin_workspaces AS p JOIN workspaces AS w ON w.id = p.workspace_id
		WHERE p.tell > 0 AND w.deleted_at IS NULL ORDER BY p.workspace_id, p.plugin_id`).Scan(ctx, &list)
	return list, Fault(err, "reading what devices have to be told of plugins")
}

// PluginTold notes that the copies of a row are written; not if it was changed
// since it was read.
func PluginTold(ctx context.Context, tx bun.IDB, w PluginWorkspace) error {
	_, err := tx.NewRaw(`UPDATE plugin_workspaces SET tell = 0 WHERE plugin_id = ? AND workspace_id = ? AND updated_at = ?`, w.PluginID, w.WorkspaceID, w.UpdatedAt).Exec(ctx)
	return Fault(err, "noting what devices were told of plugins")
}

// InsertPluginData makes a name under which a plugin stores things, or, with
// trialUntil, one for a copy that is removed then if it does not become its own.
func InsertPluginData(ctx context.Context, tx bun.IDB, name string, trialUntil int64) error {
	_, err := tx.NewRaw(`INSERT INTO plugin_data (name, closed_until, trial_until) VALUES (?, 0, ?)`, name, trialUntil).Exec(ctx)
	return Fault(err, "making a name for what a plugin stores")
}

// ClosePluginData lets nobody write under a name until a time, 0 to open it. It
// waits for transactions that are writing.
func ClosePluginData(ctx context.Context, tx bun.IDB, name string, until int64) error {
	_, err := tx.NewRaw(`UPDATE plugin_data SET closed_until = ? WHERE name = ?`, until, name).Exec(ctx)
	return Fault(err, "closing what a plugin stores")
}

// ExtendPluginTrial gives an upgrade more time, for the copy and for the original
// that is closed meanwhile; false when one of them is not what it was any more.
func ExtendPluginTrial(ctx context.Context, tx bun.IDB, original, made string, now, until int64) (ok bool, err error) {
	for _, text := range []string{
		`UPDATE plugin_data SET trial_until = ?0 WHERE name = ?2 AND trial_until > ?3`,
		`UPDATE plugin_data SET closed_until = ?0 WHERE name = ?1 AND closed_until > ?3`,
	} {
		done, err := tx.NewRaw(text, until, original, made, now).Exec(ctx)
		if err != nil {
			return false, Fault(err, "giving an upgrade more time")
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return false, Fault(err, "giving an upgrade more time")
		}
	}
	return true, nil
}

// AdoptPluginData makes a copy what the plugin has.
func AdoptPluginData(ctx context.Context, tx bun.IDB, name string) error {
	_, err := tx.NewRaw(`UPDATE plugin_data SET closed_until = 0, trial_until = 0 WHERE name = ?`, name).Exec(ctx)
	return Fault(err, "taking over what a plugin stores")
}

// OverduePluginTrials are the copies that no upgrade works on any more, locked.
func OverduePluginTrials(ctx context.Context, tx bun.IDB, now int64) (names []string, err error) {
	lock := ""
	if tx.Dialect().Name() == dialect.PG {
		lock = " FOR UPDATE"
	}
	err = tx.NewRaw(`SELECT name FROM plugin_data WHERE trial_until > 0 AND trial_until <= ? ORDER BY name`+lock, now).Scan(ctx, &names)
	return names, Fault(err, "reading what upgrades have left")
}

// DeletePluginData removes a name under which nothing is left.
func DeletePluginData(ctx context.Context, tx bun.IDB, name string) error {
	_, err := tx.NewRaw(`DELETE FROM plugin_data WHERE name = ?`, name).Exec(ctx)
	return Fault(err, "removing a name of what a plugin stored")
}

// HoldPluginData reports whether a plugin may write under a name, and keeps it
// so until the transaction ends: call it first in each that writes there. A name
// that is gone is not open, for the plugin was purged or upgraded meanwhile.
func HoldPluginData(ctx context.Context, tx bun.IDB, name string, now int64) (open bool, err error) {
	lock := ""
	if tx.Dialect().Name() == dialect.PG {
		lock = " FOR SHARE"
	}
	var until int64
	err = tx.NewRaw(`SELECT closed_until FROM plugin_data WHERE name = ?`+lock, name).Scan(ctx, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil && until <= now, Fault(err, "holding what a plugin stores")
}

// PluginWorkspacesOf reads what one plugin is in all workspaces.
func PluginWorkspacesOf(ctx context.Context, q bun.IDB, pluginID string) (list []PluginWorkspace, err error) {
	err = q.NewRaw(`SELECT * FROM plugin_workspaces WHERE plugin_id = ? ORDER BY workspace_id`, pluginID).Scan(ctx, &list)
	return list, Fault(err, "reading where a plugin is enabled")
}

// PluginsEnabledIn reads the ids of the plugins that are enabled in a workspace.
func PluginsEnabledIn(ctx context.Context, q bun.IDB, workspaceID string) (ids []string, err error) {
	err = q.NewRaw(`SELECT w.plugin_id FROM plugin_workspaces AS w JOIN plugins AS p ON p.id = w.plugin_id
		WHERE w.workspace_id = ? AND w.enabled = 1 AND p.state <> 'uninstalled' AND p.active_sha256 <> '' ORDER BY w.plugin_id`, workspaceID).Scan(ctx, &ids)
	return ids, Fault(err, "reading what is enabled in a workspace")
}

// TellPlugin says that the synced copies of what a plugin is in workspaces have
// to be written anew.
func TellPlugin(ctx context.Context, tx bun.IDB, pluginID string, what int) error {
	_, err := tx.NewRaw(`UPDATE plugin_workspaces SET tell = tell | ?, updated_at = updated_at + 1 WHERE plugin_id = ?`, what, pluginID).Exec(ctx)
	return Fault(err, "noting what devices have to be told of a plugin")
}
