package server

import (
	"or3.cloud/or3/internal/workspace"
)

type createWorkspaceBody struct {
	Name        string `json:"name" validate:"required,max=100"`
	Description string `json:"description,omitzero" validate:"max=1000"`
}

// workspaceReply is one workspace as its members list it.
type workspaceReply struct {
	Workspace workspace.Listed `json:"workspace"`
}

// createWorkspace makes a workspace with the caller as its owner.
func (s *Server) createWorkspace(r *request, in createWorkspaceBody) (workspaceReply, error) {
	w, err := s.workspaces.Create(r.Ctx(), r.Session(), workspace.Texts{Name: in.Name, Description: in.Description})
	if err != nil {
		return workspaceReply{}, err
	}
	listed, err := r.listed(w.ID)
	return workspaceReply{listed}, err
}
