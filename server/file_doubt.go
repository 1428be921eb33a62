package server

import (
	"context"
	"slices"
	"sync"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// uploadDoubts are changes of rights after which uploads under way have to be
// judged again.
type uploadDoubts struct {
	mu   sync.Mutex
	of   []db.AccessChange
	poke chan struct{}
}

func (d *uploadDoubts) add(of []db.AccessChange) {
	d.mu.Lock()
	if d.of = append(d.of, of...); len(d.of) > mostDoubts {
		d.of = []db.AccessChange{{}}
	}
	d.mu.Unlock()
	select {
	case d.poke <- struct{}{}:
	default:
	}
}

func (d *uploadDoubts) take() []db.AccessChange {
	d.mu.Lock()
	defer d.mu.Unlock()
	of := d.of
	d.of = nil
	return of
}

// judgeUploads gives up the uploads of those who lose the right to write, with
// what they have sent, as soon as they lose it: nobody else could free the room
// they hold. On several nodes each of them does, and finds nothing left.
func (s *Server) judgeUploads() {
	d := &uploadDoubts{poke: make(chan struct{}, 1)}
	s.db.OnAccessChange(d.add)
	s.files.asked.Go(func() {
		for {
			select {
			case <-s.life.Done():
				return
			case <-d.poke:
			}
			if err := s.releaseUploads(s.life, d.take()); err != nil && s.life.Err() == nil {
				s.log.Warn("uploads of people who lost the right to write could not be given up; they end by themselves", "error", err)
			}
		}
	})
}

func (s *Server) releaseUploads(ctx context.Context, of []db.AccessChange) error {
	open, err := s.files.books.UnderWay(ctx)
	if err != nil {
		return err
	}
	may := map[[2]string]bool{}
	for i := range open {
		who := [2]string{open[i].UserID, open[i].WorkspaceID}
		if !slices.ContainsFunc(of, func(c db.AccessChange) bool { return c.Concerns(who[0], who[1]) }) {
			continue
		}
		allowed, asked := may[who]
		if !asked {
			if allowed, err = s.mayWrite(ctx, who[0], who[1]); err != nil {
				return err
			}
			may[who] = allowed
		}
		if allowed {
			continue
		}
		if err := s.giveUp(ctx, open[i]); err != nil {
			return err
		}
	}
	return nil
}

// mayWrite asks whether a person still may write in a workspace.
func (s *Server) mayWrite(ctx context.Context, userID, workspaceID string) (bool, error) {
	d, err := s.writeDecision(ctx, &policies.Session{Kind: policies.LinkSession, UserID: userID, WorkspaceID: workspaceID}, workspaceID)
	if err != nil {
		return false, err
	}
	if err := d.Fault(); !d.Allowed && fault.Is(err, fault.Unavailable) {
		return false, err
	}
	return d.Allowed, nil
}

// writeDecision judges anew whether whoever has a session may write in a
// workspace. One who is there no more, or disabled, is nobody.
func (s *Server) writeDecision(ctx context.Context, of *policies.Session, workspaceID string) (policies.Decision, error) {
	person, err := s.accounts.Holder(ctx, of.UserID)
	switch {
	case fault.Is(err, fault.NotFound), err == nil && person.DisabledAt != nil:
		return policies.Decision{Reason: policies.Unauthenticated}, nil
	case err != nil:
		return policies.Decision{}, err
	}
	session := *of
	session.Email, session.DisplayName = person.Email, person.DisplayName
	return s.gate.Can(ctx, &session, policies.WorkspaceWrite, policies.Workspace(workspaceID)), nil
}
