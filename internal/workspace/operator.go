package workspace

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// Placement is where an operator puts a person.
type Placement struct {
	UserID    string
	Workspace string        // a name or an id
	Role      policies.Role // "" leaves a member's role as it is; a new member becomes editor, the first one owner
}

// Placed is what Place did.
type Placed struct {
	Workspace        Workspace
	Member           Member
	CreatedWorkspace bool
	AddedMember      bool
	ChangedRole      bool
}

// Place makes a person a member of a workspace on the operator's word, without
// an invite: nobody's right is checked, so only the or3 command may call it. A
// workspace that does not exist is created, with the person as its owner. A
// name that several workspaces have is a Conflict.
func (s *Service) Place(ctx context.Context, p Placement) (Placed, error) {
	if p.Role != "" {
		if err := checkRole(p.Role); err != nil {
			return Placed{}, err
		}
	}
	w, err := s.find(ctx, p.Workspace)
	if fault.Is(err, fault.NotFound) {
		return s.placeInNew(ctx, p)
	}
	if err != nil {
		return Placed{}, err
	}
	return s.placeIn(ctx, p, w.ID)
}

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
		return db.Workspace{}, fault.Newf(fault.NotFound, "There is no workspace %q.", nameOrID)
	case len(named) > 1:
		return db.Workspace{}, fault.Newf(fault.Conflict, "%d workspaces are named %q. Give the id instead; the oldest is %s.", len(named), nameOrID, named[0].ID)
	}
	return named[0], nil
}

func (s *Service) placeInNew(ctx context.Context, p Placement) (Placed, error) {
	if p.Role != "" && p.Role != policies.Owner {
		return Placed{}, fault.Newf(fault.Conflict, "There is no workspace %q, and a new one needs an owner. Use --role owner, or create it first.", p.Workspace)
	}
	var created *Workspace
	var owner *Member
	err := s.act(ctx, nil, true, audit.Entry{Action: ActCreate, TargetKind: "workspace"}, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		w, err := s.insert(ctx, tx, Texts{Name: p.Workspace}, p.UserID)
		if err != nil {
			return err
		}
		if err := db.Settle(ctx, tx, p.UserID); err != nil {
			return err
		}
		m, err := db.MemberByID(ctx, tx, w.ID, p.UserID)
		if err != nil {
			return err
		}
		created, owner = workspaceOf(w), memberOf(m)
		e.WorkspaceID, e.TargetID, e.Details = w.ID, w.ID, change{After: created}
		return nil
	})
	if err != nil {
		return Placed{}, err
	}
	Created.Fire(ctx, s.bus, Event{WorkspaceID: created.ID, Actor: actorOf(ctx, nil), After: created, At: created.CreatedAt})
	return Placed{Workspace: *created, Member: *owner, CreatedWorkspace: true, AddedMember: true}, nil
}

func (s *Service) placeIn(ctx context.Context, p Placement, workspaceID string) (Placed, error) {
	var out Placed
	var before, after *Member
	entry := audit.Entry{Action: ActAddMember, WorkspaceID: workspaceID, TargetKind: "user", TargetID: p.UserID, Details: wanted{Role: p.Role}}
	err := s.act(ctx, nil, true, entry, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		w, err := lock(ctx, tx, workspaceID)
		if err != nil {
			return err
		}
		out, before, after = Placed{Workspace: *workspaceOf(w)}, nil, nil
		m, err := db.MemberByID(ctx, tx, workspaceID, p.UserID)
		switch {
		case fault.Is(err, fault.NotFound):
			role := p.Role
			if role == "" {
				role = policies.Editor
			}
			user, err := db.UserByID(ctx, tx, p.UserID)
			if err != nil {
				return err
			}
			after, err = s.insertMember(ctx, tx, workspaceID, user, role)
			e.Details = change{After: after}
			return err
		case err != nil:
			return err
		case p.Role == "":
			before, after, e.Details = memberOf(m), memberOf(m), nil
			return nil
		}
		e.Action = ActSetRole
		if before, after, err = s.setRole(ctx, tx, w, "", p.UserID, p.Role); err != nil {
			return err
		}
		if e.Details = nil; before.Role != after.Role {
			e.Details = change{Before: before, After: after}
		}
		return nil
	})
	if err != nil {
		return Placed{}, err
	}
	out.Member = *after
	switch {
	case before == nil:
		out.AddedMember = true
		s.fireMember(ctx, MemberAdded, actorOf(ctx, nil), nil, after)
	case before.Role != after.Role:
		out.ChangedRole = true
		s.fireMember(ctx, RoleChanged, actorOf(ctx, nil), before, after)
	}
	return out, nil
}
