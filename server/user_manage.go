package server

// disableUser shuts a person out: their sessions and tokens end at once.
func (s *Server) disableUser(r *request, _ nothing) (done, error) {
	err := s.accounts.DisableUser(r.Ctx(), r.Session(), r.Param("user_id"))
	return done{err == nil}, err
}

// enableUser lets a disabled person sign in again.
func (s *Server) enableUser(r *request, _ nothing) (done, error) {
	err := s.accounts.EnableUser(r.Ctx(), r.Session(), r.Param("user_id"))
	return done{err == nil}, err
}

type grantAdminBody struct {
	UserID string `json:"user_id" validate:"required,id"`
}

// grantAdmin makes a person deployment admin.
func (s *Server) grantAdmin(r *request, in grantAdminBody) (done, error) {
	err := s.accounts.GrantDeploymentAdmin(r.Ctx(), r.Session(), in.UserID)
	return done{err == nil}, err
}

// revokeAdmin takes the deployment admin flag away.
func (s *Server) revokeAdmin(r *request, _ nothing) (done, error) {
	err := s.accounts.RevokeDeploymentAdmin(r.Ctx(), r.Session(), r.Param("user_id"))
	return done{err == nil}, err
}
