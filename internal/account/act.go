package account

import (
	"context"
	"errors"
	"log/slog"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// Names of the acts in the audit log.
const (
	ActSetup          = "auth.set_up"
	ActSignIn         = "auth.signed_in"
	ActSignOut        = "auth.signed_out"
	ActRegister       = "auth.registered"
	ActChangePassword = "auth.password_changed"
	ActEndSession     = "auth.session_ended"
	ActCreateToken    = "auth.token_created"
	ActRevokeToken    = "auth.token_revoked"
	ActCreateUser     = "user.created"
	ActSetPassword    = "user.password_set"
	ActDisableUser    = "user.disabled"
	ActEnableUser     = "user.enabled"
	ActGrantAdmin     = "deployment_admin.granted"
	ActRevokeAdmin    = "deployment_admin.revoked"
	ActArrive         = "workspace.created" // the one that comes with a person
	ActJoin           = "member.joined"
	ActAdd            = "member.added" // by a command
)

// journal runs acts in transactions with their audit entries.
type journal struct {
	db    *db.DB
	audit *audit.Log
	log   *slog.Logger
}

// change is what an act did, for the audit log.
type change struct {
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

// act runs one privileged act. fn fills in the entry; its Details left nil
// mean that nothing has changed, and nothing is recorded. access says that
// sessions, people or memberships that somebody may remember have changed.
// What is refused is recorded afterwards, because the act's own transaction
// was undone.
func (j journal) act(ctx context.Context, access bool, e audit.Entry, fn func(ctx context.Context, tx bun.Tx, e *audit.Entry) error) error {
	var done audit.Entry
	err := j.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		done = e // fn may run again
		if err := fn(ctx, tx, &done); err != nil || done.Details == nil {
			return err
		}
		if access {
			if err := j.db.BumpAccess(ctx, tx, concerned(done)); err != nil {
				return err
			}
		}
		return j.audit.Append(ctx, tx, done)
	})
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Forbidden) {
		j.refused(ctx, done, err)
	}
	return err
}

// concerned is whose access an act has changed: the person's it is about or, of a
// session they end themselves, whose it is.
func concerned(e audit.Entry) db.AccessChange {
	switch {
	case e.TargetKind == "user":
		return db.AccessChange{UserID: e.TargetID, WorkspaceID: e.WorkspaceID}
	case e.WorkspaceID != "":
		return db.AccessChange{WorkspaceID: e.WorkspaceID}
	case (e.TargetKind == "session" || e.TargetKind == "token") && (e.Actor.Kind == audit.User || e.Actor.Kind == audit.Token):
		return db.AccessChange{UserID: e.Actor.ID}
	}
	return db.AccessChange{}
}

// refused writes down an act that a rule stood against. That it cannot be
// written must not hide why the act did not happen; so it is only logged.
func (j journal) refused(ctx context.Context, e audit.Entry, why error) {
	e.Result = audit.Refused
	var known *fault.Error
	if errors.As(why, &known) {
		e.Details = struct {
			Reason string `json:"reason"`
			Wanted any    `json:"wanted,omitempty"`
		}{known.Message, e.Details}
	}
	if err := j.audit.Record(context.WithoutCancel(ctx), e); err != nil {
		j.log.ErrorContext(ctx, "a refused act is missing in the audit log", "action", e.Action, "error", err)
	}
}

func (s *Service) journal() journal { return journal{db: s.db, audit: s.audit, log: s.log} }

// Operator is the session of somebody at the machine's own command line, who
// may do everything because they could write the database by hand.
func Operator() *policies.Session { return &policies.Session{Kind: policies.CommandSession} }

func isOperator(s *policies.Session) bool { return s != nil && s.Kind == policies.CommandSession }

// actorOf is who acts, for the audit log. An operator is whoever the context's
// origin names.
func actorOf(ctx context.Context, s *policies.Session) audit.Actor {
	if s != nil && s.UserID != "" {
		return audit.ActorOf(s)
	}
	actor := audit.OriginFrom(ctx).Actor
	if actor.Kind == "" && isOperator(s) {
		actor.Kind = audit.Command
	}
	return actor
}

// inPerson refuses nobody, and tokens: credentials are made and ended by a
// person in a browser.
func inPerson(s *policies.Session) error {
	switch {
	case s == nil || s.UserID == "":
		return fault.New(fault.Unauthenticated, "Sign in to do this.")
	case s.Kind == policies.TokenSession:
		return fault.New(fault.Forbidden, "An API token cannot do this. Sign in with a browser.")
	}
	return nil
}
