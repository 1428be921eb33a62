package account

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// mayManage lets operators and home owners manage everybody, and deployment
// admins everybody but home owners: the flag must not become a way to owning
// the deployment. It reads the actor's standing inside the transaction.
func mayManage(ctx context.Context, tx bun.IDB, by *policies.Session, targetID string) error {
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
	if err != nil || owner {
		return err
	}
	admin, err := db.IsDeploymentAdmin(ctx, tx, by.UserID)
	if err != nil {
		return err
	}
	if !admin {
		return fault.New(fault.Forbidden, "Only owners of the home workspace and deployment admins can do this.")
	}
	if targetIsOwner, err := db.IsHomeOwner(ctx, tx, targetID); err != nil {
		return err
	} else if targetIsOwner {
		return fault.New(fault.Forbidden, "This person owns the home workspace. Only another of its owners can do this.")
	}
	return nil
}

// SetPassword gives somebody another password and ends all their sessions and
// API tokens. by is an operator, a home owner or a deployment admin.
func (s *Service) SetPassword(ctx context.Context, by *policies.Session, userID, password string) error {
	u, err := db.UserByID(ctx, s.db.Read(), userID)
	if err != nil {
		return err
	}
	if err := s.passwords.Check("password", password, u.Email); err != nil {
		return err
	}
	hash, err := s.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	err = s.manage(ctx, by, ActSetPassword, userID, func(ctx context.Context, tx bun.Tx, u db.User, e *audit.Entry) error {
		if err := db.SetUserPassword(ctx, tx, u.ID, hash); err != nil {
			return err
		}
		ended, err := endAll(ctx, tx, u.ID, "", true)
		e.Details = ended
		return err
	})
	if err == nil {
		s.tellUser(ctx, PasswordChanged, by, u)
	}
	return err
}

// DisableUser shuts somebody out: no sign-in, and all their sessions and API
// tokens end at once. The invites they sent are withdrawn, or one to another
// address of theirs would let them back in. The last enabled owner of the home workspace, or of any
// workspace that has other members, is a Conflict, also when two owners are
// disabled at the same time. Disabling somebody disabled changes nothing.
func (s *Service) DisableUser(ctx context.Context, by *policies.Session, userID string) error {
	var before db.User
	changed := false
	err := s.manage(ctx, by, ActDisableUser, userID, func(ctx context.Context, tx bun.Tx, u db.User, e *audit.Entry) error {
		if changed = u.DisabledAt == nil; !changed {
			return nil
		}
		before = u
		if err := guardLastOwner(ctx, tx, u); err != nil {
			return err
		}
		now := s.now().UnixMilli()
		if err := db.SetUserDisabled(ctx, tx, u.ID, &now); err != nil {
			return err
		}
		ended, err := endAll(ctx, tx, u.ID, "", true)
		if err != nil {
			return err
		}
		e.Details = ended
		return db.RevokeAllInvitesBy(ctx, tx, u.ID, now)
	})
	if err == nil && changed {
		s.tellUser(ctx, UserDisabled, by, before)
	}
	return err
}

// guardLastOwner refuses to take the last owner from people who need one. A
// workspace somebody has all to themselves needs none when they are gone.
func guardLastOwner(ctx context.Context, tx bun.IDB, u db.User) error {
	sole, err := db.SolelyOwned(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	home, err := db.HomeWorkspaceID(ctx, tx)
	if err != nil {
		return err
	}
	var names []string
	for _, w := range sole {
		others, err := db.HasOtherMembers(ctx, tx, w.ID, u.ID)
		if err != nil {
			return err
		}
		if others || w.ID == home {
			names = append(names, w.Name)
		}
	}
	if len(names) > 0 {
		return fault.Newf(fault.Conflict, "%s is the last owner of %s. Make somebody else an owner there first.", u.DisplayName, strings.Join(names, ", "))
	}
	return nil
}

// EnableUser lets somebody sign in again. What was ended stays ended.
func (s *Service) EnableUser(ctx context.Context, by *policies.Session, userID string) error {
	var before db.User
	changed := false
	err := s.manage(ctx, by, ActEnableUser, userID, func(ctx context.Context, tx bun.Tx, u db.User, e *audit.Entry) error {
		if changed = u.DisabledAt != nil; !changed {
			return nil
		}
		before = u
		e.Details = struct{}{}
		return db.SetUserDisabled(ctx, tx, u.ID, nil)
	})
	if err == nil && changed {
		s.tellUser(ctx, UserEnabled, by, before)
	}
	return err
}

// manage runs an act on somebody else's account.
func (s *Service) manage(ctx context.Context, by *policies.Session, action, userID string, fn func(ctx context.Context, tx bun.Tx, u db.User, e *audit.Entry) error) error {
	e := audit.Entry{Action: action, Actor: actorOf(ctx, by), TargetKind: "user", TargetID: userID}
	return s.journal().act(ctx, true, e, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		if err := mayManage(ctx, tx, by, userID); err != nil {
			return err
		}
		u, err := db.UserByID(ctx, tx, userID)
		if err != nil {
			return err
		}
		return fn(ctx, tx, u, e)
	})
}

// tellUser fires a hook about a person with what they are now.
func (s *Service) tellUser(ctx context.Context, h userHook, by *policies.Session, before db.User) {
	after, err := s.User(ctx, before.ID)
	if err != nil {
		s.log.ErrorContext(ctx, "a hook could not be told what became of a person", "hook", h.Name, "user_id", before.ID, "error", err)
		return
	}
	h.Fire(ctx, s.bus, UserEvent{UserID: before.ID, Provider: s.provider.ID(), Actor: actorOf(ctx, by),
		Before: personOf(before, after.DeploymentAdmin), After: &after, At: s.now().UTC()})
}
