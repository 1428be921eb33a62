package server

import (
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/ui"
)

// showSettings gathers everything that is the person's own.
func (s *Server) showSettings(r *request, status int, forms settingsForms) error {
	shell, err := r.inside(ui.LayoutApp, r.active(), "")
	if err != nil {
		return err
	}
	session, clock := r.Session(), r.clock()
	view := ui.SettingsPage{
		Email: session.Email, Provider: session.Provider, Zones: ui.ZoneNames(), Now: clock.At(r.Now()),
		Profile:  formOf("profile", profileForm{DisplayName: session.DisplayName, Locale: session.Locale, TimeZone: session.TimeZone}),
		NewToken: formOf("token", tokenForm{Expires: "90"}), Fresh: r.secret, Theme: shell.Theme, KeysOff: shell.KeysOff,
	}
	if _, ok := s.accounts.Provider().(account.PasswordProvider); ok {
		form := formOf("password", passwordForm{})
		view.Password = &form
	}
	view.Profile = pick(forms.profile, view.Profile)
	view.NewToken = pick(forms.token, view.NewToken)
	if forms.password != nil {
		view.Password = forms.password
	}
	if view.Devices, err = s.devices(r, clock); err != nil {
		return err
	}
	view.Others = len(view.Devices) - 1
	if view.Tokens, err = s.tokens(r, clock); err != nil {
		return err
	}
	if view.Workspaces, err = r.workspaceRows(); err != nil {
		return err
	}
	return r.Page(status, shell, view)
}

func pick(form *ui.Form, otherwise ui.Form) ui.Form {
	if form != nil {
		return *form
	}
	return otherwise
}

// devices lists the person's signed-in browsers, this one first.
func (s *Server) devices(r *request, clock ui.Clock) ([]ui.Device, error) {
	list, err := s.accounts.Sessions(r.Ctx(), r.Session().UserID)
	var current, others []ui.Device
	for _, d := range list {
		device := ui.Device{
			ID: d.ID, Name: ui.DeviceName(d.UserAgent), Address: d.IP, Current: d.ID == r.Session().ID,
			Since: clock.At(d.CreatedAt), Seen: clock.At(d.LastSeenAt), Ends: clock.At(d.ExpiresAt),
		}
		if device.Current {
			device.Seen = clock.At(r.Now())
			current = append(current, device)
			continue
		}
		others = append(others, device)
	}
	return append(current, others...), err
}

// tokens lists the person's API tokens, newest first.
func (s *Server) tokens(r *request, clock ui.Clock) ([]ui.Token, error) {
	list, err := s.accounts.Tokens(r.Ctx(), r.Session().UserID)
	out := make([]ui.Token, 0, len(list))
	for _, t := range list {
		out = append(out, ui.Token{
			ID: t.ID, Name: t.Name, Hint: t.Hint, Created: clock.At(t.CreatedAt), Used: clock.At(timeOrZero(t.LastUsedAt)),
			Ends: clock.At(t.ExpiresAt), Expired: t.Expired,
		})
	}
	return out, err
}

// timeOrZero is a time that may never have been.
func timeOrZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
