package db

import (
	"context"

	"github.com/uptrace/bun"
)

// FindBlob reads what is known of a workspace's file.
func FindBlob(ctx context.Context, q bun.IDB, workspaceID, hash string) (Blob, error) {
	var b Blob
	err := q.NewRaw(`SELECT * FROM blobs WHERE workspace_id = ? AND hash = ?`, workspaceID, hash).Scan(ctx, &b)
	return b, found(err, "reading about a file", "There is no such file.")
}

// InsertBlob writes a file; added is false if it is there already.
func InsertBlob(ctx context.Context, tx bun.IDB, b *Blob) (added bool, err error) {
	res, err := tx.NewInsert().Model(b).On("CONFLICT (workspace_id, hash) DO NOTHING").Exec(ctx)
	return changedOne(res, err, "writing about a file")
}

// CondemnBlob is the collector's mark of a file that nothing needs; the first
// time counts.
func CondemnBlob(ctx context.Context, tx bun.IDB, workspaceID, hash string, at int64) error {
	_, err := tx.NewRaw(`UPDATE blobs SET condemned_at = ? WHERE workspace_id = ? AND hash = ? AND condemned_at IS NULL`, at, workspaceID, hash).Exec(ctx)
	return Fault(err, "marking a file for the collector")
}

// ReviveBlob takes the collector's mark from a file. A mark of damage stays:
// only bytes that were proven again take it away.
func ReviveBlob(ctx context.Context, tx bun.IDB, workspaceID, hash string) error {
	_, err := tx.NewRaw(`UPDATE blobs SET condemned_at = NULL WHERE workspace_id = ? AND hash = ?`, workspaceID, hash).Exec(ctx)
	return Fault(err, "keeping a file")
}

// MendBlob takes the marks of damage and of the collector from a file whose
// bytes have just been proven.
func MendBlob(ctx context.Context, tx bun.IDB, workspaceID, hash string) error {
	_, err := tx.NewRaw(`UPDATE blobs SET condemned_at = NULL, damaged_at = NULL WHERE workspace_id = ? AND hash = ?`, workspaceID, hash).Exec(ctx)
	return Fault(err, "mending a file")
}

// MarkBlobDamaged notes when a file's bytes were found to be wrong; the first
// time counts.
func MarkBlobDamaged(ctx context.Context, tx bun.IDB, workspaceID, hash string, at int64) error {
	_, err := tx.NewRaw(`UPDATE blobs SET damaged_at = ? WHERE workspace_id = ? AND hash = ? AND damaged_at IS NULL`, at, workspaceID, hash).Exec(ctx)
	return Fault(err, "marking a file as damaged")
}

// DeleteBlob removes a file's row; gone is false if there was none.
func DeleteBlob(ctx context.Context, tx bun.IDB, workspaceID, hash string) (gone bool, err error) {
	res, err := tx.NewRaw(`DELETE FROM blobs WHERE workspace_id = ? AND hash = ?`, workspaceID, hash).Exec(ctx)
	return changedOne(res, err, "deleting a file's row")
}

// BlobBytes adds up a workspace's files: what its usage has to be.
func BlobBytes(ctx context.Context, q bun.IDB, workspaceID string) (n int64, err error) {
	err = q.NewRaw(`SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM blobs WHERE workspace_id = ?`, workspaceID).Scan(ctx, &n)
	return n, Fault(err, "adding up files")
}

// ReadStorageUsage reads what a workspace keeps and what is reserved, both at
// one moment and without a lock.
func ReadStorageUsage(ctx context.Context, q bun.IDB, workspaceID string, now int64) (u StorageUsage, reserved int64, err error) {
	u.WorkspaceID = workspaceID
	err = q.NewRaw(`SELECT COALESCE((SELECT used_bytes FROM storage_usage WHERE workspace_id = ?), 0),
		(SELECT quota_bytes FROM storage_usage WHERE workspace_id = ?), (`+reservedBytes+`)`, workspaceID, workspaceID, workspaceID, now).
		Scan(ctx, &u.UsedBytes, &u.QuotaBytes, &reserved)
	return u, reserved, Fault(err, "reading what a workspace's files use")
}

// LockStorageUsage reads what a workspace keeps and lets every other change of
// it wait until the transaction ends.
func LockStorageUsage(ctx context.Context, tx bun.IDB, workspaceID string) (StorageUsage, error) {
	u := StorageUsage{WorkspaceID: workspaceID}
	if _, err := tx.NewInsert().Model(&u).On("CONFLICT (workspace_id) DO NOTHING").Exec(ctx); err != nil {
		return u, Fault(err, "beginning to count a workspace's files")
	}
	err := tx.NewRaw(`SELECT * FROM storage_usage WHERE workspace_id = ?`+forUpdate(tx), workspaceID).Scan(ctx, &u)
	return u, Fault(err, "locking a workspace's files")
}

// AddStorageUsage changes what a workspace keeps by so many bytes.
func AddStorageUsage(ctx context.Context, tx bun.IDB, workspaceID string, bytes int64) error {
	_, err := tx.NewRaw(`UPDATE storage_usage SET used_bytes = used_bytes + ? WHERE workspace_id = ?`, bytes, workspaceID).Exec(ctx)
	return Fault(err, "counting a workspace's files")
}

// SetStorageQuota gives a workspace a quota of its own; nil takes it away.
func SetStorageQuota(ctx context.Context, tx bun.IDB, workspaceID string, bytes *int64) error {
	_, err := tx.NewRaw(`UPDATE storage_usage SET quota_bytes = ? WHERE workspace_id = ?`, bytes, workspaceID).Exec(ctx)
	return Fault(err, "setting a workspace's quota")
}
