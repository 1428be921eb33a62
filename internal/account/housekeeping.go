package account

import (
	"context"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

const (
	flushEvery = 5 * time.Second
	sweepEvery = time.Hour
)

// seen collects when sessions were seen, so that a request never waits for a
// write nobody needs at once, and a full disk never ends a session.
type seen struct {
	mu               sync.Mutex
	sessions, tokens map[string]int64
}

func (s *seen) note(kind policies.SessionKind, id string, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions == nil {
		s.sessions, s.tokens = map[string]int64{}, map[string]int64{}
	}
	if kind == policies.TokenSession {
		s.tokens[id] = at
		return
	}
	s.sessions[id] = at
}

func (s *seen) take() (sessions, tokens map[string]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sessions, tokens = s.sessions, s.tokens
	s.sessions, s.tokens = nil, nil
	return sessions, tokens
}

// Flush writes down when sessions and tokens were last seen. The housekeeping
// does it every five seconds.
func (s *Service) Flush(ctx context.Context) error {
	sessions, tokens := s.seen.take()
	if len(sessions)+len(tokens) == 0 {
		return nil
	}
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for id, at := range sessions {
			if err := db.TouchSession(ctx, tx, id, at); err != nil {
				return err
			}
		}
		for id, at := range tokens {
			if err := db.TouchToken(ctx, tx, id, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// Sweep removes what time has ended: sessions, tokens, forgotten throttles. The
// housekeeping does it every hour; what is over does not work before that either.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		now := s.now()
		if _, err := db.DeleteExpiredSessions(ctx, tx, now.UnixMilli(), now.Add(-s.idle).UnixMilli()); err != nil {
			return err
		}
		if _, err := db.DeleteExpiredTokens(ctx, tx, now.UnixMilli()); err != nil {
			return err
		}
		_, err := db.DeleteStaleThrottles(ctx, tx, now.Add(-forgottenAfter).UnixMilli(), knownPrefix, now.Add(-knownFor).UnixMilli())
		return err
	})
}

func (s *Service) keepHouse(ctx context.Context) {
	flush, sweep := time.NewTicker(flushEvery), time.NewTicker(sweepEvery)
	defer flush.Stop()
	defer sweep.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-flush.C:
			err = s.Flush(ctx)
		case <-sweep.C:
			err = s.Sweep(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "housekeeping of sessions failed", "error", err)
		}
	}
}
