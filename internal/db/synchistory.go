package db

import (
	"context"

	"github.com/uptrace/bun"
)

// ChangeOfHistory is one workspace's part of a restore or failover.
type ChangeOfHistory struct {
	bun.BaseModel `bun:"table:sync_histories"`
	HistoryID     string `bun:"history_id,pk"`
	WorkspaceID   string `bun:"workspace_id,pk"`
	Seq           int64  `bun:"seq"`
	PreviousID    string `bun:"previous_id"`
	BaseVersion   int64  `bun:"base_version"`
	DiscardNewer  bool   `bun:"discard_newer"`
	At            int64  `bun:"at"`
}

// InsertHistories writes down, for every workspace, that
// the database has a new history and which head it begins from.
func InsertHistories(ctx context.Context, tx bun.IDB, h ChangeOfHistory) error {
	discard := 0
	if h.DiscardNewer {
		discard = 1
	}
	_, err := tx.NewRaw(`INSERT INTO sync_histories (history_id, workspace_id, seq, previous_id, base_version, discard_newer, at)
		SELECT ?, w.id, (SELECT COALESCE(max(seq), 0) + 1 FROM sync_histories), ?, COALESCE(h.value, 0), ?, ?
		FROM workspaces AS w LEFT JOIN sync_heads AS h ON h.workspace_id = w.id`,
		h.HistoryID, h.PreviousID, discard, h.At).Exec(ctx)
	return Fault(err, "writing down a new history")
}

// HistoriesOf lists a workspace's changes of history, the newest first.
func HistoriesOf(ctx context.Context, q bun.IDB, workspaceID string) ([]ChangeOfHistory, error) {
	list := []ChangeOfHistory{}
	err := q.NewRaw(`SELECT history_id, workspace_id, seq, previous_id, base_version, discard_newer, at
		FROM sync_histories WHERE workspace_id = ? ORDER BY seq DESC`, workspaceID).Scan(ctx, &list)
	return list, Fault(err, "listing histories")
}

// LastRestore tells when a workspace's history last began anew, by a restore or
// a failover (epoch ms); 0 = never.
func LastRestore(ctx context.Context, q bun.IDB, workspaceID string) (at int64, err error) {
	err = q.NewRaw(`SELECT COALESCE(MAX(at), 0) FROM sync_histories WHERE workspace_id = ?`, workspaceID).Scan(ctx, &at)
	return at, Fault(err, "reading when a database was restored")
}
