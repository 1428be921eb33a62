package account

import (
	"context"
	"net/http"

	"or3.cloud/or3/internal/fault"
)

// Exchange starts a session for the foreign credential a request carries: the
// way in for every provider that does not use passwords here. A request
// without one is Unauthenticated. Newcomers are let in as by Register; a
// verified address with an open invite redeems it.
func (s *Service) Exchange(ctx context.Context, r *http.Request, inviteToken, oldToken string) (Signed, error) {
	identity, err := s.provider.Identify(ctx, r)
	if err != nil {
		if fault.KindOf(err) == fault.Internal {
			err = fault.Wrap(err, fault.Unavailable, "The sign-in service does not answer just now. Try again in a moment.")
		}
		if fault.Is(err, fault.Unauthenticated) {
			s.refuseSignIn(ctx, s.provider.ID(), "", err)
		}
		return Signed{}, err
	}
	if identity == nil {
		return Signed{}, fault.New(fault.Unauthenticated, "Sign in with "+s.provider.ID()+" first.")
	}
	if identity.Provider != s.provider.ID() || identity.Subject == "" {
		return Signed{}, fault.New(fault.Unauthenticated, "The sign-in service did not say who you are.")
	}
	if !identity.EmailVerified {
		// An address nobody has checked may not open an invite, nor take an
		// address from the person it belongs to.
		inviteToken = ""
	}
	arrived, err := s.store.Provision(ctx, Arrival{Identity: *identity, Registration: s.registration, InviteToken: inviteToken})
	if err != nil {
		return Signed{}, err
	}
	return s.begin(ctx, beginning{userID: arrived.UserID, workspaceID: arrived.WorkspaceID, identity: *identity, oldToken: oldToken})
}
