package db

import (
	"context"

	"github.com/uptrace/bun"
)

// InsertUploadIntent writes a new intent.
func InsertUploadIntent(ctx context.Context, tx bun.IDB, i *UploadIntent) error {
	_, err := change(ctx, tx, `INSERT INTO upload_intents (id, workspace_id, user_id, hash, size_bytes, mime_type, created_at, expires_at, name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		i.ID, i.WorkspaceID, i.UserID, i.Hash, i.SizeBytes, i.MediaType, i.CreatedAt, i.ExpiresAt, i.Name)
	return Fault(err, "writing an upload's intent")
}

// UploadIntentByID reads an intent, also a used or expired one.
func UploadIntentByID(ctx context.Context, q bun.IDB, id string) (UploadIntent, error) {
	var i UploadIntent
	err := q.NewRaw(`SELECT * FROM upload_intents WHERE id = ?`, id).Scan(ctx, &i)
	return i, found(err, "reading an upload's intent", "There is no such file.")
}

// AnyUnusedUploadIntent reports whether UnusedUploadIntents has any.
func AnyUnusedUploadIntent(ctx context.Context, tx bun.IDB, like UploadIntent) (bool, error) {
	const text = `SELECT COUNT(*) FROM (SELECT 1 FROM upload_intents WHERE workspace_id = ? AND user_id = ? AND hash = ? AND size_bytes = ? AND mime_type = ? AND used_at IS NULL LIMIT 1) AS i`
	args := []any{like.WorkspaceID, like.UserID, like.Hash, like.SizeBytes, like.MediaType}
	n, err := number(ctx, tx, text, args...)
	return n > 0, Fault(err, "looking for an interrupted upload")
}

// UnusedUploadIntents reads the newest intents of a person for the same file
// that were not used, also expired ones, the newest first.
func UnusedUploadIntents(ctx context.Context, q bun.IDB, like UploadIntent, limit int) (found []UploadIntent, err error) {
	err = q.NewRaw(`SELECT * FROM upload_intents WHERE workspace_id = ? AND user_id = ? AND hash = ? AND size_bytes = ? AND mime_type = ? AND used_at IS NULL
		ORDER BY created_at DESC, id DESC LIMIT ?`, like.WorkspaceID, like.UserID, like.Hash, like.SizeBytes, like.MediaType, limit).Scan(ctx, &found)
	return found, Fault(err, "looking for an interrupted upload")
}

// OpenUploadIntents reads the open intents of a person for the same file at a
// time, the newest first.
func OpenUploadIntents(ctx context.Context, q bun.IDB, like UploadIntent, now int64) (found []UploadIntent, err error) {
	err = q.NewRaw(`SELECT * FROM upload_intents WHERE workspace_id = ? AND user_id = ? AND hash = ? AND size_bytes = ? AND mime_type = ? AND used_at IS NULL AND expires_at > ?
		ORDER BY created_at DESC, id DESC`, like.WorkspaceID, like.UserID, like.Hash, like.SizeBytes, like.MediaType, now).Scan(ctx, &found)
	return found, Fault(err, "looking for an upload that was begun")
}

// OtherUploadIntents reads the open intents of a workspace for some files at a time.
func OtherUploadIntents(ctx context.Context, q bun.IDB, workspaceID string, hashes []string, now int64) (found []UploadIntent, err error) {
	err = q.NewRaw(`SELECT * FROM upload_intents WHERE workspace_id = ? AND hash IN (?) AND used_at IS NULL AND expires_at > ? ORDER BY id`, workspaceID, bun.List(hashes), now).Scan(ctx, &found)
	return found, Fault(err, "looking for other uploads of a file")
}

// AllOpenUploadIntents reads the open intents of everybody at a time.
func AllOpenUploadIntents(ctx context.Context, q bun.IDB, now int64) (found []UploadIntent, err error) {
	err = q.NewRaw(`SELECT * FROM upload_intents WHERE used_at IS NULL AND expires_at > ? ORDER BY workspace_id, user_id, id`, now).Scan(ctx, &found)
	return found, Fault(err, "looking for uploads under way")
}

// OpenUpload is an open intent with who it is of.
type OpenUpload struct {
	UploadIntent
	Owner string `bun:"owner"`
}

// OpenUploadsIn lists the largest open intents of a workspace at a time, and
// counts all.
func OpenUploadsIn(ctx context.Context, q bun.IDB, workspaceID string, now int64, limit int) (list []OpenUpload, all int64, err error) {
	list = []OpenUpload{}
	err = q.NewRaw(`SELECT i.*, COALESCE(u.display_name, '') AS owner FROM upload_intents AS i LEFT JOIN users AS u ON u.id = i.user_id
		WHERE i.workspace_id = ? AND i.used_at IS NULL AND i.expires_at > ? ORDER BY i.size_bytes DESC, i.id LIMIT ?`, workspaceID, now, limit).Scan(ctx, &list)
	if err != nil {
		return nil, 0, Fault(err, "listing unfinished uploads")
	}
	all, err = number(ctx, q, `SELECT COUNT(*) FROM upload_intents WHERE workspace_id = ? AND used_at IS NULL AND expires_at > ?`, workspaceID, now)
	return list, all, Fault(err, "counting unfinished uploads")
}

// RenewUploadIntent lets an unused intent end later, never sooner; false if it
// was used.
func RenewUploadIntent(ctx context.Context, tx bun.IDB, id string, expires int64) (bool, error) {
	res, err := tx.NewRaw(`UPDATE upload_intents SET expires_at = CASE WHEN expires_at > ? THEN expires_at ELSE ? END
		WHERE id = ? AND used_at IS NULL`, expires, expires, id).Exec(ctx)
	return changedOne(res, err, "renewing an upload's intent")
}

// ExtendUploadIntent is RenewUploadIntent for an intent that is still open; false
// if it was used, or ended.
func ExtendUploadIntent(ctx context.Context, tx bun.IDB, id string, now, expires int64) (bool, error) {
	n, err := change(ctx, tx, `UPDATE upload_intents SET expires_at = CASE WHEN expires_at > ? THEN expires_at ELSE ? END
		WHERE id = ? AND used_at IS NULL AND expires_at > ?`, expires, expires, id, now)
	return n == 1, Fault(err, "extending an upload's intent")
}

// ShortenUploadIntent lets an unused intent end sooner, never later.
func ShortenUploadIntent(ctx context.Context, tx bun.IDB, id string, expires int64) error {
	_, err := tx.NewRaw(`UPDATE upload_intents SET expires_at = ? WHERE id = ? AND used_at IS NULL AND expires_at > ?`, expires, id, expires).Exec(ctx)
	return Fault(err, "shortening an upload's intent")
}

// EndedUploadIntents reads intents that ended unused, from the one after an id
// on, in the order of their ids. Those made after a time are left out.
func EndedUploadIntents(ctx context.Context, q bun.IDB, after string, now, madeBefore int64, limit int) (found []UploadIntent, err error) {
	err = q.NewRaw(`SELECT * FROM upload_intents WHERE id > ? AND used_at IS NULL AND expires_at <= ? AND created_at <= ? ORDER BY id LIMIT ?`,
		after, now, madeBefore, limit).Scan(ctx, &found)
	return found, Fault(err, "looking for uploads that were given up")
}

// DropUploadIntent removes an unused intent, so that it reserves nothing.
func DropUploadIntent(ctx context.Context, tx bun.IDB, id string) error {
	_, err := tx.NewRaw(`DELETE FROM upload_intents WHERE id = ? AND used_at IS NULL`, id).Exec(ctx)
	return Fault(err, "giving up an upload's intent")
}

// DropEndedUploadIntent removes an unused intent that ended before a time; one
// that was renewed meanwhile stays.
func DropEndedUploadIntent(ctx context.Context, tx bun.IDB, id string, now int64) error {
	_, err := tx.NewRaw(`DELETE FROM upload_intents WHERE id = ? AND used_at IS NULL AND expires_at <= ?`, id, now).Exec(ctx)
	return Fault(err, "giving up an upload's intent")
}

// UseUploadIntent uses an open intent up. Of any number of transactions that
// try, one is told true.
func UseUploadIntent(ctx context.Context, tx bun.IDB, id string, now int64) (bool, error) {
	n, err := change(ctx, tx, `UPDATE upload_intents SET used_at = ? WHERE id = ? AND used_at IS NULL AND expires_at > ?`, now, id, now)
	return n == 1, Fault(err, "using an upload's intent")
}

// UploadUnderWay reports whether a workspace has an open intent for a file.
func UploadUnderWay(ctx context.Context, q bun.IDB, workspaceID, hash string, now int64) (bool, error) {
	var n int
	err := q.NewRaw(`SELECT COUNT(*) FROM upload_intents WHERE workspace_id = ? AND hash = ? AND used_at IS NULL AND expires_at > ?`, workspaceID, hash, now).Scan(ctx, &n)
	return n > 0, Fault(err, "looking for uploads of a file")
}

// UploadsOpen is UploadUnderWay for a reader who asks often: whether there is one
// of any of several files.
func (d *DB) UploadsOpen(ctx context.Context, workspaceID string, hashes []string, now int64) (open bool, err error) {
	const text = `SELECT COUNT(*) FROM upload_intents WHERE workspace_id = ? AND used_at IS NULL AND expires_at > ? AND hash IN `
	if d.dialect == SQLite {
		err = d.one(ctx, text+`(SELECT value FROM json_each(?))`, []any{workspaceID, now, anyOf(hashes)}, func(c cells) { open = c.number(0) > 0 })
	} else {
		var n int64
		n, err = number(ctx, d.Read(), text+`(?)`, workspaceID, now, bun.List(hashes))
		open = n > 0
	}
	return open, Fault(err, "looking for uploads of files")
}

// KnownFiles gives those of a workspace's hashes that the books name, or that
// somebody has begun to send; also where the upload has ended unused.
func (d *DB) KnownFiles(ctx context.Context, workspaceID string, hashes []string) (map[string]bool, error) {
	const (
		blobs = `SELECT hash FROM blobs WHERE workspace_id = ? AND hash IN `
		begun = ` UNION SELECT hash FROM upload_intents WHERE workspace_id = ? AND used_at IS NULL AND hash IN `
		these = `(SELECT value FROM json_each(?))`
	)
	known := map[string]bool{}
	if d.dialect == SQLite {
		list := anyOf(hashes)
		err := d.all(ctx, blobs+these+begun+these, []any{workspaceID, list, workspaceID, list}, func(c cells) { known[c.text(0)] = true })
		return known, Fault(err, "looking for files")
	}
	var found []string
	err := d.Read().NewRaw(blobs+`(?)`+begun+`(?)`, workspaceID, bun.List(hashes), workspaceID, bun.List(hashes)).Scan(ctx, &found)
	for _, hash := range found {
		known[hash] = true
	}
	return known, Fault(err, "looking for files")
}

// reservedBytes adds up a workspace's open intents at a time.
const reservedBytes = `SELECT CAST(COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM blobs AS b
		WHERE b.workspace_id = f.workspace_id AND b.hash = f.hash AND b.damaged_at IS NOT NULL) THEN f.bytes - f.largest ELSE f.bytes END), 0) AS BIGINT)
	FROM (SELECT workspace_id, hash, SUM(size_bytes) AS bytes, MAX(size_bytes) AS largest FROM upload_intents
		WHERE workspace_id = ? AND used_at IS NULL AND expires_at > ? GROUP BY workspace_id, hash) AS f`

// ReservedBytes adds up the open intents of a workspace: of each of them bytes
// may be kept, so that each counts, whatever others there are for its file. Only
// what mends a damaged file takes the room of the damaged one.
func ReservedBytes(ctx context.Context, q bun.IDB, workspaceID string, now int64) (n int64, err error) {
	n, err = number(ctx, q, reservedBytes, workspaceID, now)
	return n, Fault(err, "adding up reservations")
}

// MostReservedBytes adds up the open intents of a workspace one by one:
// ReservedBytes are never more, and take longer to find out.
func MostReservedBytes(ctx context.Context, q bun.IDB, workspaceID string, now int64) (n int64, err error) {
	n, err = number(ctx, q, `SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM upload_intents WHERE workspace_id = ? AND used_at IS NULL AND expires_at > ?`, workspaceID, now)
	return n, Fault(err, "adding up reservations")
}

// ReservedBytesOf adds up the open intents of one person in a workspace.
func ReservedBytesOf(ctx context.Context, q bun.IDB, workspaceID, userID string, now int64) (int64, error) {
	const text = `SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM upload_intents WHERE workspace_id = ? AND used_at IS NULL AND expires_at > ? AND user_id = ?`
	n, err := number(ctx, q, text, workspaceID, now, userID)
	return n, Fault(err, "adding up a person's reservations")
}

// OthersIn reports whether a workspace has members besides a person.
func OthersIn(ctx context.Context, q bun.IDB, workspaceID, userID string) (bool, error) {
	n, err := number(ctx, q, `SELECT COUNT(*) FROM members WHERE workspace_id = ? AND user_id <> ?`, workspaceID, userID)
	return n > 0, Fault(err, "looking for other members")
}

// DeleteUploadIntents removes intents that ended before a time, used or not.
func DeleteUploadIntents(ctx context.Context, tx bun.IDB, before int64) (int64, error) {
	res, err := tx.NewRaw(`DELETE FROM upload_intents WHERE expires_at <= ?`, before).Exec(ctx)
	return changed(res, err, "removing upload intents that have ended")
}
