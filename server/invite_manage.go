package server

import (
	"time"

	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

// inviteView is an open invite; its link was shown once, when it was made.
type inviteView struct {
	ID            string        `json:"id"`
	Email         string        `json:"email"`
	Role          policies.Role `json:"role"`
	InvitedBy     string        `json:"invited_by"`
	InvitedByName string        `json:"invited_by_name"`
	CreatedAt     time.Time     `json:"created_at"`
	ExpiresAt     time.Time     `json:"expires_at"`
	Expired       bool          `json:"expired"`
}

type invitesReply struct {
	Invites []inviteView `json:"invites"`
}

type inviteReply struct {
	Invite *issuedInvite `json:"invite"`
}

// listInvites answers the invites that are still open.
func (s *Server) listInvites(r *request) (invitesReply, error) {
	list, err := s.workspaces.Invites(r.Ctx(), r.Param("id"))
	reply := invitesReply{Invites: make([]inviteView, 0, len(list))}
	for _, i := range list {
		reply.Invites = append(reply.Invites, inviteView{
			ID: i.ID, Email: i.Email, Role: i.Role, InvitedBy: i.InvitedBy, InvitedByName: i.InvitedByName,
			CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt, Expired: i.Expired,
		})
	}
	return reply, err
}

// createInvite makes an invite for an address, whoever it belongs to.
func (s *Server) createInvite(r *request, in newcomerBody) (inviteReply, error) {
	i, err := s.workspaces.CreateInvite(r.Ctx(), r.Session(), r.Param("id"), workspace.Newcomer{Email: in.Email, Role: in.Role})
	if err != nil {
		return inviteReply{}, err
	}
	return inviteReply{r.issued(i)}, nil
}

// revokeInvite makes an invite's link dead.
func (s *Server) revokeInvite(r *request, _ nothing) (done, error) {
	err := s.workspaces.RevokeInvite(r.Ctx(), r.Session(), r.Param("id"), r.Param("invite_id"))
	return done{err == nil}, err
}
