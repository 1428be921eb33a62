package account

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// ChangePassword is the form of somebody's own new password.
type ChangePassword struct {
	Current    string
	New        string
	KeepTokens bool // API tokens stay good
}

// ChangePassword replaces the person's own password. It ends all their other
// sessions and, unless told otherwise, their API tokens, and gives this
// session a new token. A wrong current password is an Invalid fault of the
// field current_password, and guessing it is slowed.
func (s *Service) ChangePassword(ctx context.Context, by *policies.Session, in ChangePassword) (Signed, error) {
	if err := inPerson(by); err != nil {
		return Signed{}, err
	}
	guesses := []counter{pairCounter("password of "+by.UserID, "")}
	done, err := s.turns.take(ctx, guesses[0].key)
	if err != nil {
		return Signed{}, err
	}
	defer done()
	if err := s.reserve(ctx, guesses); err != nil {
		return Signed{}, err
	}
	u, err := s.verifyCurrent(ctx, by, in.Current)
	if err != nil {
		return Signed{}, err
	}
	if err := s.passwords.Check("new_password", in.New, u.Email); err != nil {
		return Signed{}, err
	}
	hash, err := s.passwords.Hash(ctx, in.New)
	if err != nil {
		return Signed{}, err
	}
	token := newSecret()
	var session *policies.Session
	e := audit.Entry{Action: ActChangePassword, Actor: audit.ActorOf(by), TargetKind: "user", TargetID: u.ID}
	err = s.journal().act(ctx, true, e, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		if err := s.replacePassword(ctx, tx, u, hash); err != nil {
			return err
		}
		if err := s.succeeded(ctx, tx, guesses); err != nil {
			return err
		}
		ended, err := endAll(ctx, tx, u.ID, by.ID, !in.KeepTokens)
		if err != nil {
			return err
		}
		e.Details = ended
		session, err = s.retoken(ctx, tx, by, token)
		return err
	})
	if err != nil {
		return Signed{}, err
	}
	PasswordChanged.Fire(ctx, s.bus, UserEvent{UserID: u.ID, Provider: LocalID, Actor: audit.ActorOf(by),
		Before: personOf(u, by.DeploymentAdmin), After: personOf(u, by.DeploymentAdmin), At: s.now().UTC()})
	return Signed{Token: token, Session: session}, nil
}

func (s *Service) verifyCurrent(ctx context.Context, by *policies.Session, password string) (db.User, error) {
	u, err := db.UserByID(ctx, s.db.Read(), by.UserID)
	if err != nil {
		return u, err
	}
	if u.PasswordHash == nil {
		return u, fault.New(fault.Unsupported, "You sign in with "+by.Provider+". Change your password there.")
	}
	fits, err := s.passwords.Verify(ctx, *u.PasswordHash, password)
	if err == nil && !fits {
		err = fault.Field("current_password", "This is not your present password.")
		s.journal().refused(ctx, audit.Entry{Action: ActChangePassword, Actor: audit.ActorOf(by), TargetKind: "user", TargetID: u.ID}, err)
	}
	return u, err
}

// replacePassword writes the new hash unless the password was changed while
// the old one was being verified.
func (s *Service) replacePassword(ctx context.Context, tx bun.IDB, verified db.User, hash string) error {
	now, err := db.LockUser(ctx, tx, verified.ID)
	if err != nil {
		return err
	}
	if text(now.PasswordHash) != text(verified.PasswordHash) || now.DisabledAt != nil {
		return fault.New(fault.Conflict, "Your password was changed in another place just now. Sign in with the new one.")
	}
	return db.SetUserPassword(ctx, tx, verified.ID, hash)
}

// endings counts what a change of password ended.
type endings struct {
	Sessions int64 `json:"sessions_ended"`
	Tokens   int64 `json:"tokens_ended"`
}

// endAll ends a person's sessions, but not keepSession, and tokens.
func endAll(ctx context.Context, tx bun.IDB, userID, keepSession string, tokens bool) (ended endings, err error) {
	if ended.Sessions, err = db.DeleteOtherSessions(ctx, tx, userID, keepSession); err != nil || !tokens {
		return ended, err
	}
	ended.Tokens, err = db.DeleteTokensOf(ctx, tx, userID)
	return ended, err
}

// retoken gives the session another token; the old one is dead at once.
func (s *Service) retoken(ctx context.Context, tx bun.IDB, by *policies.Session, token string) (*policies.Session, error) {
	old, err := db.SessionByID(ctx, tx, by.UserID, by.ID)
	if err != nil {
		return nil, err
	}
	hash := db.SecretHash(token)
	at := max(s.now().UnixMilli(), old.TokenAt)
	if _, err := db.RotateSession(ctx, tx, old.ID, old.TokenHash, hash, at, false); err != nil {
		return nil, err
	}
	live, err := db.SessionByToken(ctx, tx, hash)
	if err != nil {
		return nil, err
	}
	r := s.rememberSession(live)
	session := r.session
	session.ExpiresAt = moment(min(r.expires, live.LastSeenAt+r.idle))
	return &session, nil
}
