package db

import (
	"context"

	"github.com/uptrace/bun"
)

// PluginDataWorkspaces are those in which something is kept under a name.
func PluginDataWorkspaces(ctx context.Context, q bun.IDB, name string) ([]string, error) {
	ids := []string{}
	err := q.NewRaw(`SELECT workspace_id FROM plugin_usage WHERE space = ? AND kv_bytes + blob_bytes > 0 ORDER BY workspace_id`, name).Scan(ctx, &ids)
	return ids, Fault(err, "reading where a plugin keeps things")
}

// CopyPluginData copies all that is kept under a name to one that has nothing.
func CopyPluginData(ctx context.Context, tx bun.IDB, from, to string) error {
	for _, text := range []string{
		`INSERT INTO plugin_usage (space, workspace_id, kv_bytes, blob_bytes) SELECT ?, workspace_id, kv_bytes, blob_bytes FROM plugin_usage WHERE space = ?`,
		`INSERT INTO plugin_kv (space, workspace_id, key, value, expires_at, updated_at) SELECT ?, workspace_id, key, value, expires_at, updated_at FROM plugin_kv WHERE space = ?`,
		`INSERT INTO plugin_blobs (space, workspace_id, key, media_type, hash, content, updated_at) SELECT ?, workspace_id, key, media_type, hash, content, updated_at FROM plugin_blobs WHERE space = ?`,
	} {
		if _, err := tx.NewRaw(text, to, from).Exec(ctx); err != nil {
			return Fault(err, "copying what a plugin keeps")
		}
	}
	return nil
}

// DropPluginData removes all that is kept under a name.
func DropPluginData(ctx context.Context, tx bun.IDB, name string) error {
	for _, table := range []string{"plugin_kv", "plugin_blobs", "plugin_usage"} {
		if _, err := tx.NewRaw(`DELETE FROM `+table+` WHERE space = ?`, name).Exec(ctx); err != nil {
			return Fault(err, "removing what a plugin keeps")
		}
	}
	return nil
}
