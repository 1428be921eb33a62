package db

import (
	"context"

	"github.com/uptrace/bun"
)

// Names of settings with a meaning in more than one package.
const (
	HomeWorkspaceSetting = "home_workspace_id" // set once, with the first owner
	SetupTokenSetting    = "setup_token"       // while no owner exists
)

// SettingValue reads a setting; one that is not set is a NotFound fault.
func SettingValue(ctx context.Context, q bun.IDB, key string) (string, error) {
	var value string
	err := q.NewRaw(`SELECT value FROM settings WHERE key = ?`, key).Scan(ctx, &value)
	return value, found(err, "reading the setting "+key, "There is no such setting.")
}

// PutSetting writes a setting, new or not.
func PutSetting(ctx context.Context, tx bun.IDB, key, value string) error {
	_, err := tx.NewRaw(`INSERT INTO settings (key, value) VALUES (?, ?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value).Exec(ctx)
	return Fault(err, "writing the setting "+key)
}

// ClaimSetting writes a setting only if it is not set, and tells whether it
// did. Of several transactions that try, one wins; the others wait for it.
func ClaimSetting(ctx context.Context, tx bun.IDB, key, value string) (bool, error) {
	res, err := tx.NewRaw(`INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`, key, value).Exec(ctx)
	if err != nil {
		return false, Fault(err, "claiming the setting "+key)
	}
	n, err := res.RowsAffected()
	return n == 1, Fault(err, "claiming the setting "+key)
}

// DeleteSetting removes a setting; one that is not set is no error.
func DeleteSetting(ctx context.Context, tx bun.IDB, key string) error {
	_, err := tx.NewRaw(`DELETE FROM settings WHERE key = ?`, key).Exec(ctx)
	return Fault(err, "removing the setting "+key)
}
