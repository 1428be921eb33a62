package workspace

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// Names of the acts in the audit log. What the gate refuses is recorded by the
// server under the same names.
const (
	ActCreate       = "workspace.created"
	ActUpdate       = "workspace.updated"
	ActDelete       = "workspace.deleted"
	ActRestore      = "workspace.restored"
	ActRestrict     = "workspace.restrictions_changed"
	ActGuestAccess  = "workspace.guest_access_changed"
	ActAddMember    = "member.added"
	ActSetRole      = "member.role_changed"
	ActRemoveMember = "member.removed"
	ActLeave        = "member.left"
	ActInvite       = "invite.created"
	ActRevokeInvite = "invite.revoked"
)

// change is what an act did, for the audit log.
type change struct {
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

// errNoLongerMember marks a refusal of somebody who was a member a moment ago.
var errNoLongerMember = errors.New("the actor is not a member any more")

// act runs one privileged act in one transaction. fn fills in the entry; when
// it leaves Details nil, nothing has changed and nothing is recorded. access
// says that the act changes who may do what. A refusal is recorded afterwards,
// in a transaction of its own, because the act's was undone.
func (s *Service) act(ctx context.Context, actor *policies.Session, access bool, e audit.Entry, fn func(ctx context.Context, tx bun.Tx, e *audit.Entry) error) error {
	if actor != nil {
		e.Actor = audit.ActorOf(actor)
	}
	var done audit.Entry
	err := s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		done = e // fn may run again
		if err := fn(ctx, tx, &done); err != nil || done.Details == nil {
			return err
		}
		if access {
			if err := s.db.BumpAccess(ctx, tx, concerned(done)); err != nil {
				return err
			}
		}
		return s.audit.Append(ctx, tx, done)
	})
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Forbidden) || errors.Is(err, errNoLongerMember) {
		s.record(ctx, done, audit.Refused, err)
	}
	return err
}

// concerned is whose access an act has changed: everybody's in the workspace or,
// when it is about one member, theirs.
func concerned(e audit.Entry) db.AccessChange {
	if e.TargetKind == "user" {
		return db.AccessChange{UserID: e.TargetID, WorkspaceID: e.WorkspaceID}
	}
	return db.AccessChange{WorkspaceID: e.WorkspaceID}
}

// record writes down an act that did not happen. That it cannot be written must
// not hide why the act did not happen; so it is only logged.
func (s *Service) record(ctx context.Context, e audit.Entry, result audit.Result, why error) {
	e.Result = result
	reason := "It did not work; the server's log says why."
	var known *fault.Error
	if errors.As(why, &known) {
		reason = known.Message
	}
	e.Details = struct {
		Reason string `json:"reason"`
		Wanted any    `json:"wanted,omitempty"`
	}{reason, e.Details}
	if err := s.audit.Record(context.WithoutCancel(ctx), e); err != nil {
		s.log.ErrorContext(ctx, "an act that did not happen is missing in the audit log", "action", e.Action, "result", result, "error", err)
	}
}

// actorOf is who acts, as hooks show it: the session's person, or for operators
// whatever the context's origin says.
func actorOf(ctx context.Context, session *policies.Session) audit.Actor {
	if session != nil {
		return audit.ActorOf(session)
	}
	actor := audit.OriginFrom(ctx).Actor
	if actor.Kind == "" {
		actor.Kind = audit.System
	}
	return actor
}

// signedIn refuses nobody's session.
func signedIn(session *policies.Session) error {
	if session == nil || session.UserID == "" {
		return fault.New(fault.Unauthenticated, "Sign in to do this.")
	}
	return nil
}

// lock locks a live workspace. A deleted one is as good as missing.
func lock(ctx context.Context, tx bun.IDB, workspaceID string) (db.Workspace, error) {
	w, err := db.LockWorkspace(ctx, tx, workspaceID)
	if err == nil && w.DeletedAt != nil {
		err = notThere()
	}
	return w, err
}

const notThereWords = "This workspace does not exist, or you are not a member of it."

func notThere() error { return fault.New(fault.NotFound, notThereWords) }

// noLongerThere is notThere for somebody who was a member a moment ago: it
// reads the same outside, and is recorded.
func noLongerThere() error { return fault.Wrap(errNoLongerMember, fault.NotFound, notThereWords) }

// lockAsOwner locks a live workspace and reads the actor's role under the lock:
// only someone who is an enabled owner of it at this very moment goes on.
func lockAsOwner(ctx context.Context, tx bun.IDB, session *policies.Session, workspaceID string) (db.Workspace, error) {
	w, err := lock(ctx, tx, workspaceID)
	if err != nil {
		return w, err
	}
	role, err := db.EnabledRole(ctx, tx, workspaceID, session.UserID)
	switch {
	case err != nil:
		return w, err
	case role == "":
		return w, noLongerThere()
	case role != string(policies.Owner):
		return w, fault.Newf(fault.Forbidden, "Only owners of %s can do this. You are %s there.", w.Name, withArticle(role))
	}
	return w, nil
}

func withArticle(role string) string {
	if role == string(policies.Viewer) {
		return "a viewer"
	}
	return "an " + role
}
