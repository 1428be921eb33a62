package server

import (
	"context"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// clock words times for whoever asks: in their zone, or their browser's.
func (r *request) clock() ui.Clock {
	if r.reader == nil {
		zone, locale := r.c.Cookies(ui.ZoneCookie), ""
		if s := r.session; s != nil {
			locale = s.Locale
			if s.TimeZone != "" {
				zone = s.TimeZone
			}
		}
		clock := ui.NewClock(zone, locale, r.Now())
		r.reader = &clock
	}
	return *r.reader
}

// outside is the shell of a page for anybody: no sidebar, nobody named.
func (r *request) outside(layout ui.Layout) ui.Shell {
	shell := r.errorShell()
	shell.Layout, shell.Next = layout, r.here()
	return shell
}

// inside is the shell of a page for somebody who is signed in. workspaceID is
// the workspace the page is about; current is the sidebar's entry.
func (r *request) inside(layout ui.Layout, workspaceID, current string) (ui.Shell, error) {
	list, err := r.s.workspaces.List(r.Ctx(), r.session.UserID)
	if err != nil {
		return ui.Shell{}, err
	}
	shell := r.outside(layout)
	r.s.dress(&shell, workspaceID)
	shell.Person = ui.Person{ID: r.session.UserID, Name: r.session.DisplayName, Email: r.session.Email}
	shell.AppURL, shell.SettingsURL, shell.NewURL = "/workspaces", "/settings", "/workspaces/new"
	shell.SearchURL, shell.PaletteURL = "/search", "/search"
	for _, w := range list {
		link := ui.WorkspaceLink{ID: w.ID, Name: w.Name, Role: ui.RoleName(string(w.Role)), URL: "/w/" + w.ID, Current: w.ID == workspaceID}
		if link.Current {
			shell.Workspace, shell.Site, shell.AppURL = link, w.Name, link.URL
		}
		shell.Workspaces = append(shell.Workspaces, link)
	}
	scope := r.scope(workspaceID)
	shell.Commands = ui.CommandsFor(scope)
	if scope.May(string(policies.AdminAccess), false) || scope.May(string(policies.AdminAccess), true) {
		shell.AdminURL = r.s.config.Admin.BasePath
	}
	switch layout {
	case ui.LayoutAdmin:
		counts, err := r.s.adminCounts(r)
		if err != nil {
			return ui.Shell{}, err
		}
		more, err := r.s.pluginNav(r, scope, current, true)
		if err != nil {
			return ui.Shell{}, err
		}
		shell.Nav = ui.MergeNav(ui.AdminNav(scope, current, counts), more)
	case ui.LayoutApp:
		if workspaceID != "" {
			if shell.Nav, err = r.appNav(scope, current); err != nil {
				return ui.Shell{}, err
			}
			shell.Sync = &ui.SyncFoot{Icon: "check", Word: "Synced"}
			if shell.App, err = r.appFacts(workspaceID, list, shell.AdminURL != ""); err != nil {
				return ui.Shell{}, err
			}
			shell.App.Look = lookOf(&shell)
		}
	}
	shell.Commands = append(shell.Commands, pluginCommands(shell.Nav)...)
	shell.Flash = r.takeFlash()
	return shell, nil
}

// scope asks the gate what a person may do in a workspace, once for each right.
func (r *request) scope(workspaceID string) ui.Scope {
	known := map[policies.Permission]bool{}
	return ui.Scope{
		WorkspaceID: workspaceID, AdminBase: r.s.config.Admin.BasePath, NoStorage: r.s.files == nil,
		May: func(permission string, deployment bool) bool {
			p := policies.Permission(permission)
			if deployment {
				return r.Can(p, policies.TheDeployment())
			}
			if _, asked := known[p]; !asked {
				known[p] = workspaceID != "" && r.Can(p, policies.Workspace(workspaceID))
			}
			return known[p]
		},
	}
}

// here is the page's own address, to come back to.
func (r *request) here() string {
	if r.c.Method() != "GET" {
		return "/"
	}
	return r.returnTo()
}

// owners names the enabled owners of a workspace: the people who can help.
func (s *Server) owners(ctx context.Context, workspaceID string) ([]string, error) {
	list, _, err := s.workspaces.Members(ctx, workspaceID, workspace.MemberQuery{Role: policies.Owner})
	names := make([]string, 0, len(list))
	for _, m := range list {
		if !m.Disabled {
			names = append(names, m.DisplayName)
		}
	}
	return names, err
}

// readOnly tells a person why a page shows no controls, and who can help; ""
// for somebody who may change things.
func (r *request) readOnly(p policies.Permission, workspaceID string) (ui.ReadOnly, error) {
	if r.Can(p, policies.Workspace(workspaceID)) {
		return ui.ReadOnly{}, nil
	}
	owners, err := r.s.owners(r.Ctx(), workspaceID)
	if r.Decision().Role == policies.Editor {
		return ui.EditorReads(owners...), err
	}
	return ui.ReadOnly{Text: "You see everything here and change nothing.", Owners: owners}, err
}

// active is the person's active workspace as the resource of a page.
func (r *request) active() string { return r.session.WorkspaceID }

// admin is an address below admin.base_path.
func (r *request) admin(path string) string { return r.s.config.Admin.BasePath + path }

// cameFrom is the address of the page that sent the form, when it is the page
// at path or at one of others: an edit keeps the list's filter, order and place.
// Else it is path.
func (r *request) cameFrom(path string, others ...string) string {
	u, err := url.Parse(r.Header(fiber.HeaderReferer))
	if err != nil || u.Path != path && !slices.Contains(others, u.Path) || u.Host != r.client.host {
		return path
	}
	return localPath(u.RequestURI())
}
