package db

import (
	"context"
	"strings"

	"github.com/uptrace/bun"
)

const noUser = "There is no such person."

// InsertUser adds a person. A taken e-mail address is an error IsUnique knows.
func InsertUser(ctx context.Context, tx bun.IDB, u *User) error {
	_, err := tx.NewInsert().Model(u).Exec(ctx)
	return Fault(err, "adding a person")
}

// UserByID finds a person.
func UserByID(ctx context.Context, q bun.IDB, id string) (User, error) {
	var u User
	err := q.NewRaw(`SELECT * FROM users WHERE id = ?`, id).Scan(ctx, &u)
	return u, found(err, "finding a person", noUser)
}

// User is UserByID of what is committed, and quick.
func (d *DB) User(ctx context.Context, id string) (User, error) {
	if d.dialect != SQLite {
		return UserByID(ctx, d.Read(), id)
	}
	var u User
	err := d.one(ctx, `SELECT id, email, email_key, display_name, locale, time_zone, password_hash, active_workspace_id, created_at, elevated_at, disabled_at
		FROM users WHERE id = ?`, []any{id}, func(c cells) {
		u.ID, u.Email, u.EmailKey, u.DisplayName, u.Locale, u.TimeZone = c.text(0), c.text(1), c.text(2), c.text(3), c.text(4), c.text(5)
		u.PasswordHash, u.ActiveWorkspaceID, u.CreatedAt, u.ElevatedAt, u.DisabledAt = textOrNil(c, 6), textOrNil(c, 7), c.number(8), c.number(9), orNil(c, 10)
	})
	return u, found(err, "finding a person", noUser)
}

// LockUser finds a person and keeps others from changing them until the
// transaction ends.
func LockUser(ctx context.Context, tx bun.IDB, id string) (User, error) {
	var u User
	err := tx.NewRaw(`SELECT * FROM users WHERE id = ?`+forUpdate(tx), id).Scan(ctx, &u)
	return u, found(err, "locking a person", noUser)
}

// UserByEmail finds a person by EmailKey of their address.
func UserByEmail(ctx context.Context, q bun.IDB, emailKey string) (User, error) {
	var u User
	err := q.NewRaw(`SELECT * FROM users WHERE email_key = ?`, emailKey).Scan(ctx, &u)
	return u, found(err, "finding a person by e-mail", noUser)
}

// SetUserProfile writes what a person says about themselves.
func SetUserProfile(ctx context.Context, tx bun.IDB, id, displayName, locale, timeZone string) error {
	_, err := tx.NewRaw(`UPDATE users SET display_name = ?, locale = ?, time_zone = ? WHERE id = ?`,
		displayName, locale, timeZone, id).Exec(ctx)
	return Fault(err, "changing a profile")
}

// SetUserPassword replaces a password's hash.
func SetUserPassword(ctx context.Context, tx bun.IDB, id, hash string) error {
	_, err := tx.NewRaw(`UPDATE users SET password_hash = ? WHERE id = ?`, hash, id).Exec(ctx)
	return Fault(err, "changing a password")
}

// UpgradeUserPassword replaces a password's hash only if it is still the old
// one: a stronger hash of the same password must not undo a change of it.
func UpgradeUserPassword(ctx context.Context, tx bun.IDB, id, old, hash string) error {
	_, err := tx.NewRaw(`UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?`, hash, id, old).Exec(ctx)
	return Fault(err, "strengthening a password hash")
}

// SetUserDisabled disables (at epoch ms) or enables (nil) a person.
func SetUserDisabled(ctx context.Context, tx bun.IDB, id string, at *int64) error {
	_, err := tx.NewRaw(`UPDATE users SET disabled_at = ? WHERE id = ?`, at, id).Exec(ctx)
	return Fault(err, "disabling or enabling a person")
}

// MarkElevated notes that a person's rights grew, so that their sessions get
// new tokens with the next request.
func MarkElevated(ctx context.Context, tx bun.IDB, id string, at int64) error {
	_, err := tx.NewRaw(`UPDATE users SET elevated_at = ? WHERE id = ?`, at, id).Exec(ctx)
	return Fault(err, "noting a grown right")
}

// SetUserWorkspace sets the workspace a person's next session begins in.
func SetUserWorkspace(ctx context.Context, tx bun.IDB, id, workspaceID string) error {
	_, err := tx.NewRaw(`UPDATE users SET active_workspace_id = ? WHERE id = ?`, workspaceID, id).Exec(ctx)
	return Fault(err, "setting a person's workspace")
}

// UserState selects people by what they are to the deployment.
type UserState string

// The states of people.
const (
	AnyUser      UserState = ""
	EnabledUser  UserState = "enabled"
	DisabledUser UserState = "disabled"
	AdminUser    UserState = "admins" // deployment admins
)

// UserQuery selects people; the zero query selects everybody.
type UserQuery struct {
	Text  string // part of the e-mail address or name, in any case
	State UserState
	After string // EmailKey of the last person of the page before
	Limit int
}

// ListedUser is a person with what the list of people shows beside them.
type ListedUser struct {
	User            `bun:",extend"`
	DeploymentAdmin bool   `bun:"deployment_admin"`
	HomeOwner       bool   `bun:"home_owner"`
	Workspaces      int64  `bun:"workspaces"`
	Sessions        int64  `bun:"sessions"`
	LastSeenAt      *int64 `bun:"last_seen_at"`
}

