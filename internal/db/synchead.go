package db

import (
	"context"

	"github.com/uptrace/bun"
)

// SyncHistorySetting holds the history_id: which life of the database this is.
// A restore or a failover must change it.
const SyncHistorySetting = "sync_history_id"

const (
	lockHeadsSQL = `WITH k ({columns}) AS ({rows})
		SELECT h.workspace_id, h.value, h.tombstone_floor, COALESCE((SELECT value FROM settings WHERE key = 'sync_history_id'), '')
		FROM k JOIN sync_heads AS h ON h.workspace_id = k.workspace_id
		ORDER BY h.workspace_id`
	openHeadsSQL = `WITH k ({columns}) AS ({rows})
		INSERT INTO sync_heads (workspace_id, value, tombstone_floor)
		SELECT w.id, 0, 0 FROM k JOIN workspaces AS w ON w.id = k.workspace_id WHERE true
		ORDER BY w.id ON CONFLICT (workspace_id) DO NOTHING`
	headColumns  = `workspace_id:t value:i`
	moveHeadsSQL = `UPDATE sync_heads SET value = k.value FROM k WHERE sync_heads.workspace_id = k.workspace_id`
)

// LockedHead is a workspace's head and the life of the database it belongs to.
type LockedHead struct {
	Value, TombstoneFloor int64
	HistoryID             string
}

// LockHeads reads the heads of workspaces and keeps other nodes from taking
// versions in them until the transaction ends. workspaceIDs must be sorted:
// two nodes that lock in different orders would wait for each other. A
// workspace that has never been synced has no head.
func (w *SyncWriter) LockHeads(ctx context.Context, tx bun.Tx, workspaceIDs []string) (map[string]LockedHead, error) {
	heads := make(map[string]LockedHead, len(workspaceIDs))
	err := w.lockHeads.query(ctx, tx, idRows(workspaceIDs), func(c cells) {
		heads[c.text(0)] = LockedHead{Value: c.number(1), TombstoneFloor: c.number(2), HistoryID: c.text(3)}
	})
	return heads, Fault(err, "locking sync heads")
}

// OpenHeads makes the heads of workspaces that have none yet. Ids of
// workspaces that do not exist are passed over.
func (w *SyncWriter) OpenHeads(ctx context.Context, tx bun.Tx, workspaceIDs []string) error {
	return Fault(w.openHeads.exec(ctx, tx, idRows(workspaceIDs)), "making sync heads")
}

func headRows(heads []SyncHead) rowsFor {
	return rowsFor{len(heads), func(i int, v values) {
		v.text(heads[i].WorkspaceID)
		v.number(heads[i].Value)
	}}
}

func idRows(ids []string) rowsFor {
	return rowsFor{len(ids), func(i int, v values) { v.text(ids[i]) }}
}

func texts(values []string) []any {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return args
}
