package account

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// place makes the person a member of the workspace, which may have to be made.
func (a *adding) place(ctx context.Context, tx bun.IDB, first bool) error {
	name := a.Workspace
	if name == "" {
		name = FirstWorkspace
	}
	w, err := findWorkspace(ctx, tx, name)
	now := a.service.now().UnixMilli()
	switch {
	case fault.Is(err, fault.NotFound):
		if a.Role != "" && a.Role != policies.Owner {
			return fault.Field("role", "There is no workspace of this name yet, and a new one needs an owner. Use the role owner, or the name of an existing workspace.")
		}
		if a.space, err = insertWorkspace(ctx, tx, name, a.user.ID, now); err != nil {
			return err
		}
		a.added.WorkspaceCreated, a.added.MemberCreated = true, true
		a.added.WorkspaceID, a.added.Role = a.space.ID, policies.Owner
		won, err := db.ClaimSetting(ctx, tx, db.HomeWorkspaceSetting, a.space.ID)
		if err != nil {
			return err
		}
		if first && !won {
			return orSetUp(nil)
		}
		if first {
			if err := db.DeleteSetting(ctx, tx, db.SetupTokenSetting); err != nil {
				return err
			}
		}
		return db.Settle(ctx, tx, a.user.ID)
	case err != nil:
		return err
	}
	return a.join(ctx, tx, w, now)
}

// join adds a member to an existing workspace, or changes their role there;
// its last owner keeps theirs.
func (a *adding) join(ctx context.Context, tx bun.IDB, w db.Workspace, now int64) error {
	if _, err := db.LockWorkspace(ctx, tx, w.ID); err != nil {
		return err
	}
	former, err := db.EnabledRole(ctx, tx, w.ID, a.user.ID)
	if err != nil {
		return err
	}
	if a.user.DisabledAt != nil {
		return fault.New(fault.Conflict, "This person is disabled. Enable them first.")
	}
	role := a.Role
	if role == "" {
		role = policies.Editor
		if former != "" {
			role = policies.Role(former)
		}
	}
	a.added.WorkspaceID, a.added.Role, a.former = w.ID, role, former
	switch former {
	case "":
		a.added.MemberCreated = true
		return a.enter(ctx, tx, w.ID, role, now)
	case string(role):
		return nil
	}
	return a.changeRole(ctx, tx, w, now)
}

// enter makes the person a member. Invites that are open to them have become
// needless.
func (a *adding) enter(ctx context.Context, tx bun.IDB, workspaceID string, role policies.Role, now int64) error {
	if err := db.InsertMember(ctx, tx, &db.Member{WorkspaceID: workspaceID, UserID: a.user.ID, Role: string(role), CreatedAt: now}); err != nil {
		return err
	}
	if err := db.RevokeInvitesTo(ctx, tx, workspaceID, a.user.EmailKey, now); err != nil {
		return err
	}
	if err := db.MarkElevated(ctx, tx, a.user.ID, now); err != nil {
		return err
	}
	return db.Settle(ctx, tx, a.user.ID)
}

// changeRole gives a member the role that was asked for.
func (a *adding) changeRole(ctx context.Context, tx bun.IDB, w db.Workspace, now int64) error {
	role := string(a.added.Role)
	if a.former == string(policies.Owner) {
		another, err := db.AnotherOwner(ctx, tx, w.ID, a.user.ID)
		if err != nil {
			return err
		}
		if !another {
			return fault.New(fault.Conflict, a.user.DisplayName+" is the last owner of "+w.Name+". Make somebody else an owner first.")
		}
		// Who may no longer invite has no open invites either.
		if err := db.RevokeInvitesBy(ctx, tx, w.ID, a.user.ID, now); err != nil {
			return err
		}
	}
	if width(role) > width(a.former) {
		if err := db.MarkElevated(ctx, tx, a.user.ID, now); err != nil {
			return err
		}
	}
	return db.SetMemberRole(ctx, tx, w.ID, a.user.ID, role)
}

// findWorkspace finds an undeleted workspace by id or by its exact name.
func findWorkspace(ctx context.Context, tx bun.IDB, nameOrID string) (db.Workspace, error) {
	w, err := db.WorkspaceByID(ctx, tx, nameOrID)
	if err == nil && w.DeletedAt == nil {
		return w, nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return w, err
	}
	named, err := db.WorkspacesNamed(ctx, tx, nameOrID)
	switch {
	case err != nil:
		return w, err
	case len(named) == 0:
		return w, noWorkspace()
	case len(named) > 1:
		return w, fault.Field("workspace", "Several workspaces have this name. Use the id of the one you mean.")
	}
	return named[0], nil
}
