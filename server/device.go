package server

import (
	"time"
)

// deviceView is one signed-in browser.
type deviceView struct {
	ID         string    `json:"id"`
	IP         string    `json:"ip"`
	UserAgent  string    `json:"user_agent"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	Current    bool      `json:"is_current"`
}

type devicesReply struct {
	Sessions []deviceView `json:"sessions"`
}

// listSessions answers the person's signed-in browsers, the one seen last first.
func (s *Server) listSessions(r *request) (devicesReply, error) {
	list, err := s.accounts.Sessions(r.Ctx(), r.Session().UserID)
	reply := devicesReply{Sessions: make([]deviceView, 0, len(list))}
	for _, d := range list {
		reply.Sessions = append(reply.Sessions, deviceView{
			ID: d.ID, IP: d.IP, UserAgent: d.UserAgent, CreatedAt: d.CreatedAt, LastSeenAt: d.LastSeenAt, ExpiresAt: d.ExpiresAt,
			Current: d.ID == r.Session().ID,
		})
	}
	return reply, err
}

// endSession signs one of the person's browsers out.
func (s *Server) endSession(r *request, _ nothing) (done, error) {
	err := s.accounts.EndSession(r.Ctx(), r.Session(), r.Param("id"))
	if err == nil && r.Param("id") == r.Session().ID {
		r.EndSession()
	}
	return done{err == nil}, err
}
