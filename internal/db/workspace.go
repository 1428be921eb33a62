package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
)

// noWorkspace are the words for a workspace that is missing, deleted or not
// this person's: they are the same on purpose.
const noWorkspace = "This workspace does not exist, or you are not a member of it."

// WorkspaceRole is a workspace together with one person's role in it.
type WorkspaceRole struct {
	Workspace `bun:",extend"`
	Role      string `bun:"role"`
}

// WorkspaceQuery selects from all workspaces of the deployment.
type WorkspaceQuery struct {
	Search         string // part of the name, or a whole id
	IncludeDeleted bool
	Offset, Limit  int64
}

// WorkspaceCounts is a workspace with how much is in it.
type WorkspaceCounts struct {
	Workspace `bun:",extend"`
	Members   int64 `bun:"members"`
	Threads   int64 `bun:"threads"`
}

// InsertWorkspace writes a new workspace, with the counter of its versions: a
// push that finds none would lock another workspace's.
func InsertWorkspace(ctx context.Context, tx bun.IDB, w *Workspace) error {
	if _, err := tx.NewInsert().Model(w).Exec(ctx); err != nil {
		return Fault(err, "writing a workspace")
	}
	_, err := tx.NewInsert().Model(&SyncHead{WorkspaceID: w.ID}).Exec(ctx)
	return Fault(err, "writing a workspace's sync head")
}

// WorkspaceByID reads a workspace, also a deleted one.
func WorkspaceByID(ctx context.Context, q bun.IDB, id string) (Workspace, error) {
	var w Workspace
	err := q.NewRaw(`SELECT * FROM workspaces WHERE id = ?`, id).Scan(ctx, &w)
	return w, found(err, "reading a workspace", noWorkspace)
}

// LockWorkspace reads a workspace, also a deleted one, and keeps every other
// change of it and its members waiting until the transaction ends. Whoever
// changes members locks their workspace first.
func LockWorkspace(ctx context.Context, tx bun.IDB, id string) (Workspace, error) {
	var w Workspace
	err := tx.NewRaw(`SELECT * FROM workspaces WHERE id = ?`+forUpdate(tx), id).Scan(ctx, &w)
	return w, found(err, "locking a workspace", noWorkspace)
}

// SetWorkspaceTexts changes a workspace's name and description.
func SetWorkspaceTexts(ctx context.Context, tx bun.IDB, id, name, description string) error {
	_, err := tx.NewRaw(`UPDATE workspaces SET name = ?, description = ? WHERE id = ?`, name, description, id).Exec(ctx)
	return Fault(err, "changing a workspace")
}

// SetWorkspaceDeleted deletes a workspace softly, or restores it with nil, nil.
func SetWorkspaceDeleted(ctx context.Context, tx bun.IDB, id string, at *int64, by *string) error {
	_, err := tx.NewRaw(`UPDATE workspaces SET deleted_at = ?, deleted_by = ? WHERE id = ?`, at, by, id).Exec(ctx)
	return Fault(err, "deleting or restoring a workspace")
}

// WorkspacesOf lists the live workspaces of a person, newest first.
func WorkspacesOf(ctx context.Context, q bun.IDB, userID string) ([]WorkspaceRole, error) {
	var rows []WorkspaceRole
	err := q.NewRaw(`SELECT w.*, m.role FROM members AS m JOIN workspaces AS w ON w.id = m.workspace_id
		WHERE m.user_id = ? AND w.deleted_at IS NULL
		ORDER BY w.created_at DESC, w.id DESC`, userID).Scan(ctx, &rows)
	return rows, Fault(err, "listing a person's workspaces")
}

// DeletedWorkspacesOf lists the softly deleted workspaces a person owns, the
// last deleted first.
func DeletedWorkspacesOf(ctx context.Context, q bun.IDB, userID string) ([]WorkspaceRole, error) {
	var rows []WorkspaceRole
	err := q.NewRaw(`SELECT w.*, m.role FROM members AS m JOIN workspaces AS w ON w.id = m.workspace_id
		WHERE m.user_id = ? AND m.role = 'owner' AND w.deleted_at IS NOT NULL
		ORDER BY w.deleted_at DESC, w.id DESC`, userID).Scan(ctx, &rows)
	return rows, Fault(err, "listing a person's deleted workspaces")
}

// AllWorkspacesOf lists the workspaces of a person, newest first, deleted ones
// too.
func AllWorkspacesOf(ctx context.Context, q bun.IDB, userID string) ([]WorkspaceRole, error) {
	var rows []WorkspaceRole
	err := q.NewRaw(`SELECT w.*, m.role FROM members AS m JOIN workspaces AS w ON w.id = m.workspace_id
		WHERE m.user_id = ? ORDER BY w.created_at DESC, w.id DESC`, userID).Scan(ctx, &rows)
	return rows, Fault(err, "listing a person's workspaces")
}

