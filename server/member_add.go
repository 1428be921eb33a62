package server

import (
	"net/url"
	"time"

	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

type newcomerBody struct {
	Email string        `json:"email" validate:"required,max=320"`
	Role  policies.Role `json:"role" validate:"required,oneof=owner editor viewer"`
}

// issuedInvite is an invite as only its maker sees it: with the link.
type issuedInvite struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// addMemberReply holds exactly one of the two.
type addMemberReply struct {
	Member *memberView   `json:"member,omitzero"`
	Invite *issuedInvite `json:"invite,omitzero"`
}

// addMember lets a person in: at once when they share a workspace with the
// caller, by invite otherwise, whether or not the address has an account.
func (s *Server) addMember(r *request, in newcomerBody) (addMemberReply, error) {
	added, err := s.workspaces.AddMember(r.Ctx(), r.Session(), r.Param("id"), workspace.Newcomer{Email: in.Email, Role: in.Role})
	if err != nil {
		return addMemberReply{}, err
	}
	if added.Member != nil {
		view := viewOfMember(*added.Member)
		return addMemberReply{Member: &view}, nil
	}
	return addMemberReply{Invite: r.issued(*added.Invite)}, nil
}

// inviteLink is the address an invited person opens.
func (r *request) inviteLink(token string) string {
	return r.BaseURL() + "/invite?token=" + url.QueryEscape(token)
}

func (r *request) issued(i workspace.IssuedInvite) *issuedInvite {
	return &issuedInvite{ID: i.ID, URL: r.inviteLink(i.Token), ExpiresAt: i.ExpiresAt}
}
