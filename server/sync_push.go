package server

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// syncActor is the caller as the engine judges their ops.
func (r *request) syncActor(workspaceID string) engine.Actor {
	return engine.Actor{UserID: r.Session().UserID, Agent: cut(r.Header(fiber.HeaderUserAgent), 300), SessionID: r.Session().ID, CanWrite: r.Can(policies.WorkspaceWrite, policies.Workspace(workspaceID))}
}

// push applies what a device has written. Every op gets its own result; only
// what concerns the push as a whole is an error.
func (s *Server) push(r *request, in wire.PushRequest) (*wire.PushResponse, error) {
	began := time.Now()
	out, err := s.engine.Push(r.Ctx(), r.syncActor(in.WorkspaceID), in)
	if err != nil {
		return nil, err
	}
	statuses := make([]string, len(out.Results))
	for i := range out.Results {
		statuses[i] = string(out.Results[i].Status)
	}
	s.metrics.Pushed(time.Since(began), statuses)
	return &out, nil
}

// pull answers what has happened in a workspace after a cursor.
func (s *Server) pull(r *request, in wire.PullRequest) (*wire.PullResponse, error) {
	began := time.Now()
	out, err := s.engine.Pull(r.Ctx(), r.syncActor(in.WorkspaceID), in)
	if err != nil {
		return nil, err
	}
	s.metrics.Pulled(time.Since(began), len(out.Changes))
	return &out, nil
}
