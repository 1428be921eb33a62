package server

import (
	"or3.cloud/or3/policies"
)

type restrictionBody struct {
	Role       policies.Role       `json:"role" validate:"required,oneof=editor viewer"`
	Permission policies.Permission `json:"permission" validate:"required,max=100"`
}

type restrictionsBody struct {
	Restrictions []restrictionBody `json:"restrictions" validate:"required,max=12,dive"`
}

type restrictionsReply struct {
	Restrictions []policies.Restriction `json:"restrictions"`
}

// listRestrictions answers what the workspace takes from its roles.
func (s *Server) listRestrictions(r *request) (restrictionsReply, error) {
	list, err := s.workspaces.Restrictions(r.Ctx(), r.Param("id"))
	return restrictionsReply{list}, err
}

// setRestrictions replaces what the workspace takes from its roles.
func (s *Server) setRestrictions(r *request, in restrictionsBody) (restrictionsReply, error) {
	wanted := make([]policies.Restriction, 0, len(in.Restrictions))
	for _, one := range in.Restrictions {
		wanted = append(wanted, policies.Restriction(one))
	}
	list, err := s.workspaces.SetRestrictions(r.Ctx(), r.Session(), r.Param("id"), wanted)
	return restrictionsReply{list}, err
}
