package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// FindBlob reads what is known of a workspace's file.
func FindBlob(ctx context.Context, q bun.IDB, workspaceID, hash string) (Blob, error) {
	var b Blob
	var err error
	if w := quickWrite(ctx, q); w != nil {
		err = w.one(ctx, blobSQL, []any{workspaceID, hash}, b.read)
	} else {
		err = q.NewRaw(blobSQL, workspaceID, hash).Scan(ctx, &b)
	}
	return b, found(err, "reading about a file", "There is no such file.")
}

const blobSQL = `SELECT workspace_id, hash, size_bytes, mime_type, provider, created_by, created_at, condemned_at, damaged_at, wanted_at, checked_at, damage
	FROM blobs WHERE workspace_id = ? AND hash = ?`

// read takes a row of blobSQL.
func (b *Blob) read(c cells) {
	b.WorkspaceID, b.Hash, b.SizeBytes, b.MediaType, b.Provider, b.CreatedBy = c.text(0), c.text(1), c.number(2), c.text(3), c.text(4), c.text(5)
	b.CreatedAt, b.CondemnedAt, b.DamagedAt, b.WantedAt, b.CheckedAt, b.Damage = c.number(6), orNil(c, 7), orNil(c, 8), c.number(9), c.number(10), c.text(11)
}

// AnyBlob reports whether the books name a file that a provider keeps.
func AnyBlob(ctx context.Context, q bun.IDB, provider string) (bool, error) {
	n := 0
	err := q.NewRaw(`SELECT COUNT(*) FROM (SELECT 1 FROM blobs WHERE provider = ? LIMIT 1) AS b`, provider).Scan(ctx, &n)
	return n > 0, Fault(err, "looking for files")
}

// InsertBlob writes a new file; added is false if it is there already.
func InsertBlob(ctx context.Context, tx bun.IDB, b *Blob) (added bool, err error) {
	all, err := InsertBlobs(ctx, tx, []Blob{*b})
	return all[0], err
}

// InsertBlobs writes new files of one workspace, and counts those that its list
// shows; added tells of each whether it was not there already.
func InsertBlobs(ctx context.Context, tx bun.IDB, list []Blob) (added []bool, err error) {
	if added, err = insertBlobs(ctx, tx, list); err != nil {
		return added, err
	}
	var new []Blob
	for i := range list {
		if added[i] {
			new = append(new, list[i])
		}
	}
	return added, blobsCame(ctx, tx, new)
}

