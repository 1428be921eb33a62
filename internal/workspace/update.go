package workspace

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// TextChange is what an owner changes; nil leaves a text as it is.
type TextChange struct {
	Name        *string
	Description *string
}

// Update renames and describes a workspace. Changing nothing is not an act.
func (s *Service) Update(ctx context.Context, actor *policies.Session, workspaceID string, texts TextChange) (Workspace, error) {
	if err := signedIn(actor); err != nil {
		return Workspace{}, err
	}
	if texts.Name == nil && texts.Description == nil {
		return Workspace{}, fault.New(fault.Invalid, "Give a name or a description.")
	}
	var before, after *Workspace
	entry := audit.Entry{Action: ActUpdate, WorkspaceID: workspaceID, TargetKind: "workspace", TargetID: workspaceID}
	err := s.act(ctx, actor, true, entry, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		w, err := lockAsOwner(ctx, tx, actor, workspaceID)
		if err != nil {
			return err
		}
		before, after = workspaceOf(w), workspaceOf(w)
		if texts.Name != nil {
			if after.Name, err = checkName(*texts.Name); err != nil {
				return err
			}
		}
		if texts.Description != nil {
			if after.Description, err = checkDescription(*texts.Description); err != nil {
				return err
			}
		}
		if after.Name == before.Name && after.Description == before.Description {
			return nil
		}
		e.Details = change{Before: before, After: after}
		return db.SetWorkspaceTexts(ctx, tx, workspaceID, after.Name, after.Description)
	})
	if err != nil {
		return Workspace{}, err
	}
	if *before != *after {
		Updated.Fire(ctx, s.bus, Event{WorkspaceID: workspaceID, Actor: actorOf(ctx, actor), Before: before, After: after, At: s.moment()})
	}
	return *after, nil
}
