package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
)

// PluginSpace is where a plugin keeps things of one workspace. Name belongs to
// one plugin; a copy of what it keeps has another.
type PluginSpace struct{ Name, WorkspaceID string }

// PluginUsage is what a space adds up to.
type PluginUsage struct{ KVBytes, BlobBytes int64 }

// PluginEntry is a value that a plugin keeps, and PluginEntryCost what one counts
// beside its key and value.
type PluginEntry struct {
	Key       []byte
	Value     string
	ExpiresAt int64 // epoch ms; 0 is never
	UpdatedAt int64
}

// PluginEntryCost is what an entry or blob costs beside its key and content.
const PluginEntryCost = 64

// bytesOf is never nil, which would be NULL.
func bytesOf(text string) []byte { return append([]byte{}, text...) }

// beyond is the first key after all that begin with prefix; nil when there is
// none, because nothing was asked for.
func beyond(prefix string) []byte {
	end := []byte(prefix)
	for len(end) > 0 && end[len(end)-1] == 0xff {
		end = end[:len(end)-1]
	}
	if len(end) > 0 {
		end[len(end)-1]++
	}
	return end
}

// LockPluginUsage reads what a space adds up to, and keeps others from changing
// it until the transaction ends.
func LockPluginUsage(ctx context.Context, tx bun.IDB, s PluginSpace) (PluginUsage, error) {
	if _, err := tx.NewRaw(`INSERT INTO plugin_usage (space, workspace_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, s.Name, s.WorkspaceID).Exec(ctx); err != nil {
		return PluginUsage{}, Fault(err, "counting what a plugin keeps")
	}
	var u PluginUsage
	err := tx.NewRaw(`SELECT kv_bytes, blob_bytes FROM plugin_usage WHERE space = ? AND workspace_id = ?`+forUpdate(tx), s.Name, s.WorkspaceID).Scan(ctx, &u.KVBytes, &u.BlobBytes)
	return u, Fault(err, "counting what a plugin keeps")
}

// ReadPluginUsage is LockPluginUsage for who only looks.
func ReadPluginUsage(ctx context.Context, q bun.IDB, s PluginSpace) (PluginUsage, error) {
	var u PluginUsage
	err := q.NewRaw(`SELECT COALESCE(sum(kv_bytes), 0), COALESCE(sum(blob_bytes), 0) FROM plugin_usage WHERE space = ? AND workspace_id = ?`, s.Name, s.WorkspaceID).Scan(ctx, &u.KVBytes, &u.BlobBytes)
	return u, Fault(err, "counting what a plugin keeps")
}

// AddPluginUsage changes what a locked space adds up to.
func AddPluginUsage(ctx context.Context, tx bun.IDB, s PluginSpace, by PluginUsage) error {
	_, err := tx.NewRaw(`UPDATE plugin_usage SET kv_bytes = kv_bytes + ?, blob_bytes = blob_bytes + ? WHERE space = ? AND workspace_id = ?`,
		by.KVBytes, by.BlobBytes, s.Name, s.WorkspaceID).Exec(ctx)
	return Fault(err, "counting what a plugin keeps")
}

// PluginValue reads a value that is not over; ok is false where there is none.
func PluginValue(ctx context.Context, q bun.IDB, s PluginSpace, key string, now int64) (value string, ok bool, err error) {
	err = q.NewRaw(`SELECT value FROM plugin_kv WHERE space = ? AND workspace_id = ? AND key = ? AND (expires_at = 0 OR expires_at > ?)`,
		s.Name, s.WorkspaceID, bytesOf(key), now).Scan(ctx, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return value, err == nil, Fault(err, "reading what a plugin keeps")
}

// PluginValues reads values by key: those that begin with prefix, after a key.
func PluginValues(ctx context.Context, q bun.IDB, s PluginSpace, prefix, after string, now int64, limit int) ([]PluginEntry, error) {
	list := []PluginEntry{}
	text := `SELECT key, value, expires_at, updated_at FROM plugin_kv WHERE space = ? AND workspace_id = ? AND (expires_at = 0 OR expires_at > ?)`
	args := []any{s.Name, s.WorkspaceID, now}
	if prefix != "" {
		text += ` AND key >= ? AND key < ?`
		args = append(args, bytesOf(prefix), beyond(prefix))
	}
	if after != "" {
		text += ` AND key > ?`
		args = append(args, bytesOf(after))
	}
	err := q.NewRaw(text+` ORDER BY key LIMIT ?`, append(args, limit)...).Scan(ctx, &list)
	return list, Fault(err, "reading what a plugin keeps")
}

// PluginValueSize is what an entry counts, also one that is over; 0 where there
// is none.
func PluginValueSize(ctx context.Context, q bun.IDB, s PluginSpace, key string) (int64, error) {
	var n int64
	err := q.NewRaw(`SELECT COALESCE(sum(`+kvSize+`), 0) FROM plugin_kv WHERE space = ? AND workspace_id = ? AND key = ?`, s.Name, s.WorkspaceID, bytesOf(key)).Scan(ctx, &n)
	return n, Fault(err, "reading what a plugin keeps")
}

// octet_length counts bytes on both databases, also in a text.
const kvSize = `octet_length(key) + octet_length(value) + 64`

// PutPluginValue writes a value.
func PutPluginValue(ctx context.Context, tx bun.IDB, s PluginSpace, e PluginEntry) error {
	_, err := tx.NewRaw(`INSERT INTO plugin_kv (space, workspace_id, key, value, expires_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (space, workspace_id, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at, updated_at = excluded.updated_at`,
		s.Name, s.WorkspaceID, e.Key, e.Value, e.ExpiresAt, e.UpdatedAt).Exec(ctx)
	return Fault(err, "writing what a plugin keeps")
}

// DeletePluginValue removes a value.
func DeletePluginValue(ctx context.Context, tx bun.IDB, s PluginSpace, key string) error {
	_, err := tx.NewRaw(`DELETE FROM plugin_kv WHERE space = ? AND workspace_id = ? AND key = ?`, s.Name, s.WorkspaceID, bytesOf(key)).Exec(ctx)
	return Fault(err, "removing what a plugin keeps")
}

// DeleteOverduePluginValues removes what is over in a locked space, and tells
// what it counted.
func DeleteOverduePluginValues(ctx context.Context, tx bun.IDB, s PluginSpace, now int64) (freed int64, err error) {
	const overdue = ` FROM plugin_kv WHERE space = ? AND workspace_id = ? AND expires_at > 0 AND expires_at <= ?`
	if err = tx.NewRaw(`SELECT COALESCE(sum(`+kvSize+`), 0)`+overdue, s.Name, s.WorkspaceID, now).Scan(ctx, &freed); err != nil || freed == 0 {
		return 0, Fault(err, "reading what a plugin keeps")
	}
	_, err = tx.NewRaw(`DELETE`+overdue, s.Name, s.WorkspaceID, now).Exec(ctx)
	return freed, Fault(err, "removing what a plugin keeps")
}

// OverduePluginSpaces are spaces with values that are over.
func OverduePluginSpaces(ctx context.Context, q bun.IDB, now int64, limit int) ([]PluginSpace, error) {
	list := []PluginSpace{}
	err := q.NewRaw(`SELECT DISTINCT space AS name, workspace_id FROM plugin_kv WHERE expires_at > 0 AND expires_at <= ? LIMIT ?`, now, limit).Scan(ctx, &list)
	return list, Fault(err, "reading what a plugin keeps")
}
