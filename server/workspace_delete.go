package server

// done is the answer of an act that has nothing else to say.
type done struct {
	OK bool `json:"ok"`
}

// deleteWorkspace takes a workspace away from everybody until it is restored.
func (s *Server) deleteWorkspace(r *request, _ nothing) (done, error) {
	err := s.workspaces.Delete(r.Ctx(), r.Session(), r.Param("id"))
	return done{err == nil}, err
}

// restoreWorkspace gives a deleted workspace back. Nobody has a role in a
// deleted workspace, so the service itself judges: former owners and whoever
// runs the deployment may.
func (s *Server) restoreWorkspace(r *request, _ nothing) (done, error) {
	_, err := s.workspaces.Restore(r.Ctx(), r.Session(), r.Param("id"))
	return done{err == nil}, err
}

// leaveWorkspace ends the caller's own membership.
func (s *Server) leaveWorkspace(r *request, _ nothing) (done, error) {
	err := s.workspaces.Leave(r.Ctx(), r.Session(), r.Param("id"))
	return done{err == nil}, err
}
