package db

import (
	"context"

	"github.com/uptrace/bun"
)

// RestrictionsOf lists what a live workspace has taken from its roles.
func RestrictionsOf(ctx context.Context, q bun.IDB, workspaceID string) ([]Restriction, error) {
	var rows []Restriction
	err := q.NewRaw(`SELECT r.* FROM restrictions AS r
		JOIN workspaces AS w ON w.id = r.workspace_id AND w.deleted_at IS NULL
		WHERE r.workspace_id = ? ORDER BY r.role, r.permission`, workspaceID).Scan(ctx, &rows)
	return rows, Fault(err, "listing restrictions")
}

// DeleteRestrictions gives a workspace's roles everything back.
func DeleteRestrictions(ctx context.Context, tx bun.IDB, workspaceID string) error {
	_, err := tx.NewRaw(`DELETE FROM restrictions WHERE workspace_id = ?`, workspaceID).Exec(ctx)
	return Fault(err, "removing restrictions")
}

// InsertRestrictions writes restrictions; none is nothing.
func InsertRestrictions(ctx context.Context, tx bun.IDB, rows []Restriction) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&rows).Exec(ctx)
	return Fault(err, "writing restrictions")
}
