package server

import (
	"time"

	"or3.cloud/or3/internal/account"
)

// tokenView is an API token without its secret.
type tokenView struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Hint       string     `json:"hint"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
	ExpiresAt  time.Time  `json:"expires_at"`
	Expired    bool       `json:"expired"`
}

type tokensReply struct {
	Tokens []tokenView `json:"tokens"`
}

// listTokens answers the person's API tokens, newest first.
func (s *Server) listTokens(r *request) (tokensReply, error) {
	list, err := s.accounts.Tokens(r.Ctx(), r.Session().UserID)
	reply := tokensReply{Tokens: make([]tokenView, 0, len(list))}
	for _, t := range list {
		reply.Tokens = append(reply.Tokens, tokenView(t))
	}
	return reply, err
}

type createTokenBody struct {
	Name             string `json:"name,omitzero" validate:"max=100"`
	ExpiresInSeconds int64  `json:"expires_in_seconds,omitzero" validate:"omitempty,min=60,max=315360000"`
}

// createTokenReply is the one time that the secret is shown.
type createTokenReply struct {
	Token  tokenView `json:"token"`
	Secret string    `json:"secret"`
}

// createToken makes an API token for the person.
func (s *Server) createToken(r *request, in createTokenBody) (createTokenReply, error) {
	secret, t, err := s.accounts.CreateToken(r.Ctx(), r.Session(), account.NewToken{Name: in.Name, Expires: time.Duration(in.ExpiresInSeconds) * time.Second})
	return createTokenReply{Token: tokenView(t), Secret: secret}, err
}

// revokeToken ends one of the person's API tokens at once.
func (s *Server) revokeToken(r *request, _ nothing) (done, error) {
	err := s.accounts.RevokeToken(r.Ctx(), r.Session(), r.Param("id"))
	return done{err == nil}, err
}
