package server

import (
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/workspace"
)

type usersQuery struct {
	Text   string `query:"q" validate:"max=320"`
	State  string `query:"state" validate:"omitempty,oneof=enabled disabled admins"`
	Cursor string `query:"cursor" validate:"max=400"`
	Limit  int    `query:"limit" validate:"omitempty,min=1,max=200"`
}

// userView is a person as those see them who run the deployment.
type userView struct {
	ID              string     `json:"id"`
	Email           string     `json:"email"`
	DisplayName     string     `json:"display_name"`
	CreatedAt       time.Time  `json:"created_at"`
	Disabled        bool       `json:"disabled"`
	DisabledAt      *time.Time `json:"disabled_at"`
	DeploymentAdmin bool       `json:"deployment_admin"`
	HomeOwner       bool       `json:"home_owner"`
	Workspaces      int        `json:"workspaces"`
	Sessions        int        `json:"sessions"`
	LastSeenAt      *time.Time `json:"last_seen_at"`
}

type usersReply struct {
	Users      []userView `json:"users"`
	Total      int        `json:"total"`
	NextCursor string     `json:"next_cursor"`
}

// listUsers answers the people of the deployment, in the order of their addresses.
func (s *Server) listUsers(r *request, q usersQuery) (usersReply, error) {
	page, err := s.accounts.Users(r.Ctx(), account.UserFilter{Text: q.Text, State: q.State, Cursor: q.Cursor, Limit: q.Limit})
	reply := usersReply{Users: make([]userView, 0, len(page.Users)), Total: page.Total, NextCursor: page.Next}
	for _, p := range page.Users {
		reply.Users = append(reply.Users, userView{
			ID: p.ID, Email: p.Email, DisplayName: p.DisplayName, CreatedAt: p.CreatedAt, Disabled: p.DisabledAt != nil, DisabledAt: p.DisabledAt,
			DeploymentAdmin: p.DeploymentAdmin, HomeOwner: p.HomeOwner, Workspaces: p.Workspaces, Sessions: p.Sessions, LastSeenAt: p.LastSeenAt,
		})
	}
	return reply, err
}

type allWorkspacesQuery struct {
	Search         string `query:"q" validate:"max=320"`
	IncludeDeleted bool   `query:"include_deleted"`
	Page           int    `query:"page" validate:"omitempty,min=1,max=100000"`
	PerPage        int    `query:"per_page" validate:"omitempty,min=1,max=100"`
}

type allWorkspacesReply struct {
	Workspaces []workspace.Counted `json:"workspaces"`
	Total      int                 `json:"total"`
}

// listAllWorkspaces answers every workspace of the deployment: how much is in
// each, never what.
func (s *Server) listAllWorkspaces(r *request, q allWorkspacesQuery) (allWorkspacesReply, error) {
	page, total, err := s.workspaces.All(r.Ctx(), workspace.AllQuery{Search: q.Search, IncludeDeleted: q.IncludeDeleted, Page: q.Page, PerPage: q.PerPage})
	return allWorkspacesReply{page, total}, err
}