// lastSeen is when a person u was here last: with a session, or by the last thing the audit log has of
// them (signing out is one), or a device of theirs in seen, which has one row a person. NULL is who never came.
const lastSeen = `(SELECT max(h.at) FROM (
			SELECT s.last_seen_at AS at FROM sessions AS s WHERE s.user_id = u.id
			UNION ALL SELECT a.at FROM (SELECT l.at FROM audit_log AS l WHERE l.actor_id = u.id ORDER BY l.seq DESC LIMIT 1) AS a
			UNION ALL SELECT seen.at) AS h)`

// ListUsers gives people in the order of their e-mail addresses.
func ListUsers(ctx context.Context, q bun.IDB, query UserQuery) ([]ListedUser, error) {
	rows := []ListedUser{}
	where, args := userWhere(query)
	err := q.NewRaw(`SELECT u.*,
		EXISTS (SELECT 1 FROM deployment_admins a WHERE a.user_id = u.id) AS deployment_admin,
		EXISTS (SELECT 1 FROM members m JOIN settings h ON h.key = 'home_workspace_id' AND h.value = m.workspace_id
			WHERE m.user_id = u.id AND m.role = 'owner') AS home_owner,
		(SELECT count(*) FROM members m JOIN workspaces w ON w.id = m.workspace_id AND w.deleted_at IS NULL WHERE m.user_id = u.id) AS workspaces,
		(SELECT count(*) FROM sessions s WHERE s.user_id = u.id) AS sessions,
		`+lastSeen+` AS last_seen_at
		FROM users u LEFT JOIN (SELECT c.user_id, max(c.updated_at) AS at FROM device_cursors c GROUP BY c.user_id) AS seen ON seen.user_id = u.id
		WHERE `+where+` ORDER BY u.email_key LIMIT ?`, append(args, query.Limit)...).Scan(ctx, &rows)
	return rows, Fault(err, "listing people")
}

// CountUsers counts the people a query selects, on all pages.
func CountUsers(ctx context.Context, q bun.IDB, query UserQuery) (int, error) {
	query.After = ""
	where, args := userWhere(query)
	var n int
	err := q.NewRaw(`SELECT count(*) FROM users u WHERE `+where, args...).Scan(ctx, &n)
	return n, Fault(err, "counting people")
}

func userWhere(query UserQuery) (string, []any) {
	where, args := "u.email_key > ?", []any{query.After}
	if text := strings.TrimSpace(query.Text); text != "" {
		named, spelled := inAnyCase("u.display_name", text)
		where += " AND (u.email_key LIKE ? ESCAPE '!' OR " + named + ")"
		args = append(append(args, containing(EmailKey(text))), spelled...)
	}
	switch query.State {
	case EnabledUser:
		where += " AND u.disabled_at IS NULL"
	case DisabledUser:
		where += " AND u.disabled_at IS NOT NULL"
	case AdminUser:
		where += " AND EXISTS (SELECT 1 FROM deployment_admins a WHERE a.user_id = u.id)"
	}
	return where, args
}

// HasOtherMembers tells whether anybody but one person belongs to a workspace.
func HasOtherMembers(ctx context.Context, q bun.IDB, workspaceID, userID string) (bool, error) {
	var yes bool
	err := q.NewRaw(`SELECT EXISTS (SELECT 1 FROM members WHERE workspace_id = ? AND user_id <> ?)`, workspaceID, userID).Scan(ctx, &yes)
	return yes, Fault(err, "looking for other members")
}

// IsHomeOwner tells whether a person is an enabled owner of the home workspace.
func IsHomeOwner(ctx context.Context, q bun.IDB, userID string) (bool, error) {
	var yes bool
	err := q.NewRaw(`SELECT EXISTS (SELECT 1 FROM settings h JOIN members m ON m.workspace_id = h.value AND m.role = 'owner'
		JOIN users u ON u.id = m.user_id AND u.disabled_at IS NULL
		WHERE h.key = 'home_workspace_id' AND m.user_id = ?)`, userID).Scan(ctx, &yes)
	return yes, Fault(err, "looking for a home owner")
}

// StartingWorkspace is where a person's session begins: their active workspace
// if they still are a member of it and it is not deleted, else their oldest
// one, else "".
func StartingWorkspace(ctx context.Context, q bun.IDB, userID string) (string, error) {
	var id string
	err := q.NewRaw(`SELECT COALESCE(
		(SELECT m.workspace_id FROM members m JOIN workspaces w ON w.id = m.workspace_id AND w.deleted_at IS NULL
			WHERE m.user_id = u.id AND m.workspace_id = u.active_workspace_id),
		(SELECT m.workspace_id FROM members m JOIN workspaces w ON w.id = m.workspace_id AND w.deleted_at IS NULL
			WHERE m.user_id = u.id ORDER BY m.created_at, m.workspace_id LIMIT 1),
		'') FROM users u WHERE u.id = ?`, userID).Scan(ctx, &id)
	return id, found(err, "finding a person's workspace", noUser)
}
