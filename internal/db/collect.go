package db

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"
)

// SyncedWorkspaces lists the workspaces in which anything was ever written.
func SyncedWorkspaces(ctx context.Context, q bun.IDB) ([]string, error) {
	ids := []string{}
	err := q.NewRaw(`SELECT workspace_id FROM sync_heads WHERE value > 0 ORDER BY workspace_id`).Scan(ctx, &ids)
	return ids, Fault(err, "listing synced workspaces")
}

// FirstChangeSince gives the first version above a floor that was written at or
// after a time (epoch ms); ok is false when there is none.
func FirstChangeSince(ctx context.Context, q bun.IDB, workspaceID string, floor, at int64) (version int64, ok bool, err error) {
	var first []int64
	err = q.NewRaw(`SELECT server_version FROM change_log WHERE workspace_id = ? AND server_version > ? AND written_at >= ?
		ORDER BY server_version LIMIT 1`, workspaceID, floor, at).Scan(ctx, &first)
	if err != nil || len(first) == 0 {
		return 0, false, Fault(err, "looking for the first change to keep")
	}
	return first[0], true, nil
}

// WrittenAfter gives when the first change after a version was written (epoch
// ms); 0 when there is none.
func WrittenAfter(ctx context.Context, q bun.IDB, workspaceID string, version int64) (int64, error) {
	var at []int64
	err := q.NewRaw(`SELECT written_at FROM change_log WHERE workspace_id = ? AND server_version > ? ORDER BY server_version LIMIT 1`,
		workspaceID, version).Scan(ctx, &at)
	if err != nil || len(at) == 0 {
		return 0, Fault(err, "looking for the next change")
	}
	return at[0], nil
}

// LockHead reads a workspace's head and floor and keeps others from moving
// them until the transaction ends; one without a head stands at 0.
func LockHead(ctx context.Context, tx bun.IDB, workspaceID string) (head, floor int64, err error) {
	err = tx.NewRaw(`SELECT value, tombstone_floor FROM sync_heads WHERE workspace_id = ?`+forUpdate(tx), workspaceID).Scan(ctx, &head, &floor)
	if err == sql.ErrNoRows { //nolint:errorlint // bun gives it as it is
		return 0, 0, nil
	}
	return head, floor, Fault(err, "locking a sync head")
}

// RaiseFloor moves a workspace's floor up; it never falls.
func RaiseFloor(ctx context.Context, tx bun.IDB, workspaceID string, floor int64) error {
	_, err := tx.NewRaw(`UPDATE sync_heads SET tombstone_floor = ? WHERE workspace_id = ? AND tombstone_floor < ?`, floor, workspaceID, floor).Exec(ctx)
	return Fault(err, "raising a floor")
}

// DeleteChanges removes the oldest changes up to a version, at most limit.
func DeleteChanges(ctx context.Context, tx bun.IDB, workspaceID string, upTo int64, limit int) (int64, error) {
	res, err := tx.NewRaw(`DELETE FROM change_log WHERE workspace_id = ? AND server_version <= ?
		AND server_version < (SELECT COALESCE(min(server_version), 0) FROM change_log WHERE workspace_id = ?) + ?`,
		workspaceID, upTo, workspaceID, limit).Exec(ctx)
	return changed(res, err, "collecting changes")
}

// DeleteTombstones removes deleted rows up to a version, the oldest first, at
// most limit.
func DeleteTombstones(ctx context.Context, tx bun.IDB, workspaceID string, upTo int64, limit int) (int64, error) {
	// The version is asked twice: a row may be put and deleted again after the
	// selection has seen it, and that deletion is young.
	res, err := tx.NewRaw(`DELETE FROM sync_rows WHERE workspace_id = ? AND deleted = 1 AND server_version <= ? AND (table_name, pk) IN (
		SELECT table_name, pk FROM sync_rows WHERE workspace_id = ? AND deleted = 1 AND server_version <= ? ORDER BY server_version LIMIT ?)`,
		workspaceID, upTo, workspaceID, upTo, limit).Exec(ctx)
	return changed(res, err, "collecting tombstones")
}

