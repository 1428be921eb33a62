package workspace

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// SetRole gives a member another role. The only enabled owner keeps theirs
// (Conflict). The role they have already is not an act.
func (s *Service) SetRole(ctx context.Context, actor *policies.Session, workspaceID, userID string, role policies.Role) (Member, error) {
	if err := signedIn(actor); err != nil {
		return Member{}, err
	}
	if err := checkRole(role); err != nil {
		return Member{}, err
	}
	var before, after *Member
	entry := audit.Entry{Action: ActSetRole, WorkspaceID: workspaceID, TargetKind: "user", TargetID: userID, Details: wanted{Role: role}}
	err := s.act(ctx, actor, true, entry, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		w, err := lockAsOwner(ctx, tx, actor, workspaceID)
		if err != nil {
			return err
		}
		if before, after, err = s.setRole(ctx, tx, w, userID, role); err != nil {
			return err
		}
		e.Details = nil
		if before.Role != after.Role {
			e.Details = change{Before: before, After: after}
		}
		return nil
	})
	if err != nil {
		return Member{}, err
	}
	if before.Role != after.Role {
		s.fireMember(ctx, RoleChanged, actorOf(ctx, actor), before, after)
	}
	return *after, nil
}

// setRole changes a role in a locked workspace.
func (s *Service) setRole(ctx context.Context, tx bun.IDB, w db.Workspace, userID string, role policies.Role) (before, after *Member, err error) {
	m, err := db.MemberByID(ctx, tx, w.ID, userID)
	if err != nil {
		return nil, nil, err
	}
	before, after = memberOf(m), memberOf(m)
	if after.Role = role; after.Role == before.Role {
		return before, after, nil
	}
	if err := keepAnOwner(ctx, tx, w, m); err != nil {
		return nil, nil, err
	}
	if isWider(after.Role, before.Role) {
		if err := db.MarkElevated(ctx, tx, userID, s.now().UnixMilli()); err != nil {
			return nil, nil, err
		}
	}
	if before.Role == policies.Owner {
		// Who may no longer invite has no open invites either.
		if err := db.RevokeInvitesBy(ctx, tx, w.ID, userID, s.now().UnixMilli()); err != nil {
			return nil, nil, err
		}
	}
	return before, after, db.SetMemberRole(ctx, tx, w.ID, userID, string(role))
}

func isWider(a, b policies.Role) bool {
	return slices.Index(policies.Roles(), a) < slices.Index(policies.Roles(), b)
}

// keepAnOwner refuses to take ownership from the only enabled owner of a locked
// workspace. A disabled owner does not count, and so may always go.
func keepAnOwner(ctx context.Context, tx bun.IDB, w db.Workspace, m db.MemberUser) error {
	if !isEnabledOwner(m) {
		return nil
	}
	another, err := db.AnotherOwner(ctx, tx, w.ID, m.UserID)
	if err != nil || another {
		return err
	}
	// Whoever may take ownership is an enabled owner, so the last one can only be the actor.
	home, err := db.HomeWorkspaceID(ctx, tx)
	if err != nil {
		return err
	}
	if home == w.ID {
		return fault.Newf(fault.Conflict, "You are the last owner of %s. Make somebody else an owner first.", w.Name)
	}
	return fault.Newf(fault.Conflict, "You are the last owner of %s. Make somebody else an owner first, or delete the workspace.", w.Name)
}
