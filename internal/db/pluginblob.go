package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
)

// PluginBlob is a larger thing that a plugin keeps.
type PluginBlob struct {
	Key       []byte
	MediaType string
	Hash      string
	Content   []byte
	UpdatedAt int64
}

const blobSize = `octet_length(key) + octet_length(content) + 64`

// FindPluginBlob reads a blob; ok is false where there is none.
func FindPluginBlob(ctx context.Context, q bun.IDB, s PluginSpace, key string) (b PluginBlob, ok bool, err error) {
	err = q.NewRaw(`SELECT key, media_type, hash, content, updated_at FROM plugin_blobs WHERE space = ? AND workspace_id = ? AND key = ?`,
		s.Name, s.WorkspaceID, bytesOf(key)).Scan(ctx, &b)
	if errors.Is(err, sql.ErrNoRows) {
		return PluginBlob{}, false, nil
	}
	return b, err == nil, Fault(err, "reading a plugin's blob")
}

// PluginBlobsAfter reads blobs by key.
func PluginBlobsAfter(ctx context.Context, q bun.IDB, s PluginSpace, after []byte, limit int) ([]PluginBlob, error) {
	list := []PluginBlob{}
	err := q.NewRaw(`SELECT key, media_type, hash, content, updated_at FROM plugin_blobs WHERE space = ? AND workspace_id = ? AND key > ? ORDER BY key LIMIT ?`,
		s.Name, s.WorkspaceID, append([]byte{}, after...), limit).Scan(ctx, &list)
	return list, Fault(err, "reading a plugin's blobs")
}

// PluginBlobSize is what a blob counts; 0 where there is none.
func PluginBlobSize(ctx context.Context, q bun.IDB, s PluginSpace, key string) (int64, error) {
	var n int64
	err := q.NewRaw(`SELECT COALESCE(sum(`+blobSize+`), 0) FROM plugin_blobs WHERE space = ? AND workspace_id = ? AND key = ?`, s.Name, s.WorkspaceID, bytesOf(key)).Scan(ctx, &n)
	return n, Fault(err, "reading a plugin's blob")
}

// PutPluginBlob writes a blob.
func PutPluginBlob(ctx context.Context, tx bun.IDB, s PluginSpace, b PluginBlob) error {
	_, err := tx.NewRaw(`INSERT INTO plugin_blobs (space, workspace_id, key, media_type, hash, content, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (space, workspace_id, key) DO UPDATE SET media_type = excluded.media_type, hash = excluded.hash, content = excluded.content, updated_at = excluded.updated_at`,
		s.Name, s.WorkspaceID, b.Key, b.MediaType, b.Hash, append([]byte{}, b.Content...), b.UpdatedAt).Exec(ctx)
	return Fault(err, "writing a plugin's blob")
}

// DeletePluginBlob removes a blob.
func DeletePluginBlob(ctx context.Context, tx bun.IDB, s PluginSpace, key string) error {
	_, err := tx.NewRaw(`DELETE FROM plugin_blobs WHERE space = ? AND workspace_id = ? AND key = ?`, s.Name, s.WorkspaceID, bytesOf(key)).Exec(ctx)
	return Fault(err, "removing a plugin's blob")
}
