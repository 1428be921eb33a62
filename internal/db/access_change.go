package db

import (
	"context"

	"github.com/uptrace/bun"
)

// AccessChange says whose access has changed and where: one person's everywhere,
// everybody's in a workspace, one person's in a workspace. The zero value is
// everybody's everywhere.
type AccessChange struct{ UserID, WorkspaceID string }

// Concerns tells whether a person's access to a workspace may have changed.
func (c AccessChange) Concerns(userID, workspaceID string) bool {
	return (c.UserID == "" || c.UserID == userID) && (c.WorkspaceID == "" || c.WorkspaceID == workspaceID)
}

// Of the last keptChanges revisions is known what they changed; a process that
// has missed more than readChanges looks at everything anew.
const (
	keptChanges = 1000
	readChanges = 100
)

// BumpAccess raises the access revision inside the transaction of a Write.
// Every transaction that changes users, sessions, tokens, members, workspaces,
// restrictions or deployment admins must call it once and say whom it concerns,
// rather too many than too few: after the commit this process, and within a
// second every other one, drops what it remembered about who may do what.
func (d *DB) BumpAccess(ctx context.Context, tx bun.IDB, of AccessChange) error {
	w, ok := ctx.Value(writeKey{}).(*write)
	if !ok {
		return errNotInWrite
	}
	err := tx.NewRaw(`UPDATE settings SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT)
		WHERE key = 'access_revision' RETURNING CAST(value AS BIGINT)`).Scan(ctx, &w.revision)
	if err != nil {
		return Fault(err, "raising the access revision")
	}
	w.access = of
	return putAccessChange(ctx, tx, w.revision, of)
}

// putAccessChange writes down what a revision changed. A revision that was
// there before, in a database that was restored since, is everybody's.
func putAccessChange(ctx context.Context, tx bun.IDB, revision int64, of AccessChange) error {
	_, err := tx.NewRaw(`INSERT INTO access_changes (revision, user_id, workspace_id) VALUES (?, ?, ?)
		ON CONFLICT (revision) DO UPDATE SET user_id = '', workspace_id = ''`, revision, of.UserID, of.WorkspaceID).Exec(ctx)
	if err == nil {
		_, err = tx.NewRaw(`DELETE FROM access_changes WHERE revision <= ?`, revision-keptChanges).Exec(ctx)
	}
	return Fault(err, "noting a change of access")
}

// accessChanges reads what the revisions after one changed, up to another; all
// is false when that is not known of each of them.
func accessChanges(ctx context.Context, q bun.IDB, after, upTo int64) (changes []AccessChange, all bool, err error) {
	if after <= 0 || upTo <= after || upTo-after > readChanges {
		return nil, false, nil
	}
	err = q.NewRaw(`SELECT user_id, workspace_id FROM access_changes WHERE revision > ? AND revision <= ? ORDER BY revision`, after, upTo).Scan(ctx, &changes)
	return changes, int64(len(changes)) == upTo-after, Fault(err, "reading changes of access")
}
