package server

import (
	"or3.cloud/or3/internal/workspace"
)

// workspacesReply is a person's workspaces, newest first. Deleted names the ones
// they still belong to but that were deleted and may be restored: a device keeps
// its data of those, and removes that of workspaces in neither list.
type workspacesReply struct {
	Workspaces []workspace.Listed `json:"workspaces"`
	Deleted    []string           `json:"deleted,omitempty"`
}

// listWorkspaces answers the person's live workspaces; is_active marks the one
// this session stands in.
func (s *Server) listWorkspaces(r *request) (workspacesReply, error) {
	list, deleted, err := s.workspaces.ListWithDeleted(r.Ctx(), r.Session().UserID)
	for i := range list {
		list[i].Active = list[i].ID == r.Session().WorkspaceID
	}
	return workspacesReply{list, deleted}, err
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
