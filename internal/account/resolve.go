package account

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// TokenPrefix begins every API token, so that people and scanners know one
// when they see it.
const TokenPrefix = "or3_pat_"

const (
	// grace is how long a replaced token still works, for the requests that
	// were under way when it was replaced.
	grace = 10 * time.Second
	// seenEvery is how exactly it is known when a session was last seen.
	seenEvery = time.Minute
)

// Resolve finds the session behind a cookie's token. Nil, nil means that the
// token is not, or no longer, valid; an error that this cannot be told just
// now, which must not look like a sign-out. The session is the caller's own
// copy.
func (s *Service) Resolve(ctx context.Context, cookieToken string) (*policies.Session, error) {
	r, err := s.remembered(ctx, cookieToken)
	if r == nil || err != nil {
		return nil, err
	}
	return s.visit(r), nil
}

// Refresh is Resolve for requests whose answer can set a cookie. When the
// person's rights have grown since the token was set, the token is replaced
// and fresh is the new one, to be set; else fresh is "".
func (s *Service) Refresh(ctx context.Context, cookieToken string) (session *policies.Session, fresh string, err error) {
	r, err := s.remembered(ctx, cookieToken)
	if r == nil || err != nil {
		return nil, "", err
	}
	if r.stale {
		// A token that cannot be replaced now is replaced with the next request.
		fresh, err = s.rotate(ctx, r, cookieToken, true)
		if err != nil {
			s.log.WarnContext(ctx, "a session's token could not be replaced", "session_id", r.session.ID, "error", err)
			fresh = ""
		}
	}
	return s.visit(r), fresh, nil
}

// ResolveBearer finds the session of an API token; see Resolve.
func (s *Service) ResolveBearer(ctx context.Context, bearer string) (*policies.Session, error) {
	secret, ok := strings.CutPrefix(bearer, TokenPrefix)
	if !ok || !isSecret(secret) {
		return nil, nil
	}
	key := keyOf(bearer)
	r, era := s.cache.get(key)
	if r == nil {
		t, err := db.TokenByHash(ctx, s.db.Read(), key.hash())
		if err != nil {
			return nil, unlessMissing(err)
		}
		r = s.rememberToken(t)
		s.cache.put(key, r, era)
	}
	if r.over(s.now().UnixMilli()) {
		return nil, nil
	}
	return s.visit(r), nil
}

// remembered finds a live browser session, nil when there is none.
func (s *Service) remembered(ctx context.Context, token string) (*remembered, error) {
	if !isSecret(token) {
		return nil, nil
	}
	key := keyOf(token)
	r, era := s.cache.get(key)
	if r == nil {
		live, err := db.SessionByToken(ctx, s.db.Read(), key.hash())
		switch {
		case err == nil:
			r = s.rememberSession(live)
			s.cache.put(key, r, era)
		case fault.Is(err, fault.NotFound):
			live, err = db.SessionByPreviousToken(ctx, s.db.Read(), key.hash(), s.now().Add(-grace).UnixMilli())
			if err != nil {
				return nil, unlessMissing(err)
			}
			r = s.rememberSession(live) // not for long: not into the cache
			r.stale = false
		default:
			return nil, err
		}
	}
	if r.session.Kind != policies.BrowserSession || r.over(s.now().UnixMilli()) {
		return nil, nil
	}
	return r, nil
}

func unlessMissing(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// visit notes that a session was seen, has its provider asked about it when it
// is time, and copies it.
func (s *Service) visit(r *remembered) *policies.Session {
	now := s.now().UnixMilli()
	if last := r.lastSeen.Load(); now-last >= seenEvery.Milliseconds() && r.lastSeen.CompareAndSwap(last, now) {
		s.seen.note(r.session.Kind, r.session.ID, now)
	}
	s.recheck(r, now)
	session := r.session
	ends := r.expires
	if r.idle > 0 {
		ends = min(ends, r.lastSeen.Load()+r.idle)
	}
	session.ExpiresAt = moment(ends)
	return &session
}

// rotate gives a session a new token; keepOld leaves the old one valid for the
// time of grace. "" means that somebody else was faster.
func (s *Service) rotate(ctx context.Context, r *remembered, token string, keepOld bool) (fresh string, err error) {
	fresh = newSecret()
	won := false
	err = s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var err error
		at := max(s.now().UnixMilli(), r.elevated+1)
		won, err = db.RotateSession(ctx, tx, r.session.ID, db.SecretHash(token), db.SecretHash(fresh), at, keepOld)
		if err != nil || !won {
			return err
		}
		// Who remembers the old token must look again.
		return s.db.BumpAccess(ctx, tx, db.AccessChange{UserID: r.session.UserID})
	})
	if err != nil || !won {
		return "", err
	}
	return fresh, nil
}
