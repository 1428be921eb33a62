package db

import (
	"context"

	"github.com/uptrace/bun"
)

// AllWorkspaceIDs lists all workspaces, deleted ones too.
func AllWorkspaceIDs(ctx context.Context, q bun.IDB) ([]string, error) {
	ids := []string{}
	err := q.NewRaw(`SELECT id FROM workspaces ORDER BY id`).Scan(ctx, &ids)
	return ids, Fault(err, "listing workspaces")
}

// BlobsAfter reads a workspace's files in the order of their hashes, from the
// one after a hash on.
func BlobsAfter(ctx context.Context, q bun.IDB, workspaceID, after string, limit int) ([]Blob, error) {
	list := []Blob{}
	err := q.NewRaw(`SELECT * FROM blobs WHERE workspace_id = ? AND hash > ? ORDER BY hash LIMIT ?`, workspaceID, after, limit).Scan(ctx, &list)
	return list, Fault(err, "listing files")
}

// BlobsNamed reads those of a workspace's files that have one of the hashes.
func BlobsNamed(ctx context.Context, q bun.IDB, workspaceID string, hashes []string) ([]Blob, error) {
	list := []Blob{}
	if len(hashes) == 0 {
		return list, nil
	}
	err := q.NewRaw(`SELECT * FROM blobs WHERE workspace_id = ? AND hash IN (?)`, workspaceID, bun.List(hashes)).Scan(ctx, &list)
	return list, Fault(err, "looking for files")
}

// SyncHeadOf reads how far a workspace's log has come, and its floor; both are
// 0 for one that was never synced.
func SyncHeadOf(ctx context.Context, q bun.IDB, workspaceID string) (head, floor int64, err error) {
	err = q.NewRaw(`SELECT COALESCE(max(value), 0), COALESCE(max(tombstone_floor), 0) FROM sync_heads WHERE workspace_id = ?`, workspaceID).Scan(ctx, &head, &floor)
	return head, floor, Fault(err, "reading a sync head")
}

// NamedSince reports whether a change after a version names a file, by the
// digits of its hash in lower case.
func NamedSince(ctx context.Context, q bun.IDB, workspaceID string, version int64, digits string) (bool, error) {
	var n int
	err := q.NewRaw(`SELECT count(*) FROM change_log WHERE workspace_id = ? AND server_version > ? AND op = 'put'
		AND (lower(payload) LIKE ? OR lower(pk) LIKE ?)`, workspaceID, version, "%"+digits+"%", "%"+digits+"%").Scan(ctx, &n)
	return n > 0, Fault(err, "looking for new uses of a file")
}

// ToCheck are the files whose bytes were last looked at before a time; of those
// with one kind of damage, before a later one.
type ToCheck struct {
	Before int64
	Again  int64 // not before Before
	Damage string
}

const toCheck = ` FROM blobs WHERE checked_at < ? AND (checked_at < ? OR damage = ?)`

// BlobsToCheck reads files to check, those first for whom it is longest ago.
func BlobsToCheck(ctx context.Context, q bun.IDB, t ToCheck, limit int) ([]Blob, error) {
	list := []Blob{}
	err := q.NewRaw(`SELECT *`+toCheck+` ORDER BY checked_at LIMIT ?`, t.Again, t.Before, t.Damage, limit).Scan(ctx, &list)
	return list, Fault(err, "listing files to check")
}

// CountToCheck adds up the files to check.
func CountToCheck(ctx context.Context, q bun.IDB, t ToCheck) (files, bytes int64, err error) {
	err = q.NewRaw(`SELECT count(*), CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT)`+toCheck, t.Again, t.Before, t.Damage).Scan(ctx, &files, &bytes)
	return files, bytes, Fault(err, "counting files to check")
}

// MarkBlobChecked notes that a file's bytes were read and are right, and takes
// a mark of damage away. The mark stays while the collector wants the file: its
// bytes may go at any moment. Nothing happens when somebody has sent the file
// again meanwhile.
func MarkBlobChecked(ctx context.Context, tx bun.IDB, b Blob, at int64) error {
	_, err := tx.NewRaw(`UPDATE blobs SET checked_at = ?, damage = '', damaged_at = CASE WHEN condemned_at IS NULL THEN NULL ELSE damaged_at END
		WHERE workspace_id = ? AND hash = ? AND wanted_at = ?`, at, b.WorkspaceID, b.Hash, b.WantedAt).Exec(ctx)
	return Fault(err, "noting that a file is right")
}

// MarkBlobFound notes what is wrong with a file's bytes, as they were looked
// at; marked is false when somebody has sent the file again meanwhile, or it is
// gone.
func MarkBlobFound(ctx context.Context, tx bun.IDB, b Blob, damage string, at int64) (marked bool, err error) {
	res, err := tx.NewRaw(`UPDATE blobs SET checked_at = ?, damage = ?, damaged_at = COALESCE(damaged_at, ?)
		WHERE workspace_id = ? AND hash = ? AND wanted_at = ?`, at, damage, at, b.WorkspaceID, b.Hash, b.WantedAt).Exec(ctx)
	return changedOne(res, err, "marking a file as damaged")
}

// UnmarkBlob takes the collector's mark from a file that is named again; it
// tells nothing about whether a device has just asked for it. One that is marked
// as damaged too is due to be checked: the collector marks so what it is about
// to delete.
func UnmarkBlob(ctx context.Context, tx bun.IDB, workspaceID, hash string) error {
	_, err := tx.NewRaw(`UPDATE blobs SET condemned_at = NULL, checked_at = CASE WHEN damaged_at IS NULL THEN checked_at ELSE 0 END WHERE workspace_id = ? AND hash = ?`, workspaceID, hash).Exec(ctx)
	return Fault(err, "keeping a file")
}

// SetStorageUsage writes what a workspace keeps anew.
func SetStorageUsage(ctx context.Context, tx bun.IDB, workspaceID string, bytes int64) error {
	_, err := tx.NewRaw(`UPDATE storage_usage SET used_bytes = ? WHERE workspace_id = ?`, bytes, workspaceID).Exec(ctx)
	return Fault(err, "counting a workspace's files")
}

// SettleBlob makes a restored row say that its bytes are in a provider's store,
// are wanted, and are due to be read. A mark of damage goes only if they are
// proven.
func SettleBlob(ctx context.Context, tx bun.IDB, workspaceID, hash, provider string, proven bool, at int64) error {
	mended := ""
	if proven {
		mended = ", damaged_at = NULL, damage = ''"
	}
	_, err := tx.NewRaw(`UPDATE blobs SET provider = ?, condemned_at = NULL, checked_at = 0, wanted_at = ?`+mended+`
		WHERE workspace_id = ? AND hash = ?`, provider, at, workspaceID, hash).Exec(ctx)
	return Fault(err, "settling a restored file")
}
