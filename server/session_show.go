package server

import (
	"time"

	"or3.cloud/or3/policies"
)

// sessionView is who the caller is, as the browser client needs it.
type sessionView struct {
	Authenticated   bool                  `json:"authenticated"`
	Provider        string                `json:"provider"`
	ProviderUserID  string                `json:"provider_user_id"`
	User            sessionUser           `json:"user"`
	Workspace       *sessionWorkspaceView `json:"workspace"` // null when the person has none
	Role            *policies.Role        `json:"role"`
	ExpiresAt       time.Time             `json:"expires_at"`
	DeploymentAdmin bool                  `json:"deployment_admin"`
}

type sessionUser struct {
	ID          string `json:"id"`
	Email       string `json:"email"`
	DisplayName string `json:"display_name"`
}

type sessionWorkspaceView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// sessionReply holds null when nobody is signed in.
type sessionReply struct {
	Session *sessionView `json:"session"`
}

// showSession says who the caller is; nobody is an answer too, not an error.
func (s *Server) showSession(r *request) (sessionReply, error) {
	if !s.config.Auth.Enabled {
		return sessionReply{}, nil
	}
	session, err := r.Visitor()
	if err != nil || session == nil {
		return sessionReply{}, err
	}
	return r.sessionReply(session)
}

// sessionReply words a session. The role is the one in its active workspace.
func (r *request) sessionReply(session *policies.Session) (sessionReply, error) {
	view := &sessionView{
		Authenticated: true, Provider: session.Provider, ProviderUserID: session.ProviderUserID,
		User:      sessionUser{ID: session.UserID, Email: session.Email, DisplayName: session.DisplayName},
		ExpiresAt: session.ExpiresAt, DeploymentAdmin: session.DeploymentAdmin,
	}
	list, err := r.s.workspaces.List(r.Ctx(), session.UserID)
	if err != nil {
		return sessionReply{}, err
	}
	for _, w := range list {
		if w.ID == session.WorkspaceID {
			view.Workspace, view.Role = &sessionWorkspaceView{ID: w.ID, Name: w.Name}, &w.Role
		}
	}
	return sessionReply{view}, nil
}
