package workspace

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// Texts are what a person writes about a workspace.
type Texts struct {
	Name        string // 1–100 characters
	Description string // at most 1000 characters
}

// Create makes a workspace and its first owner, the actor. The very first
// workspace of a deployment becomes its home.
func (s *Service) Create(ctx context.Context, actor *policies.Session, texts Texts) (Workspace, error) {
	if err := signedIn(actor); err != nil {
		return Workspace{}, err
	}
	var created *Workspace
	err := s.act(ctx, actor, true, audit.Entry{Action: ActCreate, TargetKind: "workspace"}, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		w, err := s.insert(ctx, tx, texts, actor.UserID)
		if err != nil {
			return err
		}
		if err := db.Settle(ctx, tx, actor.UserID); err != nil {
			return err
		}
		created = workspaceOf(w)
		e.WorkspaceID, e.TargetID, e.Details = w.ID, w.ID, change{After: created}
		return nil
	})
	if err != nil {
		return Workspace{}, err
	}
	Created.Fire(ctx, s.bus, Event{WorkspaceID: created.ID, Actor: actorOf(ctx, actor), After: created, At: created.CreatedAt})
	return *created, nil
}

// insert writes a workspace with its first owner, whose account must be enabled.
func (s *Service) insert(ctx context.Context, tx bun.IDB, texts Texts, ownerID string) (db.Workspace, error) {
	name, err := checkName(texts.Name)
	if err != nil {
		return db.Workspace{}, err
	}
	description, err := checkDescription(texts.Description)
	if err != nil {
		return db.Workspace{}, err
	}
	id, err := newID()
	if err != nil {
		return db.Workspace{}, err
	}
	enabled, err := db.LockEnabledUser(ctx, tx, ownerID)
	if err != nil {
		return db.Workspace{}, err
	}
	if !enabled {
		return db.Workspace{}, fault.New(fault.Forbidden, "This account is disabled.")
	}
	w := db.Workspace{ID: id, Name: name, Description: description, CreatedBy: ownerID, CreatedAt: s.now().UnixMilli()}
	if err := db.InsertWorkspace(ctx, tx, &w); err != nil {
		return w, err
	}
	owner := db.Member{WorkspaceID: id, UserID: ownerID, Role: string(policies.Owner), CreatedAt: w.CreatedAt}
	if err := db.InsertMember(ctx, tx, &owner); err != nil {
		return w, err
	}
	return w, db.ClaimHomeWorkspace(ctx, tx, id)
}
