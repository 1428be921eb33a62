package server

import (
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// myWorkspacesPage is /workspaces: the switcher as a page.
func (s *Server) myWorkspacesPage(r *request) error {
	shell, err := r.inside(ui.LayoutApp, r.active(), "")
	if err != nil {
		return err
	}
	rows, err := r.workspaceRows()
	if err != nil {
		return err
	}
	deleted, err := r.deletedRows()
	if err != nil {
		return err
	}
	return r.Page(fiber.StatusOK, shell, ui.SwitchPage{Rows: rows, Deleted: deleted, New: "/workspaces/new"})
}

// deletedRows are the deleted workspaces the person owns, the last deleted first.
func (r *request) deletedRows() ([]ui.DeletedRow, error) {
	list, err := r.s.workspaces.ListDeleted(r.Ctx(), r.session.UserID)
	var rows []ui.DeletedRow
	for _, w := range list {
		rows = append(rows, ui.DeletedRow{Name: w.Name, Deleted: r.clock().At(w.DeletedAt), RestoreURL: r.admin("/workspaces/" + w.ID + "/restore")})
	}
	return rows, err
}

// workspaceRows are the person's workspaces, newest first.
func (r *request) workspaceRows() ([]ui.WorkspaceRow, error) {
	list, err := r.s.workspaces.List(r.Ctx(), r.session.UserID)
	clock := r.clock()
	rows := make([]ui.WorkspaceRow, 0, len(list))
	for _, w := range list {
		rows = append(rows, ui.WorkspaceRow{
			ID: w.ID, Name: w.Name, Description: w.Description, Role: ui.RoleName(string(w.Role)),
			Active: w.ID == r.active(), Since: clock.At(w.CreatedAt), LeaveURL: "/w/" + w.ID + "/leave",
		})
	}
	return rows, err
}

type newWorkspaceForm struct {
	Name        string `form:"name" label:"The name" validate:"max=200"`
	Description string `form:"description" label:"The description" validate:"max=2000"`
}

// newWorkspacePage is /workspaces/new.
func (s *Server) newWorkspacePage(r *request) error {
	return s.showNewWorkspace(r, fiber.StatusOK, submitted[newWorkspaceForm]{})
}

// createWorkspaceWithForm makes a workspace and goes into it.
func (s *Server) createWorkspaceWithForm(r *request, f submitted[newWorkspaceForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		made, err := s.workspaces.Create(r.Ctx(), r.Session(), workspace.Texts{Name: f.Values.Name, Description: f.Values.Description})
		if err == nil {
			if err := s.accounts.SwitchWorkspace(r.Ctx(), r.Session(), made.ID); err != nil {
				return err
			}
			return r.Redirect("/w/" + made.ID)
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	return s.showNewWorkspace(r, status, f)
}

func (s *Server) showNewWorkspace(r *request, status int, f submitted[newWorkspaceForm]) error {
	shell, err := r.inside(ui.LayoutApp, r.active(), "")
	if err != nil {
		return err
	}
	view := ui.NewWorkspacePage{Action: "/workspaces/new", First: len(shell.Workspaces) == 0, Form: f.again("")}
	if !view.First {
		view.Back = "/workspaces"
	}
	return r.Page(status, shell, view)
}

// openWorkspace makes a workspace the active one of this browser.
func (s *Server) openWorkspace(r *request, _ submitted[nothing]) error {
	if err := s.accounts.SwitchWorkspace(r.Ctx(), r.Session(), r.Param("id")); err != nil {
		return err
	}
	return r.Redirect("/w/" + r.Param("id"))
}

// leavePage asks before somebody leaves a workspace.
func (s *Server) leavePage(r *request) error { return s.showLeave(r, fiber.StatusOK, "") }

// leaveWithForm ends the person's own membership.
func (s *Server) leaveWithForm(r *request, f submitted[nothing]) error {
	gone, err := s.workspaces.Get(r.Ctx(), r.Param("id"))
	if err != nil {
		return err
	}
	err = s.workspaces.Leave(r.Ctx(), r.Session(), r.Param("id"))
	if err == nil {
		if err := r.Say(ui.Notice{Role: "status", Text: "You left " + gone.Name + ". An owner can invite you again."}); err != nil {
			return err
		}
		return r.Redirect("/workspaces")
	}
	status, err := f.refuse(r, err)
	if err != nil {
		return err
	}
	return s.showLeave(r, status, f.Fields[""])
}

func (s *Server) showLeave(r *request, status int, problem string) error {
	id := r.Param("id")
	shell, err := r.inside(ui.LayoutPlain, id, "")
	if err != nil {
		return err
	}
	owners, err := s.owners(r.Ctx(), id)
	if err != nil {
		return err
	}
	name := shell.Workspace.Name
	view := ui.ConfirmPage{Back: "/workspaces", Confirm: ui.Confirm{
		ID: "leave", Title: "Leave " + name + "?", URL: "/w/" + id + "/leave", Keep: "Stay", Do: "Leave workspace", Danger: true, Error: problem,
		Text: "Your devices lose its threads within a second. What you wrote stays with the others.",
	}}
	if r.Decision().Role == policies.Owner && len(owners) == 1 {
		r.explainLastOwner(&view, name)
	} else {
		view.Points = []string{"To come back you need an invite from " + ui.Names(owners, 3) + "."}
	}
	return r.Page(status, shell, view)
}

// explainLastOwner says beforehand why the last owner has to stay.
func (r *request) explainLastOwner(view *ui.ConfirmPage, name string) {
	id := r.Param("id")
	view.Confirm.Title = "You cannot leave " + name + " yet"
	view.Never = "You are its last owner. Make somebody else an owner first, or delete the workspace."
	if id == r.homeWorkspace() {
		view.Never = "You are its last owner. Make somebody else an owner first."
	}
	if id == r.active() {
		view.Instead = []ui.Action{{Label: "Members", URL: r.admin("/members")}}
	}
}
