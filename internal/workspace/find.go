package workspace

import (
	"context"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

// Find gives the live workspace that has a name or an id.
func (s *Service) Find(ctx context.Context, nameOrID string) (Workspace, error) {
	w, err := s.find(ctx, nameOrID)
	if err != nil {
		return Workspace{}, err
	}
	return *workspaceOf(w), nil
}

func (s *Service) find(ctx context.Context, nameOrID string) (db.Workspace, error) {
	if !isPlain(nameOrID, "") {
		return db.Workspace{}, fault.New(fault.NotFound, "No workspace has a name with such characters.")
	}
	w, err := db.WorkspaceByID(ctx, s.db.Read(), nameOrID)
	if err == nil && w.DeletedAt == nil || err != nil && !fault.Is(err, fault.NotFound) {
		return w, err
	}
	named, err := db.WorkspacesNamed(ctx, s.db.Read(), nameOrID)
	switch {
	case err != nil:
		return db.Workspace{}, err
	case len(named) == 0:
		return db.Workspace{}, fault.Newf(fault.NotFound, "There is no workspace %q. The page Workspaces of the admin console lists their names.", nameOrID)
	case len(named) > 1:
		return db.Workspace{}, fault.Newf(fault.Conflict, "%d workspaces are named %q. Give the id instead; the oldest is %s.", len(named), nameOrID, named[0].ID)
	}
	return named[0], nil
}
