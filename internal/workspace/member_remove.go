package workspace

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

// RemoveMember ends somebody's membership. The only enabled owner stays
// (Conflict). An owner who removes themselves leaves.
func (s *Service) RemoveMember(ctx context.Context, actor *policies.Session, workspaceID, userID string) error {
	if err := signedIn(actor); err != nil {
		return err
	}
	if userID == actor.UserID {
		return s.Leave(ctx, actor, workspaceID)
	}
	return s.remove(ctx, actor, ActRemoveMember, workspaceID, userID, func(ctx context.Context, tx bun.IDB) (db.Workspace, error) {
		return lockAsOwner(ctx, tx, actor, workspaceID)
	})
}

// Leave ends the actor's own membership, whatever the role. The only enabled
// owner stays (Conflict).
func (s *Service) Leave(ctx context.Context, actor *policies.Session, workspaceID string) error {
	if err := signedIn(actor); err != nil {
		return err
	}
	return s.remove(ctx, actor, ActLeave, workspaceID, actor.UserID, func(ctx context.Context, tx bun.IDB) (db.Workspace, error) {
		w, err := lock(ctx, tx, workspaceID)
		if err != nil {
			return w, err
		}
		role, err := db.EnabledRole(ctx, tx, workspaceID, actor.UserID)
		if err == nil && role == "" {
			err = notThere()
		}
		return w, err
	})
}

func (s *Service) remove(ctx context.Context, actor *policies.Session, action, workspaceID, userID string,
	allowed func(ctx context.Context, tx bun.IDB) (db.Workspace, error),
) error {
	var before *Member
	entry := audit.Entry{Action: action, WorkspaceID: workspaceID, TargetKind: "user", TargetID: userID}
	err := s.act(ctx, actor, true, entry, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		w, err := allowed(ctx, tx)
		if err != nil {
			return err
		}
		m, err := db.MemberByID(ctx, tx, workspaceID, userID)
		if err != nil {
			return err
		}
		if err := keepAnOwner(ctx, tx, w, m); err != nil {
			return err
		}
		if err := db.DeleteMember(ctx, tx, workspaceID, userID); err != nil {
			return err
		}
		// Neither an older invite nor one they sent to another address of theirs
		// must let them back in.
		if err := db.RevokeInvitesTo(ctx, tx, workspaceID, db.EmailKey(m.Email), s.now().UnixMilli()); err != nil {
			return err
		}
		if err := db.RevokeInvitesBy(ctx, tx, workspaceID, userID, s.now().UnixMilli()); err != nil {
			return err
		}
		before = memberOf(m)
		e.Details = change{Before: before}
		return db.Rehome(ctx, tx, workspaceID, userID)
	})
	if err != nil {
		return err
	}
	s.fireMember(ctx, MemberRemoved, actorOf(ctx, actor), before, nil)
	return nil
}
