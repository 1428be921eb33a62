package db

import (
	"context"

	"github.com/uptrace/bun"
)

// InsertUploadIntent writes a new intent.
func InsertUploadIntent(ctx context.Context, tx bun.IDB, i *UploadIntent) error {
	_, err := tx.NewInsert().Model(i).Exec(ctx)
	return Fault(err, "writing an upload's intent")
}

// UploadIntentByID reads an intent, also a used or expired one.
func UploadIntentByID(ctx context.Context, q bun.IDB, id string) (UploadIntent, error) {
	var i UploadIntent
	err := q.NewRaw(`SELECT * FROM upload_intents WHERE id = ?`, id).Scan(ctx, &i)
	return i, found(err, "reading an upload's intent", "There is no such file.")
}

// UseUploadIntent uses an open intent up. Of any number of transactions that
// try, one is told true.
func UseUploadIntent(ctx context.Context, tx bun.IDB, id string, now int64) (bool, error) {
	res, err := tx.NewRaw(`UPDATE upload_intents SET used_at = ? WHERE id = ? AND used_at IS NULL AND expires_at > ?`, now, id, now).Exec(ctx)
	return changedOne(res, err, "using an upload's intent")
}

// UploadUnderWay reports whether a workspace has an open intent for a file.
func UploadUnderWay(ctx context.Context, q bun.IDB, workspaceID, hash string, now int64) (bool, error) {
	var n int
	err := q.NewRaw(`SELECT COUNT(*) FROM upload_intents WHERE workspace_id = ? AND hash = ? AND used_at IS NULL AND expires_at > ?`, workspaceID, hash, now).Scan(ctx, &n)
	return n > 0, Fault(err, "looking for uploads of a file")
}

// reservedBytes adds up a workspace's open intents at a time.
const reservedBytes = `SELECT CAST(COALESCE(SUM(f.size_bytes), 0) AS BIGINT) FROM (SELECT MAX(size_bytes) AS size_bytes FROM upload_intents
	WHERE workspace_id = ? AND used_at IS NULL AND expires_at > ?
		AND NOT EXISTS (SELECT 1 FROM blobs AS b WHERE b.workspace_id = upload_intents.workspace_id AND b.hash = upload_intents.hash)
	GROUP BY hash) AS f`

// ReservedBytes adds up the open intents of a workspace. Intents for one file
// count once, and not at all when the file is there.
func ReservedBytes(ctx context.Context, q bun.IDB, workspaceID string, now int64) (n int64, err error) {
	err = q.NewRaw(reservedBytes, workspaceID, now).Scan(ctx, &n)
	return n, Fault(err, "adding up reservations")
}

// DeleteUploadIntents removes intents that ended before a time, used or not.
func DeleteUploadIntents(ctx context.Context, tx bun.IDB, before int64) (int64, error) {
	res, err := tx.NewRaw(`DELETE FROM upload_intents WHERE expires_at <= ?`, before).Exec(ctx)
	return changed(res, err, "removing upload intents that have ended")
}
