package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
)

// MemberUser is a member together with the person. LastSeenAt is 0 for someone
// who never came; Devices counts sessions that are still good.
type MemberUser struct {
	Member      `bun:",extend"`
	Email       string `bun:"email"`
	DisplayName string `bun:"display_name"`
	DisabledAt  *int64 `bun:"disabled_at"`
	Devices     int64  `bun:"devices"`
	LastSeenAt  int64  `bun:"last_seen_at"`
}

// InsertMember writes a new membership. One that exists is an error for which
// IsUnique is true.
func InsertMember(ctx context.Context, tx bun.IDB, m *Member) error {
	_, err := tx.NewInsert().Model(m).Exec(ctx)
	return Fault(err, "writing a membership")
}

// SetMemberRole changes a member's role.
func SetMemberRole(ctx context.Context, tx bun.IDB, workspaceID, userID, role string) error {
	_, err := tx.NewRaw(`UPDATE members SET role = ? WHERE workspace_id = ? AND user_id = ?`, role, workspaceID, userID).Exec(ctx)
	return Fault(err, "changing a role")
}

// DeleteMember ends a membership. The person's devices are forgotten with it:
// they hold nothing back any more.
func DeleteMember(ctx context.Context, tx bun.IDB, workspaceID, userID string) error {
	if _, err := tx.NewRaw(`DELETE FROM members WHERE workspace_id = ? AND user_id = ?`, workspaceID, userID).Exec(ctx); err != nil {
		return Fault(err, "ending a membership")
	}
	_, err := tx.NewRaw(`DELETE FROM device_cursors WHERE workspace_id = ? AND user_id = ?`, workspaceID, userID).Exec(ctx)
	return Fault(err, "forgetting a former member's devices")
}

// Standing is one indexed read of what a person is in a live workspace: the
// role, "" for strangers and disabled people, and the workspace's restrictions.
func Standing(ctx context.Context, q bun.IDB, userID, workspaceID string) (role string, taken []Restriction, err error) {
	var rows []struct {
		Role       string  `bun:"role"`
		TakenFrom  *string `bun:"taken_from"`
		Permission *string `bun:"permission"`
	}
	err = q.NewRaw(`SELECT m.role, r.role AS taken_from, r.permission FROM members AS m
		JOIN users AS u ON u.id = m.user_id AND u.disabled_at IS NULL
		JOIN workspaces AS w ON w.id = m.workspace_id AND w.deleted_at IS NULL
		LEFT JOIN restrictions AS r ON r.workspace_id = m.workspace_id
		WHERE m.workspace_id = ? AND m.user_id = ?
		ORDER BY r.role, r.permission`, workspaceID, userID).Scan(ctx, &rows)
	for _, row := range rows {
		role = row.Role
		if row.TakenFrom != nil {
			taken = append(taken, Restriction{WorkspaceID: workspaceID, Role: *row.TakenFrom, Permission: *row.Permission})
		}
	}
	return role, taken, Fault(err, "reading a membership")
}

// EnabledRole is the role of a member whose account is enabled; "" otherwise.
// It does not ask whether the workspace is live.
func EnabledRole(ctx context.Context, q bun.IDB, workspaceID, userID string) (string, error) {
	var role string
	err := q.NewRaw(`SELECT m.role FROM members AS m JOIN users AS u ON u.id = m.user_id
		WHERE m.workspace_id = ? AND m.user_id = ? AND u.disabled_at IS NULL`, workspaceID, userID).Scan(ctx, &role)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return role, Fault(err, "reading a role")
}

// LockEnabledUser reports whether a person exists and is enabled, and keeps
// them so until the transaction ends.
func LockEnabledUser(ctx context.Context, tx bun.IDB, userID string) (bool, error) {
	lock := ""
	if tx.Dialect().Name() == dialect.PG {
		lock = " FOR SHARE"
	}
	var id string
	err := tx.NewRaw(`SELECT id FROM users WHERE id = ? AND disabled_at IS NULL`+lock, userID).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, Fault(err, "reading whether a person is enabled")
}

