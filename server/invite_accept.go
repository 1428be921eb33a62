package server

type acceptInviteBody struct {
	Token string `json:"token" validate:"required,max=200"`
}

// acceptInvite makes the caller a member of the workspace they were invited
// to, which becomes their active one.
func (s *Server) acceptInvite(r *request, in acceptInviteBody) (workspaceReply, error) {
	id, err := s.accounts.AcceptInvite(r.Ctx(), r.Session(), in.Token)
	if err != nil {
		return workspaceReply{}, err
	}
	r.session.WorkspaceID = id
	listed, err := r.listed(id)
	return workspaceReply{listed}, err
}
