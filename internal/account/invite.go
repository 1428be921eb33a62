package account

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// InviteView is what the holder of an invite's token may see before using it.
type InviteView struct {
	ID            string
	WorkspaceID   string
	WorkspaceName string
	Email         string
	Role          policies.Role
	InvitedBy     string // a name; "" when a command invited
	ExpiresAt     time.Time
	HasAccount    bool // the address has an account: sign in instead of registering
}

// PeekInvite shows an invite and consumes nothing. One that is unknown, used,
// revoked, too old or to a deleted workspace is NotFound in the same words.
func (s *Service) PeekInvite(ctx context.Context, token string) (InviteView, error) {
	i, err := s.openInvite(ctx, s.db.Read(), token)
	if err != nil {
		return InviteView{}, err
	}
	_, err = db.UserByEmail(ctx, s.db.Read(), i.EmailKey)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return InviteView{}, err
	}
	return InviteView{
		ID: i.ID, WorkspaceID: i.WorkspaceID, WorkspaceName: i.WorkspaceName, Email: i.Email, Role: policies.Role(i.Role),
		InvitedBy: i.InviterName, ExpiresAt: moment(i.ExpiresAt), HasAccount: err == nil,
	}, nil
}

// AcceptInvite redeems an invite for somebody who is signed in with the invited
// address, and makes the workspace the session's active one. Of any number of
// parallel calls one succeeds; the others find the invite used.
func (s *Service) AcceptInvite(ctx context.Context, by *policies.Session, token string) (workspaceID string, err error) {
	if by == nil || by.UserID == "" {
		return "", fault.New(fault.Unauthenticated, "Sign in to accept the invitation.")
	}
	var joined *Membership
	entry := audit.Entry{Action: ActJoin, Actor: audit.ActorOf(by)}
	err = s.journal().act(ctx, true, entry, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		i, err := s.openInvite(ctx, tx, token)
		if err != nil {
			return err
		}
		e.WorkspaceID, e.TargetKind, e.TargetID = i.WorkspaceID, "invite", i.ID
		u, err := db.UserByID(ctx, tx, by.UserID)
		if err != nil {
			return err
		}
		if joined, err = redeem(ctx, tx, i, u, s.now()); err != nil {
			return err
		}
		if err := switchTo(ctx, tx, by, i.WorkspaceID); err != nil {
			return err
		}
		actor := e.Actor
		*e = joinEntry(*joined)
		e.Actor = actor
		return nil
	})
	if err != nil {
		return "", err
	}
	joined.Actor = entry.Actor
	s.joined(ctx, *joined)
	return joined.WorkspaceID, nil
}

func (s *Service) openInvite(ctx context.Context, q bun.IDB, token string) (db.ListedInvite, error) {
	return db.OpenInviteByToken(ctx, q, db.SecretHash(token), s.now().UnixMilli())
}

// redeem makes a person a member by an invite that was open a moment ago. Who
// is a member already gets the invite's role only if that is the wider one.
func redeem(ctx context.Context, tx bun.IDB, i db.ListedInvite, u db.User, now time.Time) (*Membership, error) {
	if i.EmailKey != u.EmailKey {
		return nil, foreignInvite()
	}
	if w, err := db.LockWorkspace(ctx, tx, i.WorkspaceID); err != nil {
		return nil, err
	} else if w.DeletedAt != nil {
		return nil, fault.New(fault.NotFound, inviteGone)
	}
	won, err := db.RedeemInvite(ctx, tx, i.ID, u.ID, now.UnixMilli())
	if err != nil {
		return nil, err
	}
	if !won {
		return nil, fault.New(fault.NotFound, inviteGone)
	}
	m := &Membership{
		WorkspaceID: i.WorkspaceID, UserID: u.ID, Email: u.Email, DisplayName: u.DisplayName, Role: i.Role,
		InviteID: i.ID, InvitedBy: i.InvitedBy, At: moment(now.UnixMilli()),
	}
	if m.FormerRole, err = db.EnabledRole(ctx, tx, i.WorkspaceID, u.ID); err != nil {
		return nil, err
	}
	if m.FormerRole != "" && width(i.Role) <= width(m.FormerRole) {
		m.Role = m.FormerRole
		return m, nil
	}
	if err := db.MarkElevated(ctx, tx, u.ID, now.UnixMilli()); err != nil {
		return nil, err
	}
	if m.FormerRole == "" {
		return m, db.InsertMember(ctx, tx, &db.Member{WorkspaceID: i.WorkspaceID, UserID: u.ID, Role: i.Role, CreatedAt: now.UnixMilli()})
	}
	return m, db.SetMemberRole(ctx, tx, i.WorkspaceID, u.ID, i.Role)
}

func foreignInvite() error {
	return fault.New(fault.Forbidden, "This invitation is for another e-mail address. Sign in with that one, or ask for a new invitation.")
}

// width orders roles: owner ⊇ editor ⊇ viewer.
func width(role string) int {
	switch policies.Role(role) {
	case policies.Owner:
		return 3
	case policies.Editor:
		return 2
	case policies.Viewer:
		return 1
	}
	return 0
}

func joinEntry(m Membership) audit.Entry {
	type state struct {
		UserID string `json:"user_id"`
		Role   string `json:"role"`
	}
	c := change{After: state{m.UserID, m.Role}}
	if m.FormerRole != "" {
		c.Before = state{m.UserID, m.FormerRole}
	}
	return audit.Entry{Action: ActJoin, WorkspaceID: m.WorkspaceID, TargetKind: "invite", TargetID: m.InviteID, Details: c}
}

const inviteGone = "This invitation is not valid any more. Ask for a new one."
