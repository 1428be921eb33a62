package server

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

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

// missingShell surrounds the words that a thing of the person's workspace is
// not here: the app, because what was written on their device and not sent yet
// is there alone. Everybody else gets the plain page.
func (r *request) missingShell(status int) (ui.Shell, bool) {
	if status != fiber.StatusNotFound || r.row == nil || !r.row.isPage || r.decision.Role == "" || r.HTMX() {
		return ui.Shell{}, false
	}
	thing, inside := strings.CutPrefix(r.row.path, "/w/:id/")
	if !inside || !strings.Contains(thing, "/:") {
		return ui.Shell{}, false
	}
	current := "threads"
	if area, _, _ := strings.Cut(thing, "/"); area != "t" {
		current = area
	}
	// The route's own time is over here, too.
	over := r.ctx
	ctx, cancel := context.WithTimeout(context.WithoutCancel(over), time.Second)
	defer cancel()
	r.ctx = ctx
	defer func() { r.ctx = over }()
	shell, err := r.inside(ui.LayoutApp, r.decision.WorkspaceID, current)
	if err != nil {
		r.log.Error("frame a missing page", "error", err)
		return ui.Shell{}, false
	}
	shell.Pane = ui.PaneRead
	return shell, true
}
