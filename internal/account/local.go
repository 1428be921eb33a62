package account

import (
	"context"
	"net/http"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

// LocalID is the id of the provider that keeps passwords itself.
const LocalID = "local"

// wrongCredentials are the same words whatever was wrong.
const wrongCredentials = "This e-mail address and password do not fit together. Check both and try again."

// Local is the PasswordProvider that keeps passwords in the program's database.
type Local struct {
	db        *db.DB
	passwords *Passwords
}

var _ PasswordProvider = (*Local)(nil)

// NewLocal makes the local provider.
func NewLocal(d *db.DB, passwords *Passwords) *Local { return &Local{db: d, passwords: passwords} }

// ID implements Provider.
func (*Local) ID() string { return LocalID }

// Routes implements Provider: there are none.
func (*Local) Routes() []Route { return nil }

// Identify implements Provider: passwords come through Authenticate alone.
func (*Local) Identify(context.Context, *http.Request) (*Identity, error) { return nil, nil }

// SignOut implements Provider: there is no other session to end.
func (*Local) SignOut(context.Context, ForeignSession) (string, error) { return "", nil }

// Recheck implements Provider: the person is gone when disabled.
func (l *Local) Recheck(ctx context.Context, s ForeignSession) (Verdict, error) {
	u, err := db.UserByID(ctx, l.db.Read(), s.UserID)
	switch {
	case fault.Is(err, fault.NotFound), err == nil && u.DisabledAt != nil:
		return Gone, nil
	case err != nil:
		return "", err
	}
	return Alive, nil
}

// Authenticate implements PasswordProvider. For an unknown address it verifies
// against a password nobody has, at the same cost.
func (l *Local) Authenticate(ctx context.Context, email, password string) (*Identity, error) {
	refused := fault.New(fault.Unauthenticated, wrongCredentials)
	u, err := userByEmail(ctx, l.db.Read(), email)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	hash := text(u.PasswordHash)
	if hash == "" {
		hash = l.passwords.nobodys
	}
	fits, err := l.passwords.Verify(ctx, hash, password)
	if err != nil {
		return nil, err
	}
	if !fits || u.PasswordHash == nil || u.DisabledAt != nil {
		return nil, refused
	}
	if l.passwords.Outdated(hash) {
		l.strengthen(ctx, u, password)
	}
	return &Identity{Provider: LocalID, Subject: u.ID, Email: u.Email, Name: u.DisplayName}, nil
}

// userByEmail is db.UserByEmail for whatever somebody typed.
func userByEmail(ctx context.Context, q bun.IDB, email string) (db.User, error) {
	email, err := checkEmail(email)
	if err != nil {
		return db.User{}, fault.Wrap(err, fault.NotFound, "Nobody has this e-mail address.")
	}
	return db.UserByEmail(ctx, q, db.EmailKey(email))
}

// strengthen replaces a hash of an earlier cost. That it fails does not keep
// anybody from signing in; the next time tries again.
func (l *Local) strengthen(ctx context.Context, u db.User, password string) {
	hash, err := l.passwords.Hash(ctx, password)
	if err != nil {
		return
	}
	_ = l.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		return db.UpgradeUserPassword(ctx, tx, u.ID, *u.PasswordHash, hash)
	})
}
