package server

import (
	"fmt"
	"io"
	"os"

	"github.com/gofiber/fiber/v2"

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

// sendAudit answers entries as a file. It is written to a temporary file first:
// a failure halfway is then an error, not a log that looks complete.
func (s *Server) sendAudit(r *request, filter audit.Filter, format audit.Format) (err error) {
	if !r.mayTakeAlong(filter.WorkspaceID) {
		return fault.New(fault.Forbidden, "Taking along the log of other workspaces counts as a change of the deployment. Choose your own workspace, or ask an owner of the home workspace.")
	}
	scratch, err := os.CreateTemp("", "or3-audit-*")
	if err != nil {
		return fmt.Errorf("audit export: %w", err)
	}
	file := scratchFile{scratch}
	defer func() {
		if err != nil {
			_ = file.Close()
		}
	}()
	if err = s.audit.Export(r.Ctx(), filter, format, scratch); err != nil {
		return err
	}
	size, err := scratch.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = scratch.Seek(0, io.SeekStart)
	}
	if err != nil {
		return err
	}
	r.c.Set(fiber.HeaderContentType, format.MediaType())
	r.c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="audit-%s.%s"`, r.Now().UTC().Format("20060102-150405"), format))
	r.c.Response().SetBodyStream(file, int(size))
	r.sent = true
	return nil
}

// mayTakeAlong: who reads a workspace's log may export it; exporting another's,
// or all of them ("") at once, is a change of the deployment.
func (r *request) mayTakeAlong(workspaceID string) bool {
	own := workspaceID != "" && r.Can(policies.AdminAccess, policies.Workspace(workspaceID))
	return own || r.Can(policies.WorkspaceSettingsManage, policies.TheDeployment())
}

// scratchFile is removed when it has been sent.
type scratchFile struct{ *os.File }

func (f scratchFile) Close() error {
	err := f.File.Close()
	_ = os.Remove(f.Name())
	return err
}