// HoldDeploymentStanding keeps what a person is in the deployment (enabled, an
// owner of home, a deployment admin) until the transaction ends, so that reading
// it afterwards gives what still holds at the commit. A change under way is
// waited for. It locks home first of all: call it before locking other
// workspaces or people. On SQLite the transaction itself does all this.
func HoldDeploymentStanding(ctx context.Context, tx bun.IDB, userID string) error {
	if tx.Dialect().Name() != dialect.PG {
		return nil
	}
	const lockHome = `SELECT w.id FROM workspaces AS w JOIN settings AS s ON s.value = w.id AND s.key = 'home_workspace_id' FOR UPDATE OF w`
	if _, err := tx.NewRaw(lockHome).Exec(ctx); err != nil {
		return Fault(err, "locking the home workspace")
	}
	for _, hold := range [...]string{
		`SELECT 1 FROM members AS m JOIN settings AS s ON s.value = m.workspace_id AND s.key = 'home_workspace_id' WHERE m.user_id = ? FOR SHARE OF m`,
		`SELECT 1 FROM deployment_admins AS a WHERE a.user_id = ? FOR SHARE`,
		`SELECT 1 FROM users AS u WHERE u.id = ? FOR SHARE`,
	} {
		if _, err := tx.NewRaw(hold, userID).Exec(ctx); err != nil {
			return Fault(err, "holding what a person is in the deployment")
		}
	}
	return nil
}

// RunsDeployment reports whether a person may change the deployment: an enabled
// owner of the home workspace, or an enabled deployment admin.
func RunsDeployment(ctx context.Context, q bun.IDB, userID string) (bool, error) {
	var n int
	err := q.NewRaw(`SELECT count(*) FROM users AS u WHERE u.id = ? AND u.disabled_at IS NULL AND (
		EXISTS (SELECT 1 FROM deployment_admins AS a WHERE a.user_id = u.id) OR
		EXISTS (SELECT 1 FROM settings AS s JOIN members AS m ON m.workspace_id = s.value
			JOIN workspaces AS w ON w.id = m.workspace_id AND w.deleted_at IS NULL
			WHERE s.key = 'home_workspace_id' AND m.user_id = u.id AND m.role = 'owner'))`, userID).Scan(ctx, &n)
	return n > 0, Fault(err, "reading who runs the deployment")
}

const noMember = "This person is not a member of the workspace."

// MemberByID reads one member with the person.
func MemberByID(ctx context.Context, q bun.IDB, workspaceID, userID string) (MemberUser, error) {
	var m MemberUser
	err := q.NewRaw(`SELECT m.*, u.email, u.display_name, u.disabled_at FROM members AS m
		JOIN users AS u ON u.id = m.user_id
		WHERE m.workspace_id = ? AND m.user_id = ?`, workspaceID, userID).Scan(ctx, &m)
	return m, found(err, "reading a member", noMember)
}

// MemberByEmail reads one member by EmailKey(email).
func MemberByEmail(ctx context.Context, q bun.IDB, workspaceID, emailKey string) (MemberUser, error) {
	var m MemberUser
	err := q.NewRaw(`SELECT m.*, u.email, u.display_name, u.disabled_at FROM members AS m
		JOIN users AS u ON u.id = m.user_id
		WHERE m.workspace_id = ? AND u.email_key = ?`, workspaceID, emailKey).Scan(ctx, &m)
	return m, found(err, "reading a member by e-mail", noMember)
}

// MembersOf lists the members of a live workspace in the order in which they
// came. now (epoch ms) tells which sessions are still good.
func MembersOf(ctx context.Context, q bun.IDB, workspaceID string, now int64) ([]MemberUser, error) {
	var rows []MemberUser
	err := q.NewRaw(`SELECT m.*, u.email, u.display_name, u.disabled_at,
			(SELECT count(*) FROM sessions AS s WHERE s.user_id = u.id AND s.expires_at > ?) AS devices,
			COALESCE(`+lastSeen+`, 0) AS last_seen_at
		FROM members AS m JOIN users AS u ON u.id = m.user_id
		JOIN workspaces AS w ON w.id = m.workspace_id AND w.deleted_at IS NULL
		LEFT JOIN (SELECT c.user_id, max(c.updated_at) AS at FROM device_cursors AS c WHERE c.workspace_id = ? GROUP BY c.user_id) AS seen ON seen.user_id = u.id
		WHERE m.workspace_id = ?
		ORDER BY m.created_at, m.user_id`, now, workspaceID, workspaceID).Scan(ctx, &rows)
	return rows, Fault(err, "listing members")
}

