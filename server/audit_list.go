package server

import (
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

type auditQuery struct {
	Cursor      string `query:"cursor" validate:"max=20"`
	Action      string `query:"action" validate:"max=120"`
	Actor       string `query:"actor" validate:"max=320"`
	WorkspaceID string `query:"workspace_id" validate:"omitempty,id"`
	Result      string `query:"result" validate:"omitempty,oneof=allowed refused failed"`
	Since       string `query:"since" validate:"max=40"` // RFC 3339
	Until       string `query:"until" validate:"max=40"` // RFC 3339
	Limit       int    `query:"limit" validate:"omitempty,min=1,max=200"`
}

// listAudit answers a page of the audit log, newest first.
func (s *Server) listAudit(r *request, q auditQuery) (audit.Page, error) {
	filter, err := r.auditFilter(q)
	if err != nil {
		return audit.Page{}, err
	}
	return s.audit.List(r.Ctx(), filter)
}

// auditFilter narrows the log to what the caller may see: the whole of it for
// whoever reads the deployment, one workspace for everybody else.
func (r *request) auditFilter(q auditQuery) (audit.Filter, error) {
	f := audit.Filter{
		Action: q.Action, Actor: q.Actor, WorkspaceID: q.WorkspaceID, Result: audit.Result(q.Result), Cursor: q.Cursor, Limit: q.Limit,
	}
	var err error
	if f.Since, err = optionalTime("since", q.Since); err != nil {
		return f, err
	}
	if f.Until, err = optionalTime("until", q.Until); err != nil {
		return f, err
	}
	if f.WorkspaceID == "" && !r.Can(policies.AdminAccess, policies.TheDeployment()) {
		// No workspace selects the whole log, so it must never be meant by having none.
		if f.WorkspaceID = r.Session().WorkspaceID; f.WorkspaceID == "" {
			return f, notFound()
		}
	}
	return f, nil
}

func optionalTime(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fault.Field(name, "is not a time such as 2026-11-23T08:00:00Z")
	}
	return t, nil
}
