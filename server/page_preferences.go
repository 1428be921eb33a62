package server

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/ui"
)

type preferencesForm struct {
	Theme string `form:"theme" label:"Colours" validate:"omitempty,oneof=system light dark"`
	Keys  string `form:"keys" label:"Keyboard shortcuts" validate:"omitempty,oneof=on off"`
	Next  string `form:"next" validate:"max=1024"`
}

// preferenceLife is how long a browser remembers how it should look.
const preferenceLife = 365 * 24 * time.Hour

// setPreferences changes how pages look and which keys they listen to in this
// browser. They are cookies that scripts may read: the switch works without a
// round trip.
func (s *Server) setPreferences(r *request, f submitted[preferencesForm]) error {
	if !f.OK() {
		return unparsable("These preferences are not known.")
	}
	if f.Values.Theme != "" {
		theme := ui.ParseTheme(f.Values.Theme)
		r.prefer(ui.ThemeCookie, string(theme), theme != ui.ThemeSystem)
	}
	if f.Values.Keys != "" {
		r.prefer(ui.KeysCookie, f.Values.Keys, f.Values.Keys == "off")
	}
	return r.Redirect(localPath(f.Values.Next))
}

// prefer keeps a preference, or forgets it when it is the default.
func (r *request) prefer(name, value string, keep bool) {
	expires := r.Now().Add(preferenceLife)
	if !keep {
		value, expires = "", time.Unix(1, 0)
	}
	r.c.Cookie(&fiber.Cookie{Name: name, Value: value, Path: "/", Expires: expires.UTC(), Secure: r.secure(), SameSite: fiber.CookieSameSiteLaxMode})
}
