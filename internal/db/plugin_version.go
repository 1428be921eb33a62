package db

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/fault"
)

// PluginVersion is a package of a plugin; see the migration for its columns.
type PluginVersion struct {
	bun.BaseModel `bun:"table:plugin_versions"`
	PluginID      string `bun:"plugin_id,pk"`
	SHA256        string `bun:"sha256,pk"`
	Version       string `bun:"version"`
	SizeBytes     int64  `bun:"size_bytes"`
	Manifest      string `bun:"manifest"`
	Signature     string `bun:"signature"`
	Granted       string `bun:"granted"`
	DataName      string `bun:"data_name"`
	DataVersion   int64  `bun:"data_version"`
	AddedAt       int64  `bun:"added_at"`
	AddedBy       string `bun:"added_by"`
	RanAt         int64  `bun:"ran_at"`
}

// PluginVersions reads the versions of a plugin, of all with "", the one that
// ran last first.
func PluginVersions(ctx context.Context, q bun.IDB, pluginID string) (list []PluginVersion, err error) {
	err = q.NewRaw(`SELECT * FROM plugin_versions WHERE ? = '' OR plugin_id = ? ORDER BY plugin_id, ran_at DESC, added_at DESC, sha256`, pluginID, pluginID).Scan(ctx, &list)
	return list, Fault(err, "reading versions of plugins")
}

// PutPluginVersion writes a version, over one of the same bytes.
func PutPluginVersion(ctx context.Context, tx bun.IDB, v *PluginVersion) error {
	_, err := tx.NewRaw(`INSERT INTO plugin_versions (plugin_id, sha256, version, size_bytes, manifest, signature, granted, data_name, data_version, added_at, added_by, ran_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (plugin_id, sha256) DO UPDATE SET signature = excluded.signature, granted = excluded.granted,
			data_name = excluded.data_name, data_version = excluded.data_version, added_at = excluded.added_at, added_by = excluded.added_by, ran_at = excluded.ran_at`,
		v.PluginID, v.SHA256, v.Version, v.SizeBytes, v.Manifest, v.Signature, v.Granted, v.DataName, v.DataVersion, v.AddedAt, v.AddedBy, v.RanAt).Exec(ctx)
	return Fault(err, "writing a version of a plugin")
}

// DeletePluginVersion removes a version, and its bytes if no other has them.
func DeletePluginVersion(ctx context.Context, tx bun.IDB, pluginID, sha256 string) error {
	_, err := tx.NewRaw(`DELETE FROM plugin_versions WHERE plugin_id = ? AND sha256 = ?`, pluginID, sha256).Exec(ctx)
	if err == nil {
		_, err = tx.NewRaw(`DELETE FROM plugin_parts WHERE sha256 = ? AND NOT EXISTS (SELECT 1 FROM plugin_versions AS v WHERE v.sha256 = ?)`, sha256, sha256).Exec(ctx)
	}
	return Fault(err, "removing a version of a plugin")
}

// pluginPart is small enough for a statement, a line of a backup and a cache.
const pluginPart = 256 << 10

// PutPluginPackage writes the bytes of a package, if they are not there yet.
func PutPluginPackage(ctx context.Context, tx bun.IDB, sha256 string, zip []byte) error {
	for part := 0; part*pluginPart < len(zip); part++ {
		bytes := zip[part*pluginPart : min(len(zip), (part+1)*pluginPart)]
		if _, err := tx.NewRaw(`INSERT INTO plugin_parts (sha256, part, bytes) VALUES (?, ?, ?) ON CONFLICT (sha256, part) DO NOTHING`, sha256, part, bytes).Exec(ctx); err != nil {
			return Fault(err, "writing a package of a plugin")
		}
	}
	return nil
}

// PluginPackage reads the bytes of a package of which the size is known.
func PluginPackage(ctx context.Context, q bun.IDB, sha256 string, size int64) ([]byte, error) {
	var parts [][]byte
	if err := q.NewRaw(`SELECT bytes FROM plugin_parts WHERE sha256 = ? ORDER BY part`, sha256).Scan(ctx, &parts); err != nil {
		return nil, Fault(err, "reading a package of a plugin")
	}
	zip := make([]byte, 0, size)
	for _, p := range parts {
		zip = append(zip, p...)
	}
	if int64(len(zip)) != size {
		return nil, fault.Newf(fault.NotFound, "The package %.12s is not complete in the database. Install it again.", sha256)
	}
	return zip, nil
}
