package server

import (
	"context"

	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// mayRead tells whether a person may read a workspace, for what the server
// writes to them by itself.
func (s *Server) mayRead(ctx context.Context, userID, workspaceID string) bool {
	session := policies.Session{Kind: policies.BrowserSession, UserID: userID}
	return s.gate.Can(ctx, &session, policies.WorkspaceRead, policies.Workspace(workspaceID)).Allowed
}

// noticeAdded tells a person whom somebody made a member. Who came by an invite
// knows.
func (s *Server) noticeAdded(ctx context.Context, event workspace.MemberEvent) {
	if event.After == nil || event.Actor.ID == event.UserID {
		return
	}
	w, err := s.workspaces.Get(ctx, event.WorkspaceID)
	if err != nil {
		s.log.Warn("a new member could not be told", "workspace_id", event.WorkspaceID, "error", err)
		return
	}
	who := "You were added to " + w.Name
	if event.Actor.Name != "" {
		who = event.Actor.Name + " added you to " + w.Name
	}
	s.engine.TellSoon(event.WorkspaceID, event.UserID, engine.Notice{Type: "workspace.joined", Title: who,
		Body: "You are " + ui.WithArticle(string(event.After.Role)) + " here."})
}
