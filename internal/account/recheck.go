package account

import (
	"context"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

const (
	recheckEvery   = 5 * time.Minute
	recheckTimeout = 10 * time.Second
)

// rechecks counts the questions to foreign providers that are under way.
type rechecks struct{ running sync.WaitGroup }

func (r *rechecks) wait() { r.running.Wait() }

// recheck asks a foreign provider, in the background, whether a session may
// live on. The local provider needs no asking: whoever is disabled has no
// session any more.
func (s *Service) recheck(r *remembered, now int64) {
	if r.session.Kind != policies.BrowserSession || r.session.Provider == LocalID || r.session.Provider != s.provider.ID() {
		return
	}
	last := r.checkedAt.Load()
	if last == 0 {
		last = r.session.CreatedAt.UnixMilli()
	}
	if now-last < recheckEvery.Milliseconds() || !r.checkedAt.CompareAndSwap(r.checkedAt.Load(), now) {
		return
	}
	session := r.session
	s.rechecks.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), recheckTimeout)
		defer cancel()
		verdict, err := s.provider.Recheck(ctx, foreign(&session))
		if err != nil {
			s.log.WarnContext(ctx, "the provider could not be asked about a session; it stays", "provider", session.Provider, "error", err)
			return
		}
		if verdict == Gone {
			if err := s.endForeign(ctx, session); err != nil {
				s.log.ErrorContext(ctx, "a session its provider has ended could not be ended here", "error", err)
			}
		}
	})
}

func foreign(s *policies.Session) ForeignSession {
	return ForeignSession{Provider: s.Provider, Key: s.ProviderUserID, UserID: s.UserID, Since: s.CreatedAt}
}

func (s *Service) endForeign(ctx context.Context, session policies.Session) error {
	e := audit.Entry{Action: ActEndSession, Actor: audit.Actor{Kind: audit.System, Name: session.Provider}, TargetKind: "session", TargetID: session.ID}
	return s.journal().act(ctx, true, e, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		ended, err := db.DeleteSession(ctx, tx, session.UserID, session.ID)
		if ended {
			e.Details = map[string]string{"user_id": session.UserID, "reason": "ended by the provider"}
		}
		return err
	})
}
