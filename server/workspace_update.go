package server

import (
	"or3.cloud/or3/internal/workspace"
)

type updateWorkspaceBody struct {
	Name        *string `json:"name,omitzero" validate:"omitempty,max=100"`
	Description *string `json:"description,omitzero" validate:"omitempty,max=1000"`
}

// updateWorkspace renames or describes a workspace.
func (s *Server) updateWorkspace(r *request, in updateWorkspaceBody) (workspaceReply, error) {
	id := r.Param("id")
	if _, err := s.workspaces.Update(r.Ctx(), r.Session(), id, workspace.TextChange{Name: in.Name, Description: in.Description}); err != nil {
		return workspaceReply{}, err
	}
	listed, err := r.listed(id)
	return workspaceReply{listed}, err
}
