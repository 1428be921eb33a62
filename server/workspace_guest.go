package server

import (
	"or3.cloud/or3/internal/workspace"
)

type guestAccessBody struct {
	Enabled *bool `json:"enabled" validate:"required"`
}

// guestAccess tells whether signed-out visitors get the local-only app here.
func (s *Server) guestAccess(r *request) (workspace.GuestAccess, error) {
	on, err := s.workspaces.GuestAccess(r.Ctx(), r.Param("id"))
	return workspace.GuestAccess{Enabled: on}, err
}

// setGuestAccess lets guests in or keeps them out.
func (s *Server) setGuestAccess(r *request, in guestAccessBody) (workspace.GuestAccess, error) {
	err := s.workspaces.SetGuestAccess(r.Ctx(), r.Session(), r.Param("id"), *in.Enabled)
	return workspace.GuestAccess{Enabled: *in.Enabled}, err
}
