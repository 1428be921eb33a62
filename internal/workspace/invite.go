package workspace

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

// InviteLife is how long an invite can be accepted.
const InviteLife = 7 * 24 * time.Hour

// maxInvites is how many open invites a list shows.
const maxInvites = 500

// IssuedInvite is a new invite with its token, which is given out this once:
// the database has only its hash.
type IssuedInvite struct {
	ID        string
	Email     string
	Role      policies.Role
	Token     string
	ExpiresAt time.Time
}

// InviteListed is an open invite as lists show it.
type InviteListed struct {
	Invite
	InvitedByName string
	Expired       bool
}

// Invites lists the open invites of a live workspace, newest first, at most
// 500. Expired ones are among them until somebody withdraws or renews them.
func (s *Service) Invites(ctx context.Context, workspaceID string) ([]InviteListed, error) {
	rows, err := db.OpenInvites(ctx, s.db.Read(), workspaceID, maxInvites)
	out := make([]InviteListed, 0, len(rows))
	for _, r := range rows {
		out = append(out, InviteListed{
			Invite: *inviteOf(r.Invite), InvitedByName: r.InvitedByName, Expired: r.ExpiresAt <= s.now().UnixMilli(),
		})
	}
	return out, err
}

// CreateInvite makes an invite for an address, whoever it belongs to. Earlier
// open invites to it are withdrawn: only the newest link works. A member
// already is a Conflict.
func (s *Service) CreateInvite(ctx context.Context, actor *policies.Session, workspaceID string, who Newcomer) (IssuedInvite, error) {
	email, err := checkNewcomer(actor, who)
	if err != nil {
		return IssuedInvite{}, err
	}
	return s.invite(ctx, actor, workspaceID, func(context.Context, bun.IDB) (string, policies.Role, error) {
		return email, who.Role, nil
	})
}

// RenewInvite replaces an open invite, expired or not, by a new one with the
// same address and role, a new link and another 7 days.
func (s *Service) RenewInvite(ctx context.Context, actor *policies.Session, workspaceID, inviteID string) (IssuedInvite, error) {
	if err := signedIn(actor); err != nil {
		return IssuedInvite{}, err
	}
	return s.invite(ctx, actor, workspaceID, func(ctx context.Context, tx bun.IDB) (string, policies.Role, error) {
		old, err := db.OpenInvite(ctx, tx, workspaceID, inviteID)
		return old.Email, policies.Role(old.Role), err
	})
}

func (s *Service) invite(ctx context.Context, actor *policies.Session, workspaceID string,
	whom func(ctx context.Context, tx bun.IDB) (email string, role policies.Role, err error),
) (IssuedInvite, error) {
	var issued *IssuedInvite
	var invited *Invite
	entry := audit.Entry{Action: ActInvite, WorkspaceID: workspaceID, TargetKind: "invite"}
	err := s.act(ctx, actor, false, entry, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		if _, err := lockAsOwner(ctx, tx, actor, workspaceID); err != nil {
			return err
		}
		email, role, err := whom(ctx, tx)
		if err != nil {
			return err
		}
		e.Details = wanted{Email: email, Role: role}
		if _, err := s.lockForNewcomer(ctx, tx, actor, workspaceID, email); err != nil {
			return err
		}
		if issued, invited, err = s.issue(ctx, tx, actor, workspaceID, email, role); err != nil {
			return err
		}
		e.TargetID, e.Details = invited.ID, change{After: invited}
		return nil
	})
	if err != nil {
		return IssuedInvite{}, err
	}
	s.fireInvited(ctx, actor, invited)
	return *issued, nil
}

// issue writes an invite and withdraws the earlier ones to the same address.
func (s *Service) issue(ctx context.Context, tx bun.IDB, actor *policies.Session, workspaceID, email string, role policies.Role) (*IssuedInvite, *Invite, error) {
	id, err := newID()
	if err != nil {
		return nil, nil, err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: the program ends if the system has no randomness
	token := base64.RawURLEncoding.EncodeToString(secret)
	now := s.now()
	row := db.Invite{
		ID: id, WorkspaceID: workspaceID, Email: email, EmailKey: db.EmailKey(email), Role: string(role),
		TokenHash: db.SecretHash(token), InvitedBy: actor.UserID,
		CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(InviteLife).UnixMilli(),
	}
	if err := db.RevokeInvitesTo(ctx, tx, workspaceID, row.EmailKey, row.CreatedAt); err != nil {
		return nil, nil, err
	}
	if err := db.InsertInvite(ctx, tx, &row); err != nil {
		return nil, nil, err
	}
	return &IssuedInvite{ID: id, Email: email, Role: role, Token: token, ExpiresAt: moment(row.ExpiresAt)}, inviteOf(row), nil
}

func (s *Service) fireInvited(ctx context.Context, actor *policies.Session, invited *Invite) {
	Invited.Fire(ctx, s.bus, InviteEvent{
		WorkspaceID: invited.WorkspaceID, InviteID: invited.ID, Actor: actorOf(ctx, actor), After: invited, At: invited.CreatedAt,
	})
}

// RevokeInvite withdraws an open invite: its link is dead from now on.
func (s *Service) RevokeInvite(ctx context.Context, actor *policies.Session, workspaceID, inviteID string) error {
	if err := signedIn(actor); err != nil {
		return err
	}
	var before *Invite
	entry := audit.Entry{Action: ActRevokeInvite, WorkspaceID: workspaceID, TargetKind: "invite", TargetID: inviteID}
	err := s.act(ctx, actor, false, entry, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		if _, err := lockAsOwner(ctx, tx, actor, workspaceID); err != nil {
			return err
		}
		i, err := db.OpenInvite(ctx, tx, workspaceID, inviteID)
		if err != nil {
			return err
		}
		before = inviteOf(i)
		e.Details = change{Before: before}
		return db.RevokeInvite(ctx, tx, workspaceID, inviteID, s.now().UnixMilli())
	})
	if err != nil {
		return err
	}
	InviteRevoked.Fire(ctx, s.bus, InviteEvent{
		WorkspaceID: workspaceID, InviteID: inviteID, Actor: actorOf(ctx, actor), Before: before, At: s.moment(),
	})
	return nil
}
