package server

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

const usersPerPage = 50

// usersFilter is the list's state, which lives in the address.
type usersFilter struct {
	Text   string `query:"q"`
	State  string `query:"state"`
	Cursor string
}

// usersPage is /admin/users: everybody on this server. htmx gets the list alone.
func (s *Server) usersPage(r *request) error {
	if r.Partial() {
		view, err := s.usersView(r)
		if err != nil {
			return err
		}
		return r.Fragment(fiber.StatusOK, "admin/users#people", view)
	}
	return s.showUsers(r, fiber.StatusOK, "", "")
}

// showUsers draws the page; problem is about the person with the id.
func (s *Server) showUsers(r *request, status int, id, problem string) error {
	view, err := s.usersView(r)
	if err != nil {
		return err
	}
	for i := range view.Rows {
		if view.Rows[i].ID == id {
			view.Rows[i].Problem = problem
		}
	}
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "users")
	if err != nil {
		return err
	}
	home := r.homeWorkspace()
	if w, err := s.workspaces.Get(r.Ctx(), home); err == nil {
		view.Home = w.Name
	}
	if !view.CanManage {
		if view.ReadOnly, err = r.readOnly(policies.WorkspaceSettingsManage, home); err != nil {
			return err
		}
	}
	return r.Page(status, shell, view)
}

// usersView is the list part of the page.
func (s *Server) usersView(r *request) (ui.UsersPage, error) {
	f := usersFilter{Text: r.Query("q"), State: known(r.Query("state"), "enabled", "disabled", "admins"), Cursor: r.Query("after")}
	view := ui.UsersPage{
		CanManage: r.Can(policies.WorkspaceSettingsManage, policies.TheDeployment()),
		CanName:   r.Can(policies.WorkspaceSettingsManage, policies.Workspace(r.homeWorkspace())),
		Filter:    formOf("filter", f), Filtered: f.Text != "" || f.State != "",
	}
	page, err := s.accounts.Users(r.Ctx(), account.UserFilter{Text: f.Text, State: f.State, Cursor: f.Cursor, Limit: usersPerPage})
	if err != nil {
		return view, err
	}
	view.Total = page.Total
	if view.Filtered {
		all, err := s.accounts.Users(r.Ctx(), account.UserFilter{Limit: 1})
		if err != nil {
			return view, err
		}
		view.Total = all.Total
	}
	clock := r.clock()
	for _, p := range page.Users {
		view.Rows = append(view.Rows, userRow(r, clock, p, view))
	}
	view.Pager = f.pager(r, page)
	return view, nil
}

// userRow is one person with what this visitor may do to them: who has the
// flag alone cannot touch owners of home.
func userRow(r *request, clock ui.Clock, p account.ListedPerson, view ui.UsersPage) ui.UserRow {
	return ui.UserRow{
		ID: p.ID, Name: p.DisplayName, Email: p.Email, You: p.ID == r.session.UserID, Disabled: clock.At(timeOrZero(p.DisabledAt)),
		DeploymentAdmin: p.DeploymentAdmin, HomeOwner: p.HomeOwner, Workspaces: p.Workspaces, Sessions: p.Sessions, Created: clock.At(p.CreatedAt),
		Seen: clock.At(timeOrZero(p.LastSeenAt)), CanManage: view.CanManage && (view.CanName || !p.HomeOwner), CanName: view.CanName,
	}
}

// pager leads on by address; back is the first page.
func (f usersFilter) pager(r *request, page account.UserPage) ui.Pager {
	address := func(after string) string {
		v := url.Values{}
		setUnless(v, "q", f.Text, "")
		setUnless(v, "state", f.State, "")
		setUnless(v, "after", after, "")
		return withQuery(r.admin("/users"), v)
	}
	p := ui.Pager{Text: ui.Number(len(page.Users)) + " of " + ui.Number(page.Total), Target: "#people"}
	if f.Cursor != "" {
		p.PrevURL = address("")
	}
	if page.Next != "" {
		p.NextURL = address(page.Next)
	}
	return p
}

// disableUserPage asks before somebody is shut out.
func (s *Server) disableUserPage(r *request) error {
	p, err := s.accounts.User(r.Ctx(), r.Param("user_id"))
	if err != nil {
		return err
	}
	return s.showDisableUser(r, fiber.StatusOK, p, "")
}

func (s *Server) showDisableUser(r *request, status int, p account.Person, problem string) error {
	shell, err := r.inside(ui.LayoutPlain, r.active(), "")
	if err != nil {
		return err
	}
	return r.Page(status, shell, ui.ConfirmPage{Back: r.admin("/users"), Confirm: ui.Confirm{
		ID: "disable", Title: "Disable " + p.DisplayName + "?", URL: r.admin("/users/" + p.ID + "/disable"), Keep: "Keep them", Do: "Disable", Danger: true, Error: problem,
		Text: p.Email + " is signed out everywhere now, and all their API tokens end for good. They cannot sign in until somebody enables them. What they wrote stays.",
	}})
}

// disableUserWithForm shuts somebody out at once.
func (s *Server) disableUserWithForm(r *request, _ submitted[nothing]) error {
	p, err := s.accounts.User(r.Ctx(), r.Param("user_id"))
	if err != nil {
		return err
	}
	err = s.accounts.DisableUser(r.Ctx(), r.Session(), p.ID)
	if fault.Is(err, fault.Conflict) {
		return s.showDisableUser(r, fiber.StatusConflict, p, publicError(err).Message)
	}
	if err != nil {
		return err
	}
	undo := ui.Action{Label: "Enable again", URL: r.admin("/users/" + p.ID + "/enable")}
	if err := r.Say(ui.Notice{Role: "status", Text: "Disabled " + p.DisplayName + ".", Undo: &undo}); err != nil {
		return err
	}
	return r.Redirect(r.admin("/users"))
}

// enableUserWithForm lets somebody sign in again.
func (s *Server) enableUserWithForm(r *request, _ submitted[nothing]) error {
	return s.changeUser(r, s.accounts.EnableUser, "%s can sign in again.")
}

// grantAdminWithForm lets somebody run the deployment.
func (s *Server) grantAdminWithForm(r *request, _ submitted[nothing]) error {
	return s.changeUser(r, s.accounts.GrantDeploymentAdmin, "%s is a deployment admin now.")
}

// revokeAdminWithForm takes the flag away.
func (s *Server) revokeAdminWithForm(r *request, _ submitted[nothing]) error {
	return s.changeUser(r, s.accounts.RevokeDeploymentAdmin, "%s is no deployment admin any more.")
}
