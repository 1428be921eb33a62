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

// Device is one signed-in browser of a person.
type Device struct {
	ID         string
	Provider   string
	IP         string
	UserAgent  string
	CreatedAt  time.Time
	LastSeenAt time.Time // to the minute
	ExpiresAt  time.Time
}

// Sessions lists a person's live sessions, the one seen last first.
func (s *Service) Sessions(ctx context.Context, userID string) ([]Device, error) {
	rows, err := db.SessionsOf(ctx, s.db.Read(), userID)
	if err != nil {
		return nil, err
	}
	now := s.now().UnixMilli()
	list := make([]Device, 0, len(rows))
	for _, r := range rows {
		ends := min(r.ExpiresAt, r.LastSeenAt+s.idle.Milliseconds())
		if ends <= now {
			continue
		}
		list = append(list, Device{ID: r.ID, Provider: r.Provider, IP: r.IP, UserAgent: r.UserAgent,
			CreatedAt: moment(r.CreatedAt), LastSeenAt: moment(r.LastSeenAt), ExpiresAt: moment(ends)})
	}
	return list, nil
}

// EndSession ends one of the person's own sessions at once, this one included.
// Somebody else's is NotFound.
func (s *Service) EndSession(ctx context.Context, by *policies.Session, id string) error {
	if err := inPerson(by); err != nil {
		return err
	}
	e := audit.Entry{Action: ActEndSession, Actor: audit.ActorOf(by), TargetKind: "session", TargetID: id}
	return s.journal().act(ctx, true, e, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		ended, err := db.DeleteSession(ctx, tx, by.UserID, id)
		if err != nil {
			return err
		}
		if !ended {
			return fault.New(fault.NotFound, "You are not signed in there any more.")
		}
		e.Details = struct{}{}
		return nil
	})
}

// EndOtherSessions ends all of the person's sessions but this one, and tells
// how many there were.
func (s *Service) EndOtherSessions(ctx context.Context, by *policies.Session) (int, error) {
	if err := inPerson(by); err != nil {
		return 0, err
	}
	var n int64
	e := audit.Entry{Action: ActEndSession, Actor: audit.ActorOf(by), TargetKind: "user", TargetID: by.UserID}
	err := s.journal().act(ctx, true, e, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		var err error
		if n, err = db.DeleteOtherSessions(ctx, tx, by.UserID, by.ID); n > 0 {
			e.Details = endings{Sessions: n}
		}
		return err
	})
	return int(n), err
}
