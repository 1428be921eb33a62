package server

import (
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/ui"
)

// homePage is /: the way in for nobody, their workspace for everybody else, and
// the app without accounts for guests and where there are none.
func (s *Server) homePage(r *request) error {
	if !s.config.Auth.Enabled {
		return s.localPage(r)
	}
	session, err := r.Visitor()
	if err != nil {
		return err
	}
	if session == nil {
		welcome, err := s.guestsWelcome(r)
		if err != nil {
			return err
		}
		if welcome {
			return s.localPage(r)
		}
	}
	switch {
	case session == nil:
		return s.showSignIn(r, fiber.StatusOK, submitted[signInForm]{})
	case session.WorkspaceID == "":
		return r.Redirect("/workspaces")
	}
	return r.Redirect("/w/" + session.WorkspaceID)
}

type signInForm struct {
	Email    string `form:"email" label:"E-mail" validate:"required,max=320"`
	Password string `form:"password" label:"Password" validate:"required,max=512"`
	Next     string `form:"next" validate:"max=1024"`
}

// signInPage is /sign-in.
func (s *Server) signInPage(r *request) error {
	session, err := r.Visitor()
	if err != nil {
		return err
	}
	next := r.Query("next")
	if session != nil {
		return r.Redirect(localPath(next))
	}
	return s.showSignIn(r, fiber.StatusOK, submitted[signInForm]{Values: signInForm{Next: next}})
}

// signInWithForm starts a session and goes where the person wanted to be.
func (s *Server) signInWithForm(r *request, f submitted[signInForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		signed, err := r.enter(f.Values.Email, f.Values.Password)
		if err == nil {
			r.Begin(signed)
			return r.Redirect(localPath(f.Values.Next))
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	return s.showSignIn(r, status, f)
}

func (s *Server) showSignIn(r *request, status int, f submitted[signInForm]) error {
	unset, err := s.accounts.SetupNeeded(r.Ctx())
	if err != nil {
		return err
	}
	view := ui.SignInPage{Host: r.client.host, CanJoin: s.accounts.Registration() == account.Open && !unset, Unset: unset, Form: f.again("")}
	if next := localPath(f.Values.Next); next != "/" {
		view.Next = next
	}
	return r.Page(status, r.outside(ui.LayoutBare), view)
}

// signOutPage asks who opened /sign-out by a link to press the button.
func (s *Server) signOutPage(r *request) error {
	session, err := r.Visitor()
	if err != nil {
		return err
	}
	if session == nil {
		return r.Redirect("/sign-in")
	}
	return r.Page(fiber.StatusOK, r.outside(ui.LayoutBare), ui.SignOutPage{Name: session.DisplayName, Email: session.Email})
}

type signOutForm struct {
	Next string `form:"next" validate:"max=1024"`
}

// signOutWithForm ends the session. Being signed out already is fine.
func (s *Server) signOutWithForm(r *request, f submitted[signOutForm]) error {
	session, err := r.Visitor()
	if err != nil {
		return err
	}
	if session != nil {
		if _, err := s.accounts.SignOut(r.Ctx(), session); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	r.EndSession()
	if next := localPath(f.Values.Next); next != "/" {
		return r.Redirect(next)
	}
	return r.Redirect("/sign-in")
}
