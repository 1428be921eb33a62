package server

import (
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/ui"
)

// restoreWorkspaceWithForm brings a deleted workspace back. Whoever restores one
// need not see the admin pages of the workspace that is active.
func (s *Server) restoreWorkspaceWithForm(r *request, _ submitted[nothing]) error {
	w, err := s.workspaces.Restore(r.Ctx(), r.Session(), r.Param("id"))
	if err != nil {
		return err
	}
	return r.done(r.cameFrom("/workspaces", r.admin("/workspaces")), w.Name+" is back, with everyone who was in it.")
}

type deleteWorkspaceForm struct {
	Name string `form:"name" validate:"max=200"`
}

// deleteWorkspacePage asks for the workspace's name before it is deleted.
func (s *Server) deleteWorkspacePage(r *request) error {
	return s.showDeleteWorkspace(r, fiber.StatusOK, "")
}

// deleteWorkspaceWithForm deletes a workspace whose name was typed.
func (s *Server) deleteWorkspaceWithForm(r *request, f submitted[deleteWorkspaceForm]) error {
	w, err := s.workspaces.Get(r.Ctx(), r.Param("id"))
	if err != nil {
		return err
	}
	if f.Values.Name != w.Name {
		return s.showDeleteWorkspace(r, fiber.StatusUnprocessableEntity, "This is not the name. Type "+w.Name+".")
	}
	if err := s.workspaces.Delete(r.Ctx(), r.Session(), w.ID); err != nil {
		if fault.Is(err, fault.Conflict) {
			return s.showDeleteWorkspace(r, fiber.StatusConflict, publicError(err).Message)
		}
		return err
	}
	undo := ui.Action{Label: "Undo", URL: r.admin("/workspaces/" + w.ID + "/restore")}
	if err := r.Say(ui.Notice{Role: "status", Text: "Deleted " + w.Name + ".", Undo: &undo}); err != nil {
		return err
	}
	return r.Redirect("/workspaces")
}

func (s *Server) showDeleteWorkspace(r *request, status int, problem string) error {
	w, err := s.workspaces.Get(r.Ctx(), r.Param("id"))
	if err != nil {
		return err
	}
	_, members, err := s.workspaces.Members(r.Ctx(), w.ID, workspace.MemberQuery{})
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutPlain, w.ID, "")
	if err != nil {
		return err
	}
	return r.Page(status, shell, ui.ConfirmPage{Back: r.admin("/workspaces"), Points: []string{"An owner, or whoever runs this server, can restore it."}, Confirm: ui.Confirm{
		ID: "delete", Title: "Delete workspace " + w.Name + "?", URL: r.admin("/workspaces/" + w.ID + "/delete"), Type: w.Name, Name: "name",
		Text: ui.Plural(members, "person loses", "people lose") + " access now. Its threads stay locked until the workspace is restored.",
		Keep: "Keep it", Do: "Delete workspace", Danger: true, Error: problem,
	}})
}
