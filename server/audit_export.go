package server

import (
	"io"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

type auditExportQuery struct {
	Format      string `query:"format" validate:"required,oneof=csv json"`
	Action      string `query:"action" validate:"max=120"`
	Actor       string `query:"actor" validate:"max=320"`
	WorkspaceID string `query:"workspace_id" validate:"omitempty,id"`
	Result      string `query:"result" validate:"omitempty,oneof=allowed refused failed"`
	Since       string `query:"since" validate:"max=40"`
	Until       string `query:"until" validate:"max=40"`
}

// exportAudit answers everything that matches as a file.
func (s *Server) exportAudit(r *request, q auditExportQuery) (nothing, error) {
	filter, err := r.auditFilter(auditQuery{Action: q.Action, Actor: q.Actor, WorkspaceID: q.WorkspaceID, Result: q.Result, Since: q.Since, Until: q.Until})
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.sendAudit(r, filter, audit.Format(q.Format))
}

// sendAudit answers entries as a file.
func (s *Server) sendAudit(r *request, filter audit.Filter, format audit.Format) error {
	if !r.mayTakeAlong(filter.WorkspaceID) {
		return fault.New(fault.Forbidden, "Taking along the log of other workspaces counts as a change of the deployment. Choose your own workspace, or ask an owner of the home workspace.")
	}
	return r.sendWritten(written{
		name: "audit-" + r.Now().UTC().Format("20060102-150405") + "." + string(format), media: format.MediaType(),
		write: func(w io.Writer) error { return s.audit.Export(r.Ctx(), filter, format, w) },
	})
}

// mayTakeAlong: who reads a workspace's log may export it; exporting another's,
// or all of them ("") at once, is a change of the deployment.
func (r *request) mayTakeAlong(workspaceID string) bool {
	own := workspaceID != "" && r.Can(policies.AdminAccess, policies.Workspace(workspaceID))
	return own || r.Can(policies.WorkspaceSettingsManage, policies.TheDeployment())
}
