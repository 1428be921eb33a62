package account

import (
	"context"
	"errors"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

// RegisterInput is a newcomer's form.
type RegisterInput struct {
	Email       string
	Password    string
	DisplayName string
	InviteToken string
	OldToken    string // the session token the browser had before, which ends
}

// Register makes a person with a password and signs them in. Until set-up is
// done, without an invite when one is needed, or when nobody may register, it
// is Forbidden; an address that has an account is a Conflict.
func (s *Service) Register(ctx context.Context, in RegisterInput) (Signed, error) {
	if _, ok := s.provider.(PasswordProvider); !ok {
		return Signed{}, fault.New(fault.Unsupported, "This server does not use passwords. Sign in with "+s.provider.ID()+".")
	}
	if err := s.mayRegister(ctx, in.InviteToken); err != nil {
		return Signed{}, err
	}
	email, name, err := s.checkNewcomer(in.Email, in.DisplayName, in.Password)
	if err != nil {
		return Signed{}, err
	}
	if in.InviteToken != "" {
		// Before the costly hash: does the link open anything?
		if _, err := s.openInvite(ctx, s.db.Read(), in.InviteToken); err != nil {
			return Signed{}, err
		}
	}
	hash, err := s.passwords.Hash(ctx, in.Password)
	if err != nil {
		return Signed{}, err
	}
	identity := Identity{Provider: s.provider.ID(), Email: email, Name: name}
	arrived, err := s.store.Provision(ctx, Arrival{
		Identity: identity, Registration: s.registration, InviteToken: in.InviteToken, PasswordHash: &hash, MustBeNew: true,
	})
	if err != nil {
		return Signed{}, err
	}
	identity.Subject = arrived.UserID
	return s.begin(ctx, beginning{userID: arrived.UserID, workspaceID: arrived.WorkspaceID, identity: identity, oldToken: in.OldToken, knows: db.EmailKey(email)})
}

// Registration is the deployment's mode: Open, InviteOnly or Disabled.
func (s *Service) Registration() string { return s.registration }

func (s *Service) mayRegister(ctx context.Context, inviteToken string) error {
	needed, err := s.SetupNeeded(ctx)
	switch {
	case err != nil:
		return err
	case needed:
		return fault.New(fault.Forbidden, "This server is not set up yet. The person who runs it finds a link for that in its terminal.")
	case s.registration == Disabled, s.registration != Open && inviteToken == "":
		return fault.New(fault.Forbidden, registrationClosed(s.registration))
	}
	return nil
}

// checkNewcomer checks all fields of a newcomer and complains of all at once.
func (s *Service) checkNewcomer(email, name, password string) (cleanEmail, cleanName string, err error) {
	var problems fields
	cleanEmail, err = checkEmail(email)
	problems.add(err)
	cleanName, err = checkName("display_name", "your name", name, maxDisplayName)
	problems.add(err)
	problems.add(s.passwords.Check("password", password, email))
	return cleanEmail, cleanName, problems.err()
}

// fields collects what is wrong with several fields into one fault.
type fields struct{ all map[string]string }

func (f *fields) add(err error) {
	var e *fault.Error
	if err == nil || !errors.As(err, &e) {
		return
	}
	if f.all == nil {
		f.all = map[string]string{}
	}
	for name, words := range e.Fields {
		f.all[name] = words
	}
}

func (f *fields) err() error {
	switch len(f.all) {
	case 0:
		return nil
	case 1:
		for name, words := range f.all {
			return fault.Field(name, words)
		}
	}
	return &fault.Error{Kind: fault.Invalid, Message: "Some fields need another look.", Fields: f.all}
}
