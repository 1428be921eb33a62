package server

import (
	"or3.cloud/or3/policies"
)

type explainQuery struct {
	WorkspaceID string              `query:"workspace_id" validate:"omitempty,id"`
	UserID      string              `query:"user_id" validate:"omitempty,id"`
	Permission  policies.Permission `query:"permission" validate:"required,max=100"`
}

// explainReply is a decision with its evidence.
type explainReply struct {
	Allowed     bool                     `json:"allowed"`
	Reason      policies.Reason          `json:"reason"`
	Role        policies.Role            `json:"role"`
	Policy      string                   `json:"policy"`
	Restriction *policies.Restriction    `json:"restriction,omitzero"`
	Filters     []policies.FilterVerdict `json:"filters"`
}

// explainAccess says whether somebody may do something in a workspace, and
// why. Without user_id it is about the caller, without workspace_id about the
// active workspace.
func (s *Server) explainAccess(r *request, q explainQuery) (explainReply, error) {
	about := *r.Session()
	if q.UserID != "" && q.UserID != about.UserID {
		about = policies.Session{Kind: policies.BrowserSession, UserID: q.UserID}
	}
	resource := policies.Workspace(r.Decision().WorkspaceID)
	if q.WorkspaceID != "" {
		resource = policies.Workspace(q.WorkspaceID)
	}
	d := s.gate.Explain(r.Ctx(), &about, q.Permission, resource)
	if d.Reason == policies.LookupFailed {
		return explainReply{}, d.Fault()
	}
	reply := explainReply{Allowed: d.Allowed, Reason: d.Reason, Role: d.Role, Policy: d.Policy, Restriction: d.Restriction, Filters: d.Filters}
	return reply, nil
}
