package account

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/policies"
)

type userHook = hook.Action[UserEvent]

// GrantDeploymentAdmin lets somebody run the deployment. Only operators and
// owners of the home workspace can, never somebody who has the flag alone.
func (s *Service) GrantDeploymentAdmin(ctx context.Context, by *policies.Session, userID string) error {
	return s.appoint(ctx, by, userID, ActGrantAdmin, AdminGranted, true, func(ctx context.Context, tx bun.IDB, u db.User) (bool, error) {
		if u.DisabledAt != nil {
			return false, fault.New(fault.Conflict, "This person is disabled. Enable them first.")
		}
		now := s.now().UnixMilli()
		added, err := db.InsertDeploymentAdmin(ctx, tx, &db.DeploymentAdmin{UserID: u.ID, GrantedBy: actorOf(ctx, by).ID, CreatedAt: now})
		if err != nil || !added {
			return added, err
		}
		return true, db.MarkElevated(ctx, tx, u.ID, now)
	})
}

// RevokeDeploymentAdmin takes the flag away; see GrantDeploymentAdmin.
func (s *Service) RevokeDeploymentAdmin(ctx context.Context, by *policies.Session, userID string) error {
	return s.appoint(ctx, by, userID, ActRevokeAdmin, AdminRevoked, false, func(ctx context.Context, tx bun.IDB, u db.User) (bool, error) {
		return db.DeleteDeploymentAdmin(ctx, tx, u.ID)
	})
}

func (s *Service) appoint(ctx context.Context, by *policies.Session, userID, action string, h userHook, grants bool,
	set func(ctx context.Context, tx bun.IDB, u db.User) (changed bool, err error)) error {
	var u db.User
	changed := false
	e := audit.Entry{Action: action, Actor: actorOf(ctx, by), TargetKind: "user", TargetID: userID}
	err := s.journal().act(ctx, true, e, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		err := mayAppoint(ctx, tx, by)
		if err != nil {
			return err
		}
		if u, err = db.LockUser(ctx, tx, userID); err != nil {
			return err
		}
		if changed, err = set(ctx, tx, u); changed {
			e.Details = change{Before: personOf(u, !grants), After: personOf(u, grants)}
		}
		return err
	})
	if err == nil && changed {
		h.Fire(ctx, s.bus, UserEvent{UserID: u.ID, Provider: s.provider.ID(), Actor: actorOf(ctx, by),
			Before: personOf(u, !grants), After: personOf(u, grants), At: s.now().UTC()})
	}
	return err
}

func mayAppoint(ctx context.Context, tx bun.IDB, by *policies.Session) error {
	if isOperator(by) {
		return nil
	}
	if err := inPerson(by); err != nil {
		return err
	}
	if err := db.HoldDeploymentStanding(ctx, tx, by.UserID); err != nil {
		return err
	}
	owner, err := db.IsHomeOwner(ctx, tx, by.UserID)
	if err == nil && !owner {
		err = fault.New(fault.Forbidden, "Only owners of the home workspace name deployment admins.")
	}
	return err
}
