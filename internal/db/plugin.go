package db

import (
	"context"

	"github.com/uptrace/bun"
)

// PluginRow is an installed plugin; see the migration for its columns.
type PluginRow struct {
	bun.BaseModel `bun:"table:plugins"`
	ID            string `bun:"id,pk"`
	State         string `bun:"state"`
	ActiveSHA256  string `bun:"active_sha256"`
	WaitingSHA256 string `bun:"waiting_sha256"`
	PinnedKey     string `bun:"pinned_key"`
	DataName      string `bun:"data_name"`
	DataVersion   int64  `bun:"data_version"`
	Error         string `bun:"error"`
	ErrorAt       int64  `bun:"error_at"`
	InstalledAt   int64  `bun:"installed_at"`
	UpdatedAt     int64  `bun:"updated_at"`
	PurgeAt       int64  `bun:"purge_at"`
}

// PluginRevision reads the number that rises with every change of plugins.
func PluginRevision(ctx context.Context, q bun.IDB) (int64, error) {
	var value int64
	err := q.NewRaw(`SELECT CAST(value AS BIGINT) FROM settings WHERE key = 'plugin_revision'`).Scan(ctx, &value)
	return value, Fault(err, "reading the revision of plugins")
}

// BumpPlugins raises it: every node then looks at all plugins anew. On PostgreSQL
// it holds the number until the transaction ends, which puts such transactions
// into a row; so it comes after the locks of the things themselves.
func BumpPlugins(ctx context.Context, tx bun.IDB) error {
	_, err := tx.NewRaw(`UPDATE settings SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = 'plugin_revision'`).Exec(ctx)
	return Fault(err, "raising the revision of plugins")
}

// HoldPlugins holds the number as BumpPlugins does, and leaves it as it is.
func HoldPlugins(ctx context.Context, tx bun.IDB) error {
	_, err := tx.NewRaw(`UPDATE settings SET value = value WHERE key = 'plugin_revision'`).Exec(ctx)
	return Fault(err, "holding the revision of plugins")
}

// InsertPlugin writes a new plugin; added is false if its id is taken.
func InsertPlugin(ctx context.Context, tx bun.IDB, p *PluginRow) (added bool, err error) {
	res, err := tx.NewRaw(`INSERT INTO plugins (id, state, active_sha256, waiting_sha256, pinned_key, data_name, data_version, error, error_at, installed_at, updated_at, purge_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		p.ID, p.State, p.ActiveSHA256, p.WaitingSHA256, p.PinnedKey, p.DataName, p.DataVersion, p.Error, p.ErrorAt, p.InstalledAt, p.UpdatedAt, p.PurgeAt).Exec(ctx)
	return changedOne(res, err, "writing a plugin")
}

const noPlugin = "There is no such plugin."

// FindPlugin reads a plugin, also an uninstalled one.
func FindPlugin(ctx context.Context, q bun.IDB, id string) (PluginRow, error) {
	var p PluginRow
	err := q.NewRaw(`SELECT * FROM plugins WHERE id = ?`, id).Scan(ctx, &p)
	return p, found(err, "reading a plugin", noPlugin)
}

// LockPlugin is FindPlugin for a transaction that changes it or anything of it.
func LockPlugin(ctx context.Context, tx bun.IDB, id string) (PluginRow, error) {
	var p PluginRow
	err := tx.NewRaw(`SELECT * FROM plugins WHERE id = ?`+forUpdate(tx), id).Scan(ctx, &p)
	return p, found(err, "reading a plugin", noPlugin)
}

// AllPlugins reads all plugins by id, also uninstalled ones.
func AllPlugins(ctx context.Context, q bun.IDB) (list []PluginRow, err error) {
	err = q.NewRaw(`SELECT * FROM plugins ORDER BY id`).Scan(ctx, &list)
	return list, Fault(err, "reading plugins")
}

// UpdatePlugin writes everything of a plugin but when it was installed.
func UpdatePlugin(ctx context.Context, tx bun.IDB, p *PluginRow) error {
	_, err := tx.NewRaw(`UPDATE plugins SET state = ?, active_sha256 = ?, waiting_sha256 = ?, pinned_key = ?, data_name = ?, data_version = ?, error = ?, error_at = ?, updated_at = ?, purge_at = ? WHERE id = ?`,
		p.State, p.ActiveSHA256, p.WaitingSHA256, p.PinnedKey, p.DataName, p.DataVersion, p.Error, p.ErrorAt, p.UpdatedAt, p.PurgeAt, p.ID).Exec(ctx)
	return Fault(err, "changing a plugin")
}

// DeletePlugin removes a plugin of which nothing else is left.
func DeletePlugin(ctx context.Context, tx bun.IDB, id string) error {
	_, err := tx.NewRaw(`DELETE FROM plugins WHERE id = ?`, id).Exec(ctx)
	return Fault(err, "removing a plugin")
}

// PluginsToPurge reads the ids of uninstalled plugins whose time is over.
func PluginsToPurge(ctx context.Context, q bun.IDB, now int64) (ids []string, err error) {
	err = q.NewRaw(`SELECT id FROM plugins WHERE state = 'uninstalled' AND purge_at <= ? ORDER BY id`, now).Scan(ctx, &ids)
	return ids, Fault(err, "looking for plugins to be removed")
}
