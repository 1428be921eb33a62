package account

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

// SignOut ends the session at once, everywhere. It gives the address at which
// the provider wants to see the browser next, "" for none. Signing out without
// a session is no error.
func (s *Service) SignOut(ctx context.Context, session *policies.Session) (redirect string, err error) {
	if session == nil || session.Kind != policies.BrowserSession {
		return "", nil
	}
	e := audit.Entry{Action: ActSignOut, Actor: audit.ActorOf(session), TargetKind: "session", TargetID: session.ID}
	err = s.journal().act(ctx, true, e, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		ended, err := db.DeleteSession(ctx, tx, session.UserID, session.ID)
		if ended {
			e.Details = struct{}{}
		}
		return err
	})
	if err != nil || session.Provider != s.provider.ID() {
		return "", err
	}
	redirect, err = s.provider.SignOut(ctx, foreign(session))
	if err != nil {
		// Ours is over; that is what the person asked this server for.
		s.log.WarnContext(ctx, "the provider could not end its session", "provider", session.Provider, "error", err)
		redirect = ""
	}
	return redirect, nil
}
