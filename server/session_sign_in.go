package server

import (
	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/fault"
)

type signInBody struct {
	Email    string `json:"email" validate:"required,max=320"`
	Password string `json:"password" validate:"required,max=512"`
}

// signIn exchanges an e-mail address and a password for a session cookie. The
// browser's old session, if any, ends.
func (s *Server) signIn(r *request, in signInBody) (sessionReply, error) {
	signed, err := r.enter(in.Email, in.Password)
	if err != nil {
		return sessionReply{}, err
	}
	return r.begin(signed)
}

// enter checks credentials and counts how that ended.
func (r *request) enter(email, password string) (account.Signed, error) {
	signed, err := r.s.accounts.SignIn(r.Ctx(), account.Credentials{Email: email, Password: password, OldToken: r.sessionCookie(), Device: r.deviceCookie()})
	switch {
	case err == nil:
		r.s.metrics.SignedIn("ok")
	case fault.Is(err, fault.RateLimited):
		r.s.metrics.SignedIn("throttled")
	case fault.Is(err, fault.Unauthenticated):
		r.s.metrics.SignedIn("refused")
	}
	return signed, err
}

// begin hands the browser its new session.
func (r *request) begin(signed account.Signed) (sessionReply, error) {
	r.Begin(signed)
	return r.sessionReply(signed.Session)
}

type registerBody struct {
	Email       string `json:"email" validate:"required,max=320"`
	Password    string `json:"password" validate:"required,max=512"`
	DisplayName string `json:"display_name" validate:"required,max=120"`
	InviteToken string `json:"invite_token,omitzero" validate:"max=200"`
}

// register makes an account, as auth.registration allows, and signs in.
func (s *Server) register(r *request, in registerBody) (sessionReply, error) {
	signed, err := s.accounts.Register(r.Ctx(), account.RegisterInput{
		Email: in.Email, Password: in.Password, DisplayName: in.DisplayName, InviteToken: in.InviteToken, OldToken: r.sessionCookie(),
	})
	if err != nil {
		return sessionReply{}, err
	}
	return r.begin(signed)
}

// signOut ends the session and takes the cookie away. Being signed out already
// is fine.
func (s *Server) signOut(r *request, _ nothing) (sessionReply, error) {
	session, err := r.Visitor()
	if err != nil {
		return sessionReply{}, err
	}
	if session != nil {
		if _, err := s.accounts.SignOut(r.Ctx(), session); err != nil {
			return sessionReply{}, err
		}
	}
	r.EndSession()
	return sessionReply{}, nil
}
