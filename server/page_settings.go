package server

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/ui"
)

type profileForm struct {
	DisplayName string `form:"display_name" label:"The name" validate:"max=200"`
	Locale      string `form:"locale" label:"The language" validate:"max=64"`
	TimeZone    string `form:"time_zone" label:"The time zone" validate:"max=64"`
}

type passwordForm struct {
	Username   string `form:"username" validate:"max=320"` // for password managers
	Current    string `form:"current_password" label:"The current password" validate:"required,max=512"`
	New        string `form:"new_password" label:"The new password" validate:"required,max=512"`
	KeepTokens bool   `form:"keep_tokens"`
}

type tokenForm struct {
	Name    string `form:"name" label:"The name" validate:"required,max=200"`
	Expires string `form:"expires" label:"The end" validate:"oneof=7 30 90 365"`
}

// settingsForms are the page's three forms; the one that was refused comes back
// with what was typed, the others as they are stored.
type settingsForms struct {
	profile  *ui.Form
	password *ui.Form
	token    *ui.Form
}

// settingsPage is /settings.
func (s *Server) settingsPage(r *request) error {
	return s.showSettings(r, fiber.StatusOK, settingsForms{})
}

// saveProfile changes name, language and time zone.
func (s *Server) saveProfile(r *request, f submitted[profileForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		v := f.Values
		err := s.accounts.UpdateProfile(r.Ctx(), r.Session(), account.Profile{DisplayName: &v.DisplayName, Locale: &v.Locale, TimeZone: &v.TimeZone})
		if err == nil {
			return r.done("/settings", "Saved "+clockTime(r.Now(), v.TimeZone)+". Others see a new name with their next page.")
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("profile")
	return s.showSettings(r, status, settingsForms{profile: &form})
}

// changePasswordWithForm replaces the password and signs the other devices out.
func (s *Server) changePasswordWithForm(r *request, f submitted[passwordForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		signed, err := s.accounts.ChangePassword(r.Ctx(), r.Session(), account.ChangePassword{Current: f.Values.Current, New: f.Values.New, KeepTokens: f.Values.KeepTokens})
		if err == nil {
			r.StartSession(signed.Token)
			text := "Password changed. Your other devices are signed out and your API tokens are revoked."
			if f.Values.KeepTokens {
				text = "Password changed. Your other devices are signed out; your API tokens still work."
			}
			return r.done("/settings", text)
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("password")
	return s.showSettings(r, status, settingsForms{password: &form})
}

// endDevice signs one of the person's browsers out.
func (s *Server) endDevice(r *request, _ submitted[nothing]) error {
	if err := s.accounts.EndSession(r.Ctx(), r.Session(), r.Param("id")); err != nil {
		return err
	}
	return r.done("/settings", "That device is signed out.")
}

// endOtherDevices signs every browser out but this one.
func (s *Server) endOtherDevices(r *request, _ submitted[nothing]) error {
	n, err := s.accounts.EndOtherSessions(r.Ctx(), r.Session())
	if err != nil {
		return err
	}
	return r.done("/settings", ui.Plural(n, "other device is", "other devices are")+" signed out.")
}

// createTokenWithForm makes an API token; the next page shows it this once.
func (s *Server) createTokenWithForm(r *request, f submitted[tokenForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		lives, err := time.ParseDuration(f.Values.Expires + "h")
		if err != nil {
			return err
		}
		plain, token, err := s.accounts.CreateToken(r.Ctx(), r.Session(), account.NewToken{Name: f.Values.Name, Expires: lives * 24})
		if err == nil {
			if err := r.Reveal(ui.Secret{ID: "fresh", Label: "Token " + token.Name, Value: plain, Note: "Keep it now. It cannot be shown again."}); err != nil {
				return err
			}
			return r.Redirect("/settings#tokens")
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("token")
	return s.showSettings(r, status, settingsForms{token: &form})
}

// revokeTokenWithForm ends an API token at once.
func (s *Server) revokeTokenWithForm(r *request, _ submitted[nothing]) error {
	if err := s.accounts.RevokeToken(r.Ctx(), r.Session(), r.Param("id")); err != nil {
		return err
	}
	return r.done("/settings", "The token is revoked. Programs that use it are refused from now on.")
}

// done says what an act did and goes back to its page.
func (r *request) done(path, text string) error {
	if err := r.Saved(text); err != nil {
		return err
	}
	return r.Redirect(path)
}

// clockTime is the time of day in a zone: "14:31".
func clockTime(now time.Time, zone string) string {
	if loc, err := time.LoadLocation(zone); err == nil {
		now = now.In(loc)
	}
	return now.Format("15:04")
}
