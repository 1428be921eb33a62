package server

import (
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/ui"
)

type setupForm struct {
	Token         string `form:"token" validate:"max=200"`
	DisplayName   string `form:"display_name" label:"Your name" validate:"max=200"`
	Email         string `form:"email" label:"E-mail" validate:"max=320"`
	Password      string `form:"password" label:"Password" validate:"max=512"`
	WorkspaceName string `form:"workspace_name" label:"The workspace’s name" validate:"max=200"`
}

// setupPage is /setup?token=…, the link that the first start prints. Looking
// consumes nothing.
func (s *Server) setupPage(r *request) error {
	return s.showSetup(r, fiber.StatusOK, submitted[setupForm]{Values: setupForm{Token: r.Query("token")}})
}

// setupWithForm makes the first owner and the home workspace and signs in.
func (s *Server) setupWithForm(r *request, f submitted[setupForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		signed, err := s.accounts.Setup(r.Ctx(), account.SetupInput{
			Token: f.Values.Token, Email: f.Values.Email, Password: f.Values.Password, DisplayName: f.Values.DisplayName,
			WorkspaceName: f.Values.WorkspaceName, OldToken: r.sessionCookie(),
		})
		if err == nil {
			r.Begin(signed)
			return r.Redirect("/w/" + signed.Session.WorkspaceID)
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	return s.showSetup(r, status, f)
}

func (s *Server) showSetup(r *request, status int, f submitted[setupForm]) error {
	shell := r.outside(ui.LayoutWizard)
	view := ui.SetupPage{Token: f.Values.Token}
	err := s.accounts.CheckSetupToken(r.Ctx(), f.Values.Token)
	switch {
	case fault.Is(err, fault.Conflict):
		view.Dead, status = "This server has its owner already.", fiber.StatusConflict
	case fault.Is(err, fault.Forbidden):
		view.Dead, status = "It has ended, was replaced by a newer one or was cut short when it was copied.", fiber.StatusForbidden
	case err != nil:
		return err
	default:
		view.Form = f.again("")
		shell.Steps = view.Steps()
		shell.Foot = "This link works once and lives for 24 hours. Until you finish, nothing is stored: close the page and open the link again."
	}
	return r.Page(status, shell, view)
}
