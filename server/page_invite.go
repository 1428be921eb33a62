package server

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

type inviteForm struct {
	Token string `form:"token" validate:"max=200"`
}

// invitePage is /invite?token=…: it shows what the link opens and uses nothing up.
func (s *Server) invitePage(r *request) error {
	return s.showInvite(r, fiber.StatusOK, submitted[inviteForm]{Values: inviteForm{Token: r.Query("token")}})
}

// acceptInviteWithForm joins the workspace, which becomes the active one.
func (s *Server) acceptInviteWithForm(r *request, f submitted[inviteForm]) error {
	session, err := r.Visitor()
	if err != nil {
		return err
	}
	if session == nil {
		return r.Redirect("/sign-in?next=" + url.QueryEscape("/invite?token="+url.QueryEscape(f.Values.Token)))
	}
	id, err := s.accounts.AcceptInvite(r.Ctx(), session, f.Values.Token)
	if err == nil {
		return r.Redirect("/w/" + id)
	}
	status, err := f.refuse(r, err)
	if err != nil {
		return err
	}
	return s.showInvite(r, status, f)
}

func (s *Server) showInvite(r *request, status int, f submitted[inviteForm]) error {
	session, err := r.Visitor()
	if err != nil {
		return err
	}
	invite, err := s.accounts.PeekInvite(r.Ctx(), f.Values.Token)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) {
		return s.showDeadInvite(r)
	}
	if err != nil {
		return err
	}
	view := ui.InvitePage{
		Token: f.Values.Token, Invite: inviteCard(r.clock(), invite), Form: f.again(""),
		Register: s.accounts.Registration() != account.Disabled,
	}
	if session != nil {
		view.Name, view.Email = session.DisplayName, session.Email
		view.Matches = db.EmailKey(session.Email) == db.EmailKey(invite.Email)
		if r.Can(policies.WorkspaceRead, policies.Workspace(invite.WorkspaceID)) {
			view.Joined = "/w/" + invite.WorkspaceID
		}
	}
	return r.Page(status, r.outside(ui.LayoutBare), view)
}

// showDeadInvite answers every link that opens nothing, for whatever reason, alike.
func (s *Server) showDeadInvite(r *request) error {
	view := ui.InvitePage{Dead: "It has ended, was used or was withdrawn. Ask the person who sent it for a new link."}
	if r.session != nil {
		view.Name = r.session.DisplayName
	}
	return r.Page(fiber.StatusNotFound, r.outside(ui.LayoutBare), view)
}

func inviteCard(clock ui.Clock, i account.InviteView) ui.InviteCard {
	by := i.InvitedBy
	if by == "" {
		by = "whoever runs this server"
	}
	return ui.InviteCard{Workspace: i.WorkspaceName, Role: string(i.Role), InvitedBy: by, Email: i.Email, Ends: clock.At(i.ExpiresAt)}
}
