package workspace

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/policies"
)

// Newcomer is whom an owner wants in the workspace, and as what.
type Newcomer struct {
	Email string
	Role  policies.Role
}

// Added is what AddMember did: exactly one of the two is set.
type Added struct {
	Member *Member
	Invite *IssuedInvite
}

// AddMember lets a person in. Someone enabled who already shares a workspace
// with the actor becomes a member at once. For everybody else an invite is
// made, and the answer for an address that has an account here is the same as
// for one that has none. A member already is a Conflict.
func (s *Service) AddMember(ctx context.Context, actor *policies.Session, workspaceID string, who Newcomer) (Added, error) {
	email, err := checkNewcomer(actor, who)
	if err != nil {
		return Added{}, err
	}
	var out Added
	var invited *Invite
	// Until it is known what becomes of it, the act is adding.
	entry := audit.Entry{Action: ActAddMember, WorkspaceID: workspaceID, TargetKind: "user"}
	err = s.act(ctx, actor, true, entry, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		out, invited = Added{}, nil
		e.Details = wanted{Email: email, Role: who.Role}
		if _, err := s.lockForNewcomer(ctx, tx, actor, workspaceID, email); err != nil {
			return err
		}
		user, err := db.Colleague(ctx, tx, db.EmailKey(email), actor.UserID)
		if fault.Is(err, fault.NotFound) {
			out.Invite, invited, err = s.issue(ctx, tx, actor, workspaceID, email, who.Role)
			if err != nil {
				return err
			}
			e.Action, e.TargetKind, e.TargetID, e.Details = ActInvite, "invite", invited.ID, change{After: invited}
			return nil
		}
		if err != nil {
			return err
		}
		if out.Member, err = s.insertMember(ctx, tx, workspaceID, user, who.Role); err != nil {
			return err
		}
		e.TargetID, e.Details = user.ID, change{After: out.Member}
		return nil
	})
	if err != nil {
		return Added{}, err
	}
	if out.Member != nil {
		s.fireMember(ctx, MemberAdded, actorOf(ctx, actor), nil, out.Member)
	} else {
		s.fireInvited(ctx, actor, invited)
	}
	return out, nil
}

// wanted is what a refused act would have done.
type wanted struct {
	Email string        `json:"email,omitempty"`
	Role  policies.Role `json:"role,omitempty"`
}

func checkNewcomer(actor *policies.Session, who Newcomer) (email string, err error) {
	if err := signedIn(actor); err != nil {
		return "", err
	}
	if err := checkRole(who.Role); err != nil {
		return "", err
	}
	return checkEmail(who.Email)
}

// lockForNewcomer locks the workspace for an owner who wants somebody in who is
// not a member yet.
func (s *Service) lockForNewcomer(ctx context.Context, tx bun.IDB, actor *policies.Session, workspaceID, email string) (db.Workspace, error) {
	w, err := lockAsOwner(ctx, tx, actor, workspaceID)
	if err != nil {
		return w, err
	}
	switch m, err := db.MemberByEmail(ctx, tx, workspaceID, db.EmailKey(email)); {
	case err == nil:
		return w, fault.Newf(fault.Conflict, "%s is already %s of %s. Change the role in the list of members.", m.DisplayName, withArticle(m.Role), w.Name)
	case !fault.Is(err, fault.NotFound):
		return w, err
	}
	return w, nil
}

// insertMember makes a person a member. Invites that are open to their address
// have become needless, and are withdrawn.
func (s *Service) insertMember(ctx context.Context, tx bun.IDB, workspaceID string, user db.User, role policies.Role) (*Member, error) {
	now := s.now().UnixMilli()
	m := db.Member{WorkspaceID: workspaceID, UserID: user.ID, Role: string(role), CreatedAt: now}
	if err := db.InsertMember(ctx, tx, &m); err != nil {
		return nil, err
	}
	if err := db.RevokeInvitesTo(ctx, tx, workspaceID, user.EmailKey, now); err != nil {
		return nil, err
	}
	if err := db.Settle(ctx, tx, user.ID); err != nil {
		return nil, err
	}
	if err := db.MarkElevated(ctx, tx, user.ID, now); err != nil {
		return nil, err
	}
	return memberOf(db.MemberUser{Member: m, Email: user.Email, DisplayName: user.DisplayName, DisabledAt: user.DisabledAt}), nil
}

// fireMember tells what became of a member; before or after may be nil.
func (s *Service) fireMember(ctx context.Context, what hook.Action[MemberEvent], actor audit.Actor, before, after *Member) {
	of := after
	if of == nil {
		of = before
	}
	what.Fire(ctx, s.bus, MemberEvent{
		WorkspaceID: of.WorkspaceID, UserID: of.UserID, Actor: actor, Before: before, After: after, At: s.moment(),
	})
}
