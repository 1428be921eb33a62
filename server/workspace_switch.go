package server

type switchWorkspaceBody struct {
	ID string `json:"id" validate:"required,id"`
}

// switchWorkspace makes a workspace the active one of this session or token.
func (s *Server) switchWorkspace(r *request, in switchWorkspaceBody) (sessionReply, error) {
	if err := s.accounts.SwitchWorkspace(r.Ctx(), r.Session(), in.ID); err != nil {
		return sessionReply{}, err
	}
	now := *r.Session()
	now.WorkspaceID = in.ID
	return r.sessionReply(&now)
}
