package server

import (
	"or3.cloud/or3/internal/account"
)

type profileBody struct {
	DisplayName *string `json:"display_name,omitzero" validate:"omitempty,max=120"`
	Locale      *string `json:"locale,omitzero" validate:"omitempty,max=35"`
	TimeZone    *string `json:"time_zone,omitzero" validate:"omitempty,max=64"`
}

type profileView struct {
	ID          string `json:"id"`
	Email       string `json:"email"`
	DisplayName string `json:"display_name"`
	Locale      string `json:"locale"`
	TimeZone    string `json:"time_zone"`
}

type profileReply struct {
	User profileView `json:"user"`
}

// updateProfile changes how a person is called and how times are shown to them.
func (s *Server) updateProfile(r *request, in profileBody) (profileReply, error) {
	if err := s.accounts.UpdateProfile(r.Ctx(), r.Session(), account.Profile{DisplayName: in.DisplayName, Locale: in.Locale, TimeZone: in.TimeZone}); err != nil {
		return profileReply{}, err
	}
	p, err := s.accounts.User(r.Ctx(), r.Session().UserID)
	if err != nil {
		return profileReply{}, err
	}
	return profileReply{profileView{ID: p.ID, Email: p.Email, DisplayName: p.DisplayName, Locale: p.Locale, TimeZone: p.TimeZone}}, nil
}

type changePasswordBody struct {
	Current    string `json:"current_password" validate:"required,max=512"`
	New        string `json:"new_password" validate:"required,max=512"`
	KeepTokens bool   `json:"keep_tokens,omitzero"`
}

// changePassword ends every other session and, unless asked otherwise, every
// API token; this browser gets a new session.
func (s *Server) changePassword(r *request, in changePasswordBody) (sessionReply, error) {
	signed, err := s.accounts.ChangePassword(r.Ctx(), r.Session(), account.ChangePassword{Current: in.Current, New: in.New, KeepTokens: in.KeepTokens})
	if err != nil {
		return sessionReply{}, err
	}
	return r.begin(signed)
}