func insertBlobs(ctx context.Context, tx bun.IDB, list []Blob) (added []bool, err error) {
	const columns = `workspace_id, hash, size_bytes, mime_type, provider, created_by, created_at, wanted_at, checked_at, damage`
	const once = ` ON CONFLICT (workspace_id, hash) DO NOTHING`
	added = make([]bool, len(list))
	if len(list) == 0 {
		return added, nil
	}
	if w := quickWrite(ctx, tx); w != nil {
		err = w.statements.each(ctx, w.conn, `INSERT INTO blobs (`+columns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, '')`+once, 8, rowsFor{len(list), func(i int, v values) {
			b := &list[i]
			v.text(b.WorkspaceID)
			v.text(b.Hash)
			v.number(b.SizeBytes)
			v.text(b.MediaType)
			v.text(b.Provider)
			v.text(b.CreatedBy)
			v.number(b.CreatedAt)
			v.number(b.CreatedAt)
		}}, nil, func(i int, changed int64) { added[i] = changed == 1 })
		return added, Fault(err, "writing about files")
	}
	var rows []string
	var args []any
	for i := range list {
		b := &list[i]
		rows = append(rows, `(?, ?, ?, ?, ?, ?, ?, ?, 0, '')`)
		args = append(args, b.WorkspaceID, b.Hash, b.SizeBytes, b.MediaType, b.Provider, b.CreatedBy, b.CreatedAt, b.CreatedAt)
	}
	var written []string
	err = tx.NewRaw(`INSERT INTO blobs (`+columns+`) VALUES `+strings.Join(rows, ", ")+once+` RETURNING hash`, args...).Scan(ctx, &written)
	for i := range list {
		at := slices.Index(written, list[i].Hash)
		if added[i] = at >= 0; added[i] { // the same again is there by then
			written = slices.Delete(written, at, at+1)
		}
	}
	return added, Fault(err, "writing about files")
}

// CondemnBlob is the collector's mark of a file that nothing needs; the first
// time counts.
func CondemnBlob(ctx context.Context, tx bun.IDB, workspaceID, hash string, at int64) error {
	_, err := tx.NewRaw(`UPDATE blobs SET condemned_at = ? WHERE workspace_id = ? AND hash = ? AND condemned_at IS NULL`, at, workspaceID, hash).Exec(ctx)
	return Fault(err, "marking a file for the collector")
}

// CondemnUnwanted is CondemnBlob for a file that was last wanted at a time: one
// that a device has asked for since is left alone.
func CondemnUnwanted(ctx context.Context, tx bun.IDB, workspaceID, hash string, wantedAt, at int64) error {
	_, err := tx.NewRaw(`UPDATE blobs SET condemned_at = ? WHERE workspace_id = ? AND hash = ? AND wanted_at = ? AND condemned_at IS NULL`, at, workspaceID, hash, wantedAt).Exec(ctx)
	return Fault(err, "marking a file for the collector")
}

// ReviveBlob takes the collector's mark from a file that somebody wants at a
// time. A mark of damage stays: only bytes that were proven again take it away.
func ReviveBlob(ctx context.Context, tx bun.IDB, workspaceID, hash string, at int64) error {
	_, err := tx.NewRaw(`UPDATE blobs SET condemned_at = NULL, wanted_at = ? WHERE workspace_id = ? AND hash = ?`, at, workspaceID, hash).Exec(ctx)
	return Fault(err, "keeping a file")
}

// MendBlob takes the marks of damage and of the collector from a file whose
// bytes have just been sent again and proven.
func MendBlob(ctx context.Context, tx bun.IDB, workspaceID, hash string, at int64) error {
	_, err := tx.NewRaw(`UPDATE blobs SET condemned_at = NULL, damaged_at = NULL, damage = '', wanted_at = ?, checked_at = 0
		WHERE workspace_id = ? AND hash = ?`, at, workspaceID, hash).Exec(ctx)
	return Fault(err, "mending a file")
}

// MarkBlobDamaged notes when a file's bytes were found to be wrong; the first
// time counts.
func MarkBlobDamaged(ctx context.Context, tx bun.IDB, workspaceID, hash string, at int64) error {
	_, err := tx.NewRaw(`UPDATE blobs SET damaged_at = ? WHERE workspace_id = ? AND hash = ? AND damaged_at IS NULL`, at, workspaceID, hash).Exec(ctx)
	return Fault(err, "marking a file as damaged")
}

// MarkBlobRead notes that a file's bytes were found to be wrong by whoever began
// to read them when its row was b; nothing happens when somebody has sent the
// file again meanwhile.
func MarkBlobRead(ctx context.Context, tx bun.IDB, b Blob, at int64) error {
	_, err := tx.NewRaw(`UPDATE blobs SET damaged_at = ? WHERE workspace_id = ? AND hash = ? AND wanted_at = ? AND damaged_at IS NULL`,
		at, b.WorkspaceID, b.Hash, b.WantedAt).Exec(ctx)
	return Fault(err, "marking a file as damaged")
}

// DeleteBlob removes a file's row; gone is false if there was none. Pushes about
// files of the workspace wait for the transaction from then on.
func DeleteBlob(ctx context.Context, tx bun.IDB, workspaceID, hash string) (gone bool, err error) {
	if err := blobGoes(ctx, tx, workspaceID, hash); err != nil {
		return false, err
	}
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
func (d *DB) ReadStorageUsage(ctx context.Context, workspaceID string, now int64) (u StorageUsage, reserved int64, err error) {
	const text = `SELECT COALESCE((SELECT used_bytes FROM storage_usage WHERE workspace_id = ?), 0),
		(SELECT quota_bytes FROM storage_usage WHERE workspace_id = ?), (` + reservedBytes + `)`
	u.WorkspaceID = workspaceID
	args := []any{workspaceID, workspaceID, workspaceID, now}
	if d.dialect == SQLite {
		err = d.one(ctx, text, args, func(c cells) { u.UsedBytes, u.QuotaBytes, reserved = c.number(0), orNil(c, 1), c.number(2) })
	} else {
		err = d.Read().NewRaw(text, args...).Scan(ctx, &u.UsedBytes, &u.QuotaBytes, &reserved)
	}
	return u, reserved, Fault(err, "reading what a workspace's files use")
}

// LockStorageUsage reads what a workspace keeps and lets every other change of
// it wait until the transaction ends.
func LockStorageUsage(ctx context.Context, tx bun.IDB, workspaceID string) (StorageUsage, error) {
	u, err := lockedUsage(ctx, tx, workspaceID)
	if !errors.Is(err, sql.ErrNoRows) {
		return u, Fault(err, "locking a workspace's files")
	}
	if _, err := tx.NewInsert().Model(&u).On("CONFLICT (workspace_id) DO NOTHING").Exec(ctx); err != nil {
		return u, Fault(err, "beginning to count a workspace's files")
	}
	u, err = lockedUsage(ctx, tx, workspaceID)
	return u, Fault(err, "locking a workspace's files")
}

func lockedUsage(ctx context.Context, tx bun.IDB, workspaceID string) (StorageUsage, error) {
	u := StorageUsage{WorkspaceID: workspaceID}
	const text = `SELECT used_bytes, quota_bytes FROM storage_usage WHERE workspace_id = ?`
	if w := quickWrite(ctx, tx); w != nil {
		return u, w.one(ctx, text, []any{workspaceID}, func(c cells) { u.UsedBytes, u.QuotaBytes = c.number(0), orNil(c, 1) })
	}
	return u, tx.NewRaw(text+forUpdate(tx), workspaceID).Scan(ctx, &u.UsedBytes, &u.QuotaBytes)
}

// AddStorageUsage changes what a workspace keeps by so many bytes.
func AddStorageUsage(ctx context.Context, tx bun.IDB, workspaceID string, bytes int64) error {
	_, err := change(ctx, tx, `UPDATE storage_usage SET used_bytes = used_bytes + ? WHERE workspace_id = ?`, bytes, workspaceID)
	return Fault(err, "counting a workspace's files")
}

// SetStorageQuota gives a workspace a quota of its own; nil takes it away.
func SetStorageQuota(ctx context.Context, tx bun.IDB, workspaceID string, bytes *int64) error {
	_, err := tx.NewRaw(`UPDATE storage_usage SET quota_bytes = ? WHERE workspace_id = ?`, bytes, workspaceID).Exec(ctx)
	return Fault(err, "setting a workspace's quota")
}