// WorkspacesNamed finds live workspaces by their exact name, oldest first.
func WorkspacesNamed(ctx context.Context, q bun.IDB, name string) ([]Workspace, error) {
	var rows []Workspace
	err := q.NewRaw(`SELECT * FROM workspaces WHERE name = ? AND deleted_at IS NULL
		ORDER BY created_at, id`, name).Scan(ctx, &rows)
	return rows, Fault(err, "finding workspaces by name")
}

// AllWorkspaces lists the deployment's workspaces, newest first.
func AllWorkspaces(ctx context.Context, q bun.IDB, query WorkspaceQuery) ([]WorkspaceCounts, error) {
	var rows []WorkspaceCounts
	err := allWorkspaces(q.NewSelect().TableExpr("workspaces AS w"), query).
		ColumnExpr("w.*").
		ColumnExpr("(SELECT count(*) FROM members AS m WHERE m.workspace_id = w.id) AS members").
		ColumnExpr("(SELECT count(*) FROM sync_rows AS s WHERE s.workspace_id = w.id AND s.table_name = 'threads' AND s.deleted = 0) AS threads").
		OrderExpr("w.created_at DESC, w.id DESC").
		Offset(query.Offset).Limit(query.Limit).
		Scan(ctx, &rows)
	return rows, Fault(err, "listing all workspaces")
}

// CountWorkspaces counts what AllWorkspaces lists, on all pages together.
func CountWorkspaces(ctx context.Context, q bun.IDB, query WorkspaceQuery) (int64, error) {
	var n int64
	err := allWorkspaces(q.NewSelect().TableExpr("workspaces AS w"), query).
		ColumnExpr("count(*)").Scan(ctx, &n)
	return n, Fault(err, "counting workspaces")
}

func allWorkspaces(sel *bun.SelectQuery, query WorkspaceQuery) *bun.SelectQuery {
	if !query.IncludeDeleted {
		sel = sel.Where("w.deleted_at IS NULL")
	}
	if query.Search != "" {
		named, spelled := inAnyCase("w.name", query.Search)
		sel = sel.Where("("+named+" OR w.id = ?)", append(spelled, query.Search)...)
	}
	return sel
}

// HomeWorkspaceID is the id of the first workspace; "" before set-up.
func HomeWorkspaceID(ctx context.Context, q bun.IDB) (string, error) {
	var id string
	err := q.NewRaw(`SELECT value FROM settings WHERE key = 'home_workspace_id'`).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, Fault(err, "reading the home workspace")
}

// ClaimHomeWorkspace makes a workspace the home when there is none yet.
func ClaimHomeWorkspace(ctx context.Context, tx bun.IDB, id string) error {
	_, err := tx.NewRaw(`INSERT INTO settings (key, value) VALUES ('home_workspace_id', ?)
		ON CONFLICT (key) DO NOTHING`, id).Exec(ctx)
	return Fault(err, "claiming the home workspace")
}

// Rehome moves the active workspace of people, sessions and tokens that point
// to one workspace to the person's oldest live membership, or to none. With a
// userID only that person's are moved. Call it after the membership or the
// workspace has gone.
func Rehome(ctx context.Context, tx bun.IDB, workspaceID, userID string) error {
	return rehome(ctx, tx, func(u *bun.UpdateQuery, owner string) *bun.UpdateQuery {
		if u = u.Where("active_workspace_id = ?", workspaceID); userID != "" {
			u = u.Where(owner+" = ?", userID)
		}
		return u
	})
}

// Settle gives a person's sessions and tokens, and the person, an active
// workspace where they have none: their oldest live membership.
func Settle(ctx context.Context, tx bun.IDB, userID string) error {
	return rehome(ctx, tx, func(u *bun.UpdateQuery, owner string) *bun.UpdateQuery {
		return u.Where("active_workspace_id IS NULL").Where(owner+" = ?", userID)
	})
}

// SettleMembers is Settle for all members of a workspace: a restored one is
// for some of them the only one.
func SettleMembers(ctx context.Context, tx bun.IDB, workspaceID string) error {
	return rehome(ctx, tx, func(u *bun.UpdateQuery, owner string) *bun.UpdateQuery {
		return u.Where("active_workspace_id IS NULL").
			Where(owner+" IN (SELECT user_id FROM members WHERE workspace_id = ?)", workspaceID)
	})
}

func rehome(ctx context.Context, tx bun.IDB, which func(u *bun.UpdateQuery, owner string) *bun.UpdateQuery) error {
	for _, t := range [...]struct{ table, owner string }{{"users", "id"}, {"sessions", "user_id"}, {"api_tokens", "user_id"}} {
		oldest := tx.NewSelect().TableExpr("members AS m").Join("JOIN workspaces AS w ON w.id = m.workspace_id").
			Column("m.workspace_id").Where("m.user_id = ?.?", bun.Ident(t.table), bun.Ident(t.owner)).Where("w.deleted_at IS NULL").
			OrderExpr("m.created_at, m.workspace_id").Limit(1)
		_, err := which(tx.NewUpdate().Table(t.table).Set("active_workspace_id = (?)", oldest), t.owner).Exec(ctx)
		if err != nil {
			return Fault(err, "finding another active workspace in "+t.table)
		}
	}
	return nil
}
