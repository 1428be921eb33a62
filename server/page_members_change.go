package server

import (
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

type inviteMemberForm struct {
	Email string `form:"email" label:"The address" validate:"max=320"`
	Role  string `form:"role" label:"The role" validate:"oneof=owner editor viewer"`
}

// inviteMember adds a colleague at once, and makes an invite link for anybody
// else. The next page shows the link this once.
func (s *Server) inviteMember(r *request, f submitted[inviteMemberForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		added, err := s.workspaces.AddMember(r.Ctx(), r.Session(), r.active(), workspace.Newcomer{Email: f.Values.Email, Role: policies.Role(f.Values.Role)})
		if err == nil && added.Member != nil {
			return r.done(r.cameFrom(r.admin("/members")), added.Member.DisplayName+" is a member now, as "+string(added.Member.Role)+".")
		}
		if err == nil {
			return s.revealInvite(r, *added.Invite)
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("invite")
	return s.showMembers(r, status, refusedMember{invite: &form})
}

// renewInvite replaces an open invite by one with a new link.
func (s *Server) renewInvite(r *request, _ submitted[nothing]) error {
	issued, err := s.workspaces.RenewInvite(r.Ctx(), r.Session(), r.active(), r.Param("invite_id"))
	if err != nil {
		return err
	}
	return s.revealInvite(r, issued)
}

func (s *Server) revealInvite(r *request, i workspace.IssuedInvite) error {
	secret := ui.Secret{ID: "issued", Label: "Invite link for " + i.Email, Value: r.BaseURL() + "/invite?token=" + i.Token,
		Note: "Send it now. It cannot be shown again, works once and ends in 7 days."}
	if err := r.Reveal(secret); err != nil {
		return err
	}
	return r.Redirect(r.admin("/members#invite"))
}

// withdrawInvite ends an open invite: its link opens nothing any more.
func (s *Server) withdrawInvite(r *request, _ submitted[nothing]) error {
	if err := s.workspaces.RevokeInvite(r.Ctx(), r.Session(), r.active(), r.Param("invite_id")); err != nil {
		return err
	}
	return r.done(r.admin("/members"), "The invite is withdrawn. Its link opens nothing any more.")
}

type roleForm struct {
	Role string `form:"role" label:"The role" validate:"required,oneof=owner editor viewer"`
}

// changeRole gives a member another role. htmx gets the row, everybody else
// goes back to the list.
func (s *Server) changeRole(r *request, f submitted[roleForm]) error {
	if !f.OK() {
		return fault.Field("role", "The role has to be owner, editor or viewer.")
	}
	id := r.Param("user_id")
	member, err := s.workspaces.SetRole(r.Ctx(), r.Session(), r.active(), id, policies.Role(f.Values.Role))
	if fault.Is(err, fault.Conflict) {
		return s.showRow(r, fiber.StatusConflict, id, publicError(err).Message)
	}
	if err != nil {
		return err
	}
	if r.Partial() && r.Can(policies.UsersManage, policies.Resource{}) {
		return s.showRow(r, fiber.StatusOK, id, "")
	}
	if id == r.Session().UserID {
		return r.done("/w/"+r.active(), "You are "+ui.WithArticle(string(member.Role))+" of this workspace now.")
	}
	return r.done(r.cameFrom(r.admin("/members")), member.DisplayName+" is "+ui.WithArticle(string(member.Role))+" now. It holds from the next request.")
}

// showRow answers with one row of the list, or with the whole page around it.
func (s *Server) showRow(r *request, status int, id, problem string) error {
	if !r.Partial() {
		return s.showMembers(r, status, refusedMember{userID: id, problem: problem})
	}
	list, _, err := s.workspaces.Members(r.Ctx(), r.active(), workspace.MemberQuery{})
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.UserID == id {
			row := r.memberRow(r.clock(), m, true)
			row.Problem = problem
			return r.Fragment(status, "admin/members#row", row)
		}
	}
	return notFound()
}

// removePage asks before a member is removed.
func (s *Server) removePage(r *request) error {
	shell, err := r.inside(ui.LayoutPlain, r.active(), "")
	if err != nil {
		return err
	}
	m, err := s.workspaces.Member(r.Ctx(), r.active(), r.Param("user_id"))
	if err != nil {
		return err
	}
	return r.Page(fiber.StatusOK, shell, removal(r, m, shell.Workspace.Name, ""))
}

func removal(r *request, m workspace.Member, name, problem string) ui.ConfirmPage {
	return ui.ConfirmPage{Back: r.admin("/members"), Points: []string{"To undo it, invite them again."}, Confirm: ui.Confirm{
		ID: "remove", Title: "Remove " + m.DisplayName + "?", URL: r.admin("/members/" + m.UserID + "/remove"), Keep: "Keep them", Do: "Remove from workspace", Danger: true, Error: problem,
		Text: m.Email + " loses " + name + " within a second, on every device. What they wrote stays.",
	}}
}

// removeWithForm ends a membership. The next page offers to invite again.
func (s *Server) removeWithForm(r *request, _ submitted[nothing]) error {
	m, err := s.workspaces.Member(r.Ctx(), r.active(), r.Param("user_id"))
	if err != nil {
		return err
	}
	err = s.workspaces.RemoveMember(r.Ctx(), r.Session(), r.active(), m.UserID)
	if fault.Is(err, fault.Conflict) {
		shell, failed := r.inside(ui.LayoutPlain, r.active(), "")
		if failed != nil {
			return failed
		}
		return r.Page(fiber.StatusConflict, shell, removal(r, m, shell.Workspace.Name, publicError(err).Message))
	}
	if err != nil {
		return err
	}
	again := ui.Action{Label: "Invite again", URL: r.admin("/members"), Fields: []ui.Hidden{{Name: "email", Value: m.Email}, {Name: "role", Value: string(m.Role)}}}
	if err := r.Say(ui.Notice{Role: "status", Text: "Removed " + m.DisplayName + ".", Undo: &again}); err != nil {
		return err
	}
	return r.Redirect(r.admin("/members"))
}
