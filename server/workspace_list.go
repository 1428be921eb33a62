package server

import (
	"or3.cloud/or3/internal/workspace"
)

// workspacesReply is a person's workspaces, newest first.
type workspacesReply struct {
	Workspaces []workspace.Listed `json:"workspaces"`
}

// listWorkspaces answers the person's live workspaces; is_active marks the one
// this session stands in.
func (s *Server) listWorkspaces(r *request) (workspacesReply, error) {
	list, err := s.workspaces.List(r.Ctx(), r.Session().UserID)
	for i := range list {
		list[i].Active = list[i].ID == r.Session().WorkspaceID
	}
	return workspacesReply{list}, err
}

// listed is one workspace as the list shows it to this person.
func (r *request) listed(id string) (workspace.Listed, error) {
	list, err := r.s.listWorkspaces(r)
	if err != nil {
		return workspace.Listed{}, err
	}
	for _, w := range list.Workspaces {
		if w.ID == id {
			return w, nil
		}
	}
	return workspace.Listed{}, notFound()
}
