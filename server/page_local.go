package server

import (
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/ui"
)

// hasLocalApp reports whether this server has the app without accounts: for
// everybody, or for guests.
func (s *Server) hasLocalApp() bool { return !s.config.Auth.Enabled || s.config.Auth.GuestAccess }

// apps are the apps this server offers.
func (s *Server) apps() ui.Kind {
	var kinds ui.Kind
	if s.config.Auth.Enabled {
		kinds |= ui.WithAccounts
	}
	if s.hasLocalApp() {
		kinds |= ui.WithoutAccounts
	}
	return kinds
}

// localPage is the app without accounts. Guests get it only while the home
// workspace lets them in; people who are signed in always do, because what they
// wrote before they had an account may still be in their browser.
func (s *Server) localPage(r *request) error {
	if s.config.Auth.Enabled {
		session, err := r.Visitor()
		if err != nil {
			return err
		}
		welcome, err := s.guestsWelcome(r)
		if err != nil {
			return err
		}
		if session == nil && !welcome {
			return r.Redirect("/sign-in")
		}
	}
	page, err := s.localApp()
	if err != nil {
		return err
	}
	return r.sendOnce(page, fiber.MIMETextHTMLCharsetUTF8)
}

// localApp renders the app without accounts as this server offers it.
func (s *Server) localApp() ([]byte, error) {
	o := ui.Local{Site: s.config.Site.Name, Version: s.version}
	if s.config.Auth.Enabled {
		o.Foot.SignIn = "/sign-in"
	}
	return s.pages.LocalPage(o)
}

// guestsWelcome tells whether signed-out visitors get the app without accounts:
// when the deployment allows it and the home workspace has not switched it off.
func (s *Server) guestsWelcome(r *request) (bool, error) {
	if !s.config.Auth.GuestAccess {
		return false, nil
	}
	return s.workspaces.GuestAccess(r.Ctx(), r.homeWorkspace())
}
