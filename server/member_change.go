package server

import (
	"or3.cloud/or3/policies"
)

type setRoleBody struct {
	Role policies.Role `json:"role" validate:"required,oneof=owner editor viewer"`
}

type memberReply struct {
	Member memberView `json:"member"`
}

// setRole gives a member another role.
func (s *Server) setRole(r *request, in setRoleBody) (memberReply, error) {
	m, err := s.workspaces.SetRole(r.Ctx(), r.Session(), r.Param("id"), r.Param("user_id"), in.Role)
	return memberReply{viewOfMember(m)}, err
}

// removeMember ends a person's membership.
func (s *Server) removeMember(r *request, _ nothing) (done, error) {
	err := s.workspaces.RemoveMember(r.Ctx(), r.Session(), r.Param("id"), r.Param("user_id"))
	return done{err == nil}, err
}
