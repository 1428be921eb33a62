package db

import (
	"context"

	"github.com/uptrace/bun"
)

// What the invited do with invites. What owners do with them is in invite_admin.go.

// ListedInvite is an invite with the names a person knows things by.
type ListedInvite struct {
	Invite        `bun:",extend"`
	WorkspaceName string `bun:"workspace_name"`
	InviterName   string `bun:"inviter_name"` // "" when a command invited
}

const inviteColumns = `i.*, w.name AS workspace_name, COALESCE((SELECT u.display_name FROM users u WHERE u.id = i.invited_by), '') AS inviter_name`

const noInvite = "This invitation is not valid any more. Ask for a new one."

// OpenInviteByToken finds, by its token's hash, an invite to an undeleted
// workspace that can still be redeemed at a time (epoch ms). Anything else is
// NotFound, always in the same words.
func OpenInviteByToken(ctx context.Context, q bun.IDB, tokenHash string, now int64) (ListedInvite, error) {
	var i ListedInvite
	err := q.NewRaw(`SELECT `+inviteColumns+` FROM invites i JOIN workspaces w ON w.id = i.workspace_id AND w.deleted_at IS NULL
		WHERE i.token_hash = ? AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > ?`, tokenHash, now).Scan(ctx, &i)
	return i, found(err, "finding an invite", noInvite)
}

// OldestOpenInviteFor finds the oldest invite for an address that can still be
// redeemed, for people whose provider has verified their address.
func OldestOpenInviteFor(ctx context.Context, q bun.IDB, emailKey string, now int64) (ListedInvite, error) {
	var i ListedInvite
	err := q.NewRaw(`SELECT `+inviteColumns+` FROM invites i JOIN workspaces w ON w.id = i.workspace_id AND w.deleted_at IS NULL
		WHERE i.email_key = ? AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > ?
		ORDER BY i.created_at, i.id LIMIT 1`, emailKey, now).Scan(ctx, &i)
	return i, found(err, "finding an invite", noInvite)
}

// RedeemInvite marks an invite as used. Of any number of transactions that
// try, one is told true.
func RedeemInvite(ctx context.Context, tx bun.IDB, id, userID string, now int64) (bool, error) {
	res, err := tx.NewRaw(`UPDATE invites SET accepted_at = ?, accepted_by = ?
		WHERE id = ? AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?`, now, userID, id, now).Exec(ctx)
	return changedOne(res, err, "redeeming an invite")
}