// OwnersOf lists the owners' names of several workspaces, by workspace.
func OwnersOf(ctx context.Context, q bun.IDB, workspaceIDs []string) (map[string][]string, error) {
	if len(workspaceIDs) == 0 {
		return nil, nil
	}
	var rows []struct {
		WorkspaceID string `bun:"workspace_id"`
		DisplayName string `bun:"display_name"`
	}
	err := q.NewRaw(`SELECT m.workspace_id, u.display_name FROM members AS m JOIN users AS u ON u.id = m.user_id
		WHERE m.role = 'owner' AND m.workspace_id IN (?)
		ORDER BY m.created_at, m.user_id`, bun.List(workspaceIDs)).Scan(ctx, &rows)
	names := make(map[string][]string, len(workspaceIDs))
	for _, r := range rows {
		names[r.WorkspaceID] = append(names[r.WorkspaceID], r.DisplayName)
	}
	return names, Fault(err, "listing owners")
}

// AnotherOwner reports whether a workspace has an enabled owner besides one
// person. The owner found stays enabled until the transaction ends: on
// PostgreSQL the row is share-locked, and one that is being disabled at this
// moment is waited for and then does not count.
func AnotherOwner(ctx context.Context, tx bun.IDB, workspaceID, userID string) (bool, error) {
	lock := ""
	if tx.Dialect().Name() == dialect.PG {
		lock = " FOR SHARE OF u"
	}
	var id string
	err := tx.NewRaw(`SELECT u.id FROM members AS m JOIN users AS u ON u.id = m.user_id
		WHERE m.workspace_id = ? AND m.role = 'owner' AND u.disabled_at IS NULL AND u.id <> ?
		ORDER BY m.created_at, u.id LIMIT 1`+lock, workspaceID, userID).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, Fault(err, "looking for another owner")
}

// SolelyOwned lists the live workspaces in which a person is the only enabled
// owner, oldest first: such a person cannot be disabled. It locks the person's
// workspaces and then the person until the transaction ends, so that whoever
// counts owners elsewhere waits for what becomes of this one.
func SolelyOwned(ctx context.Context, tx bun.IDB, userID string) ([]Workspace, error) {
	if tx.Dialect().Name() == dialect.PG {
		// The order of the ids keeps two such transactions from a deadlock.
		for _, lock := range [...]string{
			`SELECT w.id FROM members AS m JOIN workspaces AS w ON w.id = m.workspace_id WHERE m.user_id = ? ORDER BY w.id FOR UPDATE OF w`,
			`SELECT u.id FROM users AS u WHERE u.id = ? FOR UPDATE`,
		} {
			if _, err := tx.NewRaw(lock, userID).Exec(ctx); err != nil {
				return nil, Fault(err, "locking a person and their workspaces")
			}
		}
	}
	var owned, sole []Workspace
	err := tx.NewRaw(`SELECT w.* FROM members AS m JOIN workspaces AS w ON w.id = m.workspace_id
		WHERE m.user_id = ? AND m.role = 'owner' AND w.deleted_at IS NULL
		ORDER BY w.created_at, w.id`, userID).Scan(ctx, &owned)
	if err != nil {
		return nil, Fault(err, "listing owned workspaces")
	}
	for _, w := range owned {
		another, err := AnotherOwner(ctx, tx, w.ID, userID)
		if err != nil {
			return nil, err
		}
		if !another {
			sole = append(sole, w)
		}
	}
	return sole, nil
}

// Colleague finds the enabled person with an e-mail who shares a live workspace
// with another person. It is one statement for everybody, so that its time does
// not tell an unknown address from a stranger's.
func Colleague(ctx context.Context, q bun.IDB, emailKey, otherID string) (User, error) {
	var u User
	err := q.NewRaw(`SELECT u.* FROM users AS u WHERE u.email_key = ? AND u.disabled_at IS NULL AND EXISTS (
		SELECT 1 FROM members AS theirs JOIN members AS mine ON mine.workspace_id = theirs.workspace_id
		JOIN workspaces AS w ON w.id = mine.workspace_id AND w.deleted_at IS NULL
		WHERE theirs.user_id = u.id AND mine.user_id = ?)`, emailKey, otherID).Scan(ctx, &u)
	return u, found(err, "finding a colleague", "Nobody you work with has this e-mail address.")
}
