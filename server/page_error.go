package server

import (
	"context"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// forbiddenView says what a person cannot do and who can change it. Names are
// given to members only: to everybody else the workspace's people are nobody.
func (r *request) forbiddenView(e *fault.Error, view ui.ErrorView) ui.ErrorView {
	view.Title, view.Icon = "Not allowed", "lock"
	d := r.decision
	if r.session == nil || d.Role == "" || d.WorkspaceID == "" {
		return view
	}
	// The route's own time is over when its error is worded.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), time.Second)
	defer cancel()
	w, err := r.s.workspaces.Get(ctx, d.WorkspaceID)
	if err != nil {
		return view
	}
	view.Actions = []ui.Action{{Label: "To the threads of " + w.Name, URL: "/w/" + w.ID}}
	view.Text = "You are " + ui.WithArticle(string(d.Role)) + " of " + w.Name + "."
	switch {
	case d.Reason == policies.Restricted || d.Reason == policies.Filtered:
		view.Text = e.Message
	case d.Permission == policies.AdminAccess:
		view.Title = "The admin pages are for owners and editors"
	case d.Permission == policies.WorkspaceWrite:
		view.Title = "You can read here, not write"
	default:
		view.Title = "This is for owners"
	}
	if owners, err := r.s.owners(ctx, d.WorkspaceID); err == nil && len(owners) > 0 {
		view.Text += " " + ui.Names(owners, 4) + " can change that."
	}
	return view
}
