package account

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// SwitchWorkspace sets the session's (or token's) own active workspace. A
// person's next session begins where they were last. A workspace that is
// missing, deleted or not theirs is NotFound.
func (s *Service) SwitchWorkspace(ctx context.Context, by *policies.Session, workspaceID string) error {
	if err := signedIn(by); err != nil {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		role, _, err := db.Standing(ctx, tx, by.UserID, workspaceID)
		if err != nil {
			return err
		}
		if role == "" {
			return noWorkspace()
		}
		if err := switchTo(ctx, tx, by, workspaceID); err != nil {
			return err
		}
		return s.db.BumpAccess(ctx, tx, db.AccessChange{UserID: by.UserID})
	})
}

// switchTo moves a session or token to a workspace its person belongs to.
func switchTo(ctx context.Context, tx bun.IDB, by *policies.Session, workspaceID string) error {
	switch by.Kind {
	case policies.TokenSession:
		return db.SetTokenWorkspace(ctx, tx, by.ID, workspaceID)
	case policies.BrowserSession:
		if err := db.SetSessionWorkspace(ctx, tx, by.ID, workspaceID); err != nil {
			return err
		}
	}
	return db.SetUserWorkspace(ctx, tx, by.UserID, workspaceID)
}

func signedIn(by *policies.Session) error {
	if by == nil || by.UserID == "" {
		return fault.New(fault.Unauthenticated, "Sign in to do this.")
	}
	return nil
}
