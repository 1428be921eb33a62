package server

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

const workspacesPerPage = 25

type workspaceForm struct {
	Name        string `form:"name" label:"The name" validate:"max=200"`
	Description string `form:"description" label:"The description" validate:"max=2000"`
}

// workspacesPage is /admin/workspaces: the active workspace's settings, and
// all workspaces for those who may read the deployment.
func (s *Server) workspacesPage(r *request) error { return s.showWorkspaces(r, fiber.StatusOK, nil) }

// showWorkspaces draws the page; settings is the form that was refused, if one was.
func (s *Server) showWorkspaces(r *request, status int, settings *ui.Form) error {
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "workspaces")
	if err != nil {
		return err
	}
	view := ui.WorkspacesPage{
		SeesAll:      r.Can(policies.AdminAccess, policies.TheDeployment()),
		CanManageAll: r.Can(policies.WorkspaceSettingsManage, policies.TheDeployment()),
	}
	if r.Can(policies.AdminAccess, policies.Resource{}) {
		if err := s.fillActive(r, &view, settings); err != nil {
			return err
		}
	}
	if view.SeesAll {
		if err := s.fillAll(r, &view, shell.Workspaces); err != nil {
			return err
		}
	}
	return r.Page(status, shell, view)
}

// fillActive adds the active workspace and its form.
func (s *Server) fillActive(r *request, view *ui.WorkspacesPage, settings *ui.Form) error {
	w, err := s.workspaces.Get(r.Ctx(), r.active())
	if err != nil {
		return err
	}
	_, members, err := s.workspaces.Members(r.Ctx(), w.ID, workspace.MemberQuery{})
	if err != nil {
		return err
	}
	guests, err := s.workspaces.GuestAccess(r.Ctx(), w.ID)
	if err != nil {
		return err
	}
	d := s.gate.Can(r.Ctx(), r.Session(), policies.WorkspaceSettingsManage, policies.Workspace(w.ID))
	view.CanManage = d.Allowed
	view.Workspace = &ui.WorkspaceSettings{
		ID: w.ID, Name: w.Name, Role: string(d.Role), Members: members, Created: r.clock().At(w.CreatedAt), Home: w.ID == r.homeWorkspace(),
		GuestAccess: guests, GuestsOn: s.config.Auth.GuestAccess,
		Form: pick(settings, formOf("settings", workspaceForm{Name: w.Name, Description: w.Description})),
	}
	if d.Allowed && !view.Workspace.Home {
		view.Workspace.DeleteURL = r.admin("/workspaces/" + w.ID + "/delete")
	}
	view.ReadOnly, err = r.readOnly(policies.WorkspaceSettingsManage, w.ID)
	return err
}

// fillAll adds the deployment's list.
func (s *Server) fillAll(r *request, view *ui.WorkspacesPage, mine []ui.WorkspaceLink) error {
	search, deleted, page := r.Query("q"), known(r.Query("deleted"), "on"), r.pageNumber()
	view.Filter = ui.Form{ID: "all", Values: map[string]string{"q": search, "deleted": deleted}}
	view.Filtered = search != ""
	list, total, err := s.workspaces.All(r.Ctx(), workspace.AllQuery{Search: search, IncludeDeleted: deleted != "", Page: page, PerPage: workspacesPerPage})
	if err != nil {
		return err
	}
	member := map[string]bool{}
	for _, w := range mine {
		member[w.ID] = true
	}
	clock := r.clock()
	for _, w := range list {
		row := ui.DeploymentWorkspace{
			ID: w.ID, Name: w.Name, Owners: ui.Names(w.Owners, 3), Members: w.Members, Threads: w.Threads, Created: clock.At(w.CreatedAt), Deleted: clock.At(timeOrZero(w.DeletedAt)),
			Home: w.Home, Active: w.ID == r.active(), Member: member[w.ID],
		}
		if view.CanManageAll && w.DeletedAt != nil {
			row.RestoreURL = r.admin("/workspaces/" + w.ID + "/restore")
		} else if view.CanManageAll && !w.Home {
			row.DeleteURL = r.admin("/workspaces/" + w.ID + "/delete")
		}
		view.All = append(view.All, row)
	}
	view.Pager = numbered(page, workspacesPerPage, total, func(page int) string {
		v := url.Values{}
		setUnless(v, "q", search, "")
		setUnless(v, "deleted", deleted, "")
		setUnless(v, "page", strconv.Itoa(page), "1")
		return withQuery(r.admin("/workspaces"), v)
	})
	return nil
}

// saveWorkspace renames and describes a workspace.
func (s *Server) saveWorkspace(r *request, f submitted[workspaceForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		v := f.Values
		w, err := s.workspaces.Update(r.Ctx(), r.Session(), r.Param("id"), workspace.TextChange{Name: &v.Name, Description: &v.Description})
		if err == nil {
			return r.done(r.admin("/workspaces"), "Saved. It is called "+w.Name+" for everyone from now on.")
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("settings")
	return s.showWorkspaces(r, status, &form)
}

type guestsForm struct {
	Enabled bool `form:"enabled"`
}

// saveGuests lets guests in or keeps them out.
func (s *Server) saveGuests(r *request, f submitted[guestsForm]) error {
	if err := s.workspaces.SetGuestAccess(r.Ctx(), r.Session(), r.Param("id"), f.Values.Enabled); err != nil {
		return err
	}
	text := "Guest access is off."
	if f.Values.Enabled {
		text = "Guest access is on."
	}
	return r.done(r.admin("/workspaces"), text)
}
