package server

import (
	"time"

	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

// memberView is a member as the API shows them.
type memberView struct {
	UserID      string        `json:"user_id"`
	Email       string        `json:"email"`
	DisplayName string        `json:"display_name"`
	Role        policies.Role `json:"role"`
	CreatedAt   time.Time     `json:"created_at"`
}

type membersReply struct {
	Members []memberView `json:"members"`
}

// listMembers answers everybody in the workspace, in the order in which they came.
func (s *Server) listMembers(r *request) (membersReply, error) {
	list, _, err := s.workspaces.Members(r.Ctx(), r.Param("id"), workspace.MemberQuery{})
	reply := membersReply{Members: make([]memberView, 0, len(list))}
	for _, m := range list {
		reply.Members = append(reply.Members, viewOfMember(m.Member))
	}
	return reply, err
}

func viewOfMember(m workspace.Member) memberView {
	return memberView{UserID: m.UserID, Email: m.Email, DisplayName: m.DisplayName, Role: m.Role, CreatedAt: m.CreatedAt}
}
