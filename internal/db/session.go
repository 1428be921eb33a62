package db

import (
	"context"

	"github.com/uptrace/bun"
)

// LiveSession is a session with what a request needs to know of its person.
type LiveSession struct {
	Session         `bun:",extend"`
	Email           string `bun:"email"`
	DisplayName     string `bun:"display_name"`
	Locale          string `bun:"locale"`
	TimeZone        string `bun:"time_zone"`
	ElevatedAt      int64  `bun:"elevated_at"`
	DeploymentAdmin bool   `bun:"deployment_admin"`
	// WorkspaceID is the active workspace if the person still is a member of
	// it and it is not deleted, else their oldest one, else "".
	WorkspaceID string `bun:"workspace_id"`
}

// liveColumns belong to a person u and whatever x they came with.
const liveColumns = `u.email, u.display_name, u.locale, u.time_zone, u.elevated_at,
	EXISTS (SELECT 1 FROM deployment_admins a WHERE a.user_id = u.id) AS deployment_admin,
	COALESCE(
		(SELECT m.workspace_id FROM members m JOIN workspaces w ON w.id = m.workspace_id AND w.deleted_at IS NULL
			WHERE m.user_id = u.id AND m.workspace_id = x.active_workspace_id),
		(SELECT m.workspace_id FROM members m JOIN workspaces w ON w.id = m.workspace_id AND w.deleted_at IS NULL
			WHERE m.user_id = u.id ORDER BY m.created_at, m.workspace_id LIMIT 1),
		'') AS workspace_id`

const noSession = "This session has ended. Sign in again."

// InsertSession adds a session.
func InsertSession(ctx context.Context, tx bun.IDB, s *Session) error {
	_, err := tx.NewInsert().Model(s).Exec(ctx)
	return Fault(err, "adding a session")
}

// SessionByToken finds the session of an enabled person by its token's hash.
func SessionByToken(ctx context.Context, q bun.IDB, tokenHash string) (LiveSession, error) {
	var s LiveSession
	err := q.NewRaw(`SELECT x.*, `+liveColumns+` FROM sessions x
		JOIN users u ON u.id = x.user_id AND u.disabled_at IS NULL WHERE x.token_hash = ?`, tokenHash).Scan(ctx, &s)
	return s, found(err, "finding a session", noSession)
}

// SessionByPreviousToken is SessionByToken for the token before the present
// one, if that was replaced after a time (epoch ms).
func SessionByPreviousToken(ctx context.Context, q bun.IDB, tokenHash string, after int64) (LiveSession, error) {
	var s LiveSession
	err := q.NewRaw(`SELECT x.*, `+liveColumns+` FROM sessions x
		JOIN users u ON u.id = x.user_id AND u.disabled_at IS NULL
		WHERE x.previous_hash = ? AND x.token_at > ?`, tokenHash, after).Scan(ctx, &s)
	return s, found(err, "finding a session", noSession)
}

// RotateSession replaces a session's token if it still is the old one, and
// tells whether it did. keepOld leaves the old one valid for a short while.
func RotateSession(ctx context.Context, tx bun.IDB, id, oldHash, newHash string, at int64, keepOld bool) (bool, error) {
	var previous *string
	if keepOld {
		previous = &oldHash
	}
	res, err := tx.NewRaw(`UPDATE sessions SET token_hash = ?, previous_hash = ?, token_at = ? WHERE id = ? AND token_hash = ?`,
		newHash, previous, at, id, oldHash).Exec(ctx)
	return changedOne(res, err, "replacing a session's token")
}

// SessionsOf lists a person's sessions, the one seen last first.
func SessionsOf(ctx context.Context, q bun.IDB, userID string) ([]Session, error) {
	rows := []Session{}
	err := q.NewRaw(`SELECT * FROM sessions WHERE user_id = ? ORDER BY last_seen_at DESC, id`, userID).Scan(ctx, &rows)
	return rows, Fault(err, "listing sessions")
}

// DeleteSession ends one session of a person; it tells whether there was one.
func DeleteSession(ctx context.Context, tx bun.IDB, userID, id string) (bool, error) {
	res, err := tx.NewRaw(`DELETE FROM sessions WHERE user_id = ? AND id = ?`, userID, id).Exec(ctx)
	return changedOne(res, err, "ending a session")
}

// DeleteSessionByToken ends the session with this token; it tells whether
// there was one.
func DeleteSessionByToken(ctx context.Context, tx bun.IDB, tokenHash string) (bool, error) {
	res, err := tx.NewRaw(`DELETE FROM sessions WHERE token_hash = ?`, tokenHash).Exec(ctx)
	return changedOne(res, err, "ending a session")
}

// DeleteOtherSessions ends all sessions of a person but one ("" = all of
// them) and tells how many there were.
func DeleteOtherSessions(ctx context.Context, tx bun.IDB, userID, keepID string) (int64, error) {
	res, err := tx.NewRaw(`DELETE FROM sessions WHERE user_id = ? AND id <> ?`, userID, keepID).Exec(ctx)
	return changed(res, err, "ending sessions")
}

// DeleteExpiredSessions removes sessions past their end or not seen since a
// time; both are epoch ms.
func DeleteExpiredSessions(ctx context.Context, tx bun.IDB, now, notSeenSince int64) (int64, error) {
	res, err := tx.NewRaw(`DELETE FROM sessions WHERE expires_at <= ? OR last_seen_at <= ?`, now, notSeenSince).Exec(ctx)
	return changed(res, err, "removing expired sessions")
}

// TouchSession notes when a session was seen; it never goes back.
func TouchSession(ctx context.Context, tx bun.IDB, id string, at int64) error {
	_, err := tx.NewRaw(`UPDATE sessions SET last_seen_at = ? WHERE id = ? AND last_seen_at < ?`, at, id, at).Exec(ctx)
	return Fault(err, "noting a session as seen")
}

// SetSessionWorkspace sets a session's active workspace.
func SetSessionWorkspace(ctx context.Context, tx bun.IDB, id, workspaceID string) error {
	_, err := tx.NewRaw(`UPDATE sessions SET active_workspace_id = ? WHERE id = ?`, workspaceID, id).Exec(ctx)
	return Fault(err, "switching the workspace of a session")
}

// SessionByID finds one session of a person.
func SessionByID(ctx context.Context, q bun.IDB, userID, id string) (Session, error) {
	var s Session
	err := q.NewRaw(`SELECT * FROM sessions WHERE user_id = ? AND id = ?`, userID, id).Scan(ctx, &s)
	return s, found(err, "finding a session", noSession)
}
