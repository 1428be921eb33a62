package db

import (
	"context"

	"github.com/uptrace/bun"
)

// RowPayload is a live row as devices see it.
type RowPayload struct{ PK, Payload string }

// RowsSeenBy reads a table's live rows by key, after one: those that everybody
// shares and those of one person; with "" only the shared ones. Settings that
// the server keeps among a workspace's kv are not among them.
func RowsSeenBy(ctx context.Context, q bun.IDB, workspaceID, table, userID, after string, limit int) ([]RowPayload, error) {
	list := []RowPayload{}
	err := q.NewRaw(`SELECT pk, payload FROM sync_rows
		WHERE workspace_id = ? AND table_name = ? AND pk > ? AND deleted = 0 AND payload IS NOT NULL AND owner_user_id IN ('', ?)
		AND (table_name <> 'kv' OR NOT (pk >= 'plugins.' AND pk < 'plugins/') AND NOT (pk >= 'admin.' AND pk < 'admin/'))
		ORDER BY pk LIMIT ?`, workspaceID, table, after, userID, limit).Scan(ctx, &list)
	return list, Fault(err, "reading synced rows")
}

// MemberAfter is a member as plugins read them.
type MemberAfter struct {
	UserID, DisplayName, Email, Role string

	CreatedAt int64
}

// MembersAfter reads a live workspace's members who can sign in, by id.
func MembersAfter(ctx context.Context, q bun.IDB, workspaceID, after string, limit int) ([]MemberAfter, error) {
	list := []MemberAfter{}
	err := q.NewRaw(`SELECT m.user_id, u.display_name, u.email, m.role, m.created_at FROM members AS m
		JOIN users AS u ON u.id = m.user_id AND u.disabled_at IS NULL
		JOIN workspaces AS w ON w.id = m.workspace_id AND w.deleted_at IS NULL
		WHERE m.workspace_id = ? AND m.user_id > ? ORDER BY m.user_id LIMIT ?`, workspaceID, after, limit).Scan(ctx, &list)
	return list, Fault(err, "listing members")
}