// DeleteSuperseded removes ops that lost before a time (epoch ms), at most limit.
func DeleteSuperseded(ctx context.Context, tx bun.IDB, workspaceID string, before int64, limit int) (int64, error) {
	res, err := tx.NewRaw(`DELETE FROM superseded_ops WHERE workspace_id = ? AND op_id IN (
		SELECT op_id FROM superseded_ops WHERE workspace_id = ? AND written_at < ? ORDER BY written_at LIMIT ?)`,
		workspaceID, workspaceID, before, limit).Exec(ctx)
	return changed(res, err, "collecting superseded ops")
}

// Collection is one run of the collector.
type Collection struct {
	bun.BaseModel `bun:"table:collections"`
	ID            string `bun:"id,pk"`
	WorkspaceID   string `bun:"workspace_id"`
	Kind          string `bun:"kind"`
	StartedAt     int64  `bun:"started_at"`
	FinishedAt    int64  `bun:"finished_at"`
	Deleted       int64  `bun:"deleted"`
	Floor         int64  `bun:"floor"`
	ActorID       string `bun:"actor_id"` // "" = by itself
	Error         string `bun:"error"`
}

// InsertCollection keeps a run, and of the workspace's runs the newest 50.
func InsertCollection(ctx context.Context, tx bun.IDB, c *Collection) error {
	if _, err := tx.NewInsert().Model(c).Exec(ctx); err != nil {
		return Fault(err, "keeping a collection")
	}
	_, err := tx.NewRaw(`DELETE FROM collections WHERE workspace_id = ? AND id NOT IN (
		SELECT id FROM collections WHERE workspace_id = ? ORDER BY started_at DESC, id DESC LIMIT 50)`, c.WorkspaceID, c.WorkspaceID).Exec(ctx)
	return Fault(err, "forgetting old collections")
}

// ListedCollection is a run with the name of who asked for it.
type ListedCollection struct {
	Collection
	ActorName string `bun:"actor_name"`
}

// Collections lists a workspace's runs, the newest first.
func Collections(ctx context.Context, q bun.IDB, workspaceID string, limit int) ([]ListedCollection, error) {
	list := []ListedCollection{}
	err := q.NewRaw(`SELECT c.*, COALESCE(u.display_name, '') AS actor_name FROM collections AS c LEFT JOIN users AS u ON u.id = c.actor_id
		WHERE c.workspace_id = ? ORDER BY c.started_at DESC, c.id DESC LIMIT ?`, workspaceID, limit).Scan(ctx, &list)
	return list, Fault(err, "listing collections")
}

// LogSize is how much a workspace's log holds.
type LogSize struct {
	Changes    int64
	OldestAt   int64 // epoch ms; 0 when empty
	Rows       int64
	Tombstones int64
	Superseded int64
}

// SyncLogSize counts a workspace's log and rows.
func SyncLogSize(ctx context.Context, q bun.IDB, workspaceID string) (LogSize, error) {
	var s LogSize
	err := q.NewRaw(`SELECT (SELECT count(*) FROM change_log WHERE workspace_id = ?) AS changes,
		COALESCE((SELECT written_at FROM change_log WHERE workspace_id = ? ORDER BY server_version LIMIT 1), 0) AS oldest_at,
		(SELECT count(*) FROM sync_rows WHERE workspace_id = ? AND deleted = 0) AS rows,
		(SELECT count(*) FROM sync_rows WHERE workspace_id = ? AND deleted = 1) AS tombstones,
		(SELECT count(*) FROM superseded_ops WHERE workspace_id = ?) AS superseded`,
		workspaceID, workspaceID, workspaceID, workspaceID, workspaceID).Scan(ctx, &s)
	return s, Fault(err, "measuring a log")
}
