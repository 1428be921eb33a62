package db

import (
	"context"

	"github.com/uptrace/bun"
)

// What owners do with invites. What the invited do with them is in invite.go.

// InviteBy is an invite with the name of who sent it.
type InviteBy struct {
	Invite        `bun:",extend"`
	InvitedByName string `bun:"invited_by_name"`
}

// InsertInvite writes a new invite.
func InsertInvite(ctx context.Context, tx bun.IDB, i *Invite) error {
	_, err := tx.NewInsert().Model(i).Exec(ctx)
	return Fault(err, "writing an invite")
}

// OpenInvites lists the invites of a live workspace that were neither accepted
// nor revoked, expired ones among them, newest first.
func OpenInvites(ctx context.Context, q bun.IDB, workspaceID string, limit int) ([]InviteBy, error) {
	var rows []InviteBy
	err := q.NewRaw(`SELECT i.*, COALESCE(u.display_name, '') AS invited_by_name FROM invites AS i
		JOIN workspaces AS w ON w.id = i.workspace_id AND w.deleted_at IS NULL
		LEFT JOIN users AS u ON u.id = i.invited_by
		WHERE i.workspace_id = ? AND i.accepted_at IS NULL AND i.revoked_at IS NULL
		ORDER BY i.created_at DESC, i.id DESC LIMIT ?`, workspaceID, limit).Scan(ctx, &rows)
	return rows, Fault(err, "listing invites")
}

// OpenInvite reads one open invite of a workspace.
func OpenInvite(ctx context.Context, q bun.IDB, workspaceID, id string) (Invite, error) {
	var i Invite
	err := q.NewRaw(`SELECT * FROM invites WHERE workspace_id = ? AND id = ?
		AND accepted_at IS NULL AND revoked_at IS NULL`, workspaceID, id).Scan(ctx, &i)
	return i, found(err, "reading an invite", "This invite does not exist, or was used or withdrawn already.")
}

// RevokeInvite withdraws one open invite of a workspace.
func RevokeInvite(ctx context.Context, tx bun.IDB, workspaceID, id string, at int64) error {
	_, err := tx.NewRaw(`UPDATE invites SET revoked_at = ? WHERE workspace_id = ? AND id = ?
		AND accepted_at IS NULL AND revoked_at IS NULL`, at, workspaceID, id).Exec(ctx)
	return Fault(err, "withdrawing an invite")
}

// RevokeInvitesTo withdraws every open invite of a workspace to one address.
func RevokeInvitesTo(ctx context.Context, tx bun.IDB, workspaceID, emailKey string, at int64) error {
	_, err := tx.NewRaw(`UPDATE invites SET revoked_at = ? WHERE workspace_id = ? AND email_key = ?
		AND accepted_at IS NULL AND revoked_at IS NULL`, at, workspaceID, emailKey).Exec(ctx)
	return Fault(err, "withdrawing invites to an address")
}

// RevokeAllInvitesBy withdraws every open invite that one person sent, to
// whatever workspace.
func RevokeAllInvitesBy(ctx context.Context, tx bun.IDB, userID string, at int64) error {
	_, err := tx.NewRaw(`UPDATE invites SET revoked_at = ? WHERE invited_by = ?
		AND accepted_at IS NULL AND revoked_at IS NULL`, at, userID).Exec(ctx)
	return Fault(err, "withdrawing the invites somebody sent anywhere")
}

// RevokeInvitesBy withdraws every open invite of a workspace that one person sent.
func RevokeInvitesBy(ctx context.Context, tx bun.IDB, workspaceID, userID string, at int64) error {
	_, err := tx.NewRaw(`UPDATE invites SET revoked_at = ? WHERE workspace_id = ? AND invited_by = ?
		AND accepted_at IS NULL AND revoked_at IS NULL`, at, workspaceID, userID).Exec(ctx)
	return Fault(err, "withdrawing the invites somebody sent")
}
