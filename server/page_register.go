package server

import (
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/ui"
)

type registerForm struct {
	DisplayName string `form:"display_name" label:"Name" validate:"max=200"`
	Email       string `form:"email" label:"E-mail" validate:"max=320"`
	Password    string `form:"password" label:"Password" validate:"max=512"`
	InviteToken string `form:"invite_token" validate:"max=200"`
	Next        string `form:"next" validate:"max=1024"`
}

// registerPage is /register, with ?invite= for who comes by a link.
func (s *Server) registerPage(r *request) error {
	session, err := r.Visitor()
	if err != nil {
		return err
	}
	if session != nil {
		return r.Redirect("/")
	}
	return s.showRegister(r, fiber.StatusOK, submitted[registerForm]{Values: registerForm{InviteToken: r.Query("invite"), Next: r.Query("next")}})
}

// registerWithForm makes an account and signs in.
func (s *Server) registerWithForm(r *request, f submitted[registerForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		signed, err := s.accounts.Register(r.Ctx(), account.RegisterInput{
			Email: f.Values.Email, Password: f.Values.Password, DisplayName: f.Values.DisplayName,
			InviteToken: f.Values.InviteToken, OldToken: r.sessionCookie(),
		})
		if err == nil {
			r.Begin(signed)
			return r.Redirect(localPath(f.Values.Next))
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	return s.showRegister(r, status, f)
}

func (s *Server) showRegister(r *request, status int, f submitted[registerForm]) error {
	view := ui.RegisterPage{Host: r.client.host, InviteToken: f.Values.InviteToken}
	if next := localPath(f.Values.Next); next != "/" {
		view.Next = next
	}
	switch {
	case f.Values.InviteToken != "":
		invite, err := s.accounts.PeekInvite(r.Ctx(), f.Values.InviteToken)
		if fault.Is(err, fault.NotFound) {
			return s.showDeadInvite(r)
		}
		if err != nil {
			return err
		}
		card := inviteCard(r.clock(), invite)
		view.Invite = &card
		if f.Values.Email == "" {
			f.Values.Email = invite.Email
		}
		if s.accounts.Registration() == account.Disabled {
			view.Closed = "This server takes no new accounts. If you have one, sign in to use the invite."
		}
	case s.accounts.Registration() != account.Open:
		view.Closed = "Accounts here are by invitation. An owner of a workspace can send you a link."
	}
	view.Form = f.again("")
	return r.Page(status, r.outside(ui.LayoutBare), view)
}
