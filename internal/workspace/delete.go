package workspace

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// Delete takes a workspace away from everybody, softly: its owners, and who
// runs the deployment, can restore it. Whoever had it as active workspace gets
// their oldest other one. Home cannot be deleted.
func (s *Service) Delete(ctx context.Context, actor *policies.Session, workspaceID string) error {
	if err := signedIn(actor); err != nil {
		return err
	}
	var before, after *Workspace
	entry := audit.Entry{Action: ActDelete, WorkspaceID: workspaceID, TargetKind: "workspace", TargetID: workspaceID}
	err := s.act(ctx, actor, true, entry, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		w, err := lockAsOwnerOrDeployment(ctx, tx, actor, workspaceID)
		if err != nil {
			return err
		}
		if w.DeletedAt != nil {
			return notThere()
		}
		home, err := db.HomeWorkspaceID(ctx, tx)
		if err != nil {
			return err
		}
		if home == workspaceID {
			return fault.Newf(fault.Conflict, "%s is the home workspace: its owners run this server. It cannot be deleted.", w.Name)
		}
		before = workspaceOf(w)
		at := s.now().UnixMilli()
		w.DeletedAt, w.DeletedBy = &at, &actor.UserID
		after = workspaceOf(w)
		if err := db.SetWorkspaceDeleted(ctx, tx, workspaceID, w.DeletedAt, w.DeletedBy); err != nil {
			return err
		}
		e.Details = change{Before: before, After: after}
		return db.Rehome(ctx, tx, workspaceID, "")
	})
	if err != nil {
		return err
	}
	Deleted.Fire(ctx, s.bus, Event{WorkspaceID: workspaceID, Actor: actorOf(ctx, actor), Before: before, After: after, At: *after.DeletedAt})
	return nil
}

// Restore gives a deleted workspace back to its members. People who were left
// without any workspace have it as active one again.
func (s *Service) Restore(ctx context.Context, actor *policies.Session, workspaceID string) (Workspace, error) {
	if err := signedIn(actor); err != nil {
		return Workspace{}, err
	}
	var before, after *Workspace
	entry := audit.Entry{Action: ActRestore, WorkspaceID: workspaceID, TargetKind: "workspace", TargetID: workspaceID}
	err := s.act(ctx, actor, true, entry, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		w, err := lockAsOwnerOrDeployment(ctx, tx, actor, workspaceID)
		if err != nil {
			return err
		}
		if w.DeletedAt == nil {
			return fault.Newf(fault.Conflict, "%s is not deleted; there is nothing to restore.", w.Name)
		}
		before = workspaceOf(w)
		w.DeletedAt, w.DeletedBy = nil, nil
		after = workspaceOf(w)
		if err := db.SetWorkspaceDeleted(ctx, tx, workspaceID, nil, nil); err != nil {
			return err
		}
		e.Details = change{Before: before, After: after}
		return db.SettleMembers(ctx, tx, workspaceID)
	})
	if err != nil {
		return Workspace{}, err
	}
	Restored.Fire(ctx, s.bus, Event{WorkspaceID: workspaceID, Actor: actorOf(ctx, actor), Before: before, After: after, At: s.moment()})
	return *after, nil
}

// lockAsOwnerOrDeployment locks a workspace, deleted or not, for an enabled
// owner of it or for someone who runs the deployment. For everybody else a
// deleted workspace does not exist.
func lockAsOwnerOrDeployment(ctx context.Context, tx bun.IDB, session *policies.Session, workspaceID string) (db.Workspace, error) {
	if err := db.HoldDeploymentStanding(ctx, tx, session.UserID); err != nil {
		return db.Workspace{}, err
	}
	w, err := db.LockWorkspace(ctx, tx, workspaceID)
	if err != nil {
		return w, err
	}
	role, err := db.EnabledRole(ctx, tx, workspaceID, session.UserID)
	if err != nil || role == string(policies.Owner) {
		return w, err
	}
	runs, err := db.RunsDeployment(ctx, tx, session.UserID)
	switch {
	case err != nil || runs:
		return w, err
	case role == "" || w.DeletedAt != nil:
		return w, noLongerThere()
	}
	return w, fault.Newf(fault.Forbidden, "Only owners of %s can do this. You are %s there.", w.Name, withArticle(role))
}
