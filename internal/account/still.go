package account

import (
	"context"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

// StillSignedIn tells of each session whether it goes on: not ended, not over
// by time, its person not disabled. It is for connections that outlive the
// request that opened them, and asks the database, not what is remembered.
func (s *Service) StillSignedIn(ctx context.Context, sessions []*policies.Session) ([]bool, error) {
	ids := map[policies.SessionKind][]string{}
	for _, session := range sessions {
		ids[session.Kind] = append(ids[session.Kind], session.ID)
	}
	now := s.now().UnixMilli()
	// When a session was seen is written down with a delay.
	notSeenSince := int64(0)
	if s.idle > 0 {
		notSeenSince = now - s.idle.Milliseconds() - 2*seenEvery.Milliseconds()
	}
	browsers, err := db.LiveSessionIDs(ctx, s.db.Read(), ids[policies.BrowserSession], now, notSeenSince)
	if err != nil {
		return nil, err
	}
	tokens, err := db.LiveTokenIDs(ctx, s.db.Read(), ids[policies.TokenSession], now)
	if err != nil {
		return nil, err
	}
	alive := make([]bool, len(sessions))
	for i, session := range sessions {
		if session.Kind == policies.TokenSession {
			alive[i] = tokens[session.ID]
		} else {
			alive[i] = browsers[session.ID]
		}
	}
	return alive, nil
}
