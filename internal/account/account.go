// Package account knows people: how they prove who they are, their sessions
// and API tokens, how they come (set-up, invite, registration, first sign-in
// at another provider) and what operators do with them.
//
// Secrets (session tokens, API tokens, invites, the set-up link) have 256
// random bits and are kept as SHA-256 only; passwords as argon2id. Every
// privileged act, allowed or refused, writes its audit entry, and fires its
// hook after the commit.
package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
)

// The modes of Options.Registration.
const (
	Open       = "open"        // everybody may register
	InviteOnly = "invite_only" // with an invite
	Disabled   = "disabled"    // nobody
)

// Options are what a Service is made from. DB and Audit are needed.
type Options struct {
	DB    *db.DB
	Bus   *hook.Bus // nil: nobody listens
	Audit *audit.Log
	Now   func() time.Time // nil means time.Now
	Log   *slog.Logger     // nil is silence

	Registration string   // Open, InviteOnly or Disabled; "" means InviteOnly
	Provider     Provider // nil means the local one; see Providers
	Store        WorkspaceStore
	Broker       TokenBroker
	Passwords    *Passwords // nil means NewPasswords(DefaultCost)

	SessionIdle time.Duration // 0 means 30 days
	SessionMax  time.Duration // 0 means 90 days
	TokenLife   time.Duration // of API tokens that name none; 0 means 90 days

	// Joined is called after the commit when somebody redeemed an invite: the
	// hook of that belongs to internal/workspace, which is no lower floor.
	Joined func(ctx context.Context, m Membership)
}

// Service is everything one can do with accounts. It is safe for concurrent
// use, also by several processes on one PostgreSQL. Close it.
type Service struct {
	db           *db.DB
	bus          *hook.Bus
	audit        *audit.Log
	now          func() time.Time
	log          *slog.Logger
	registration string
	provider     Provider
	store        WorkspaceStore
	broker       TokenBroker
	passwords    *Passwords
	idle, max    time.Duration
	tokenLife    time.Duration
	joined       func(ctx context.Context, m Membership)

	cache    *cache
	seen     seen
	turns    turns
	line     *line
	rechecks rechecks
	isSetUp  atomic.Bool

	stop    context.CancelFunc
	running sync.WaitGroup
}

// New makes a Service and starts its housekeeping, which Close ends.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Registration == "" {
		o.Registration = InviteOnly
	}
	if o.Passwords == nil {
		o.Passwords = NewPasswords(DefaultCost)
	}
	if o.Provider == nil {
		o.Provider = NewLocal(o.DB, o.Passwords)
	}
	if o.Joined == nil {
		o.Joined = func(context.Context, Membership) {}
	}
	if o.Store == nil {
		o.Store = NewStore(StoreOptions{DB: o.DB, Bus: o.Bus, Audit: o.Audit, Now: o.Now, Joined: o.Joined})
	}
	if o.Broker == nil {
		o.Broker = Gateway{}
	}
	s := &Service{
		db: o.DB, bus: o.Bus, audit: o.Audit, now: o.Now, log: o.Log,
		registration: o.Registration, provider: o.Provider, store: o.Store, broker: o.Broker, passwords: o.Passwords,
		idle: or(o.SessionIdle, 30*24*time.Hour), max: or(o.SessionMax, 90*24*time.Hour), tokenLife: or(o.TokenLife, 90*24*time.Hour),
		joined: o.Joined, cache: newCache(), line: newLine(),
	}
	o.DB.OnAccessChange(func([]db.AccessChange) { s.cache.drop() })
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.running.Go(func() { s.keepHouse(ctx) })
	return s
}

// Close ends the housekeeping and writes down what it still knows. Twice is
// safe; the database must still be open.
func (s *Service) Close() {
	s.stop()
	s.running.Wait()
	s.rechecks.wait()
	if err := s.Flush(context.Background()); err != nil {
		s.log.Warn("when sessions were last seen could not be noted", "error", err)
	}
}

func or(value, fallback time.Duration) time.Duration {
	if value == 0 {
		return fallback
	}
	return value
}

// newID makes a UUIDv7: ids made later sort later.
func newID() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}

// secretLength is how long newSecret's text is.
const secretLength = 43

// newSecret is 32 random bytes in base64url. crypto/rand never fails.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// isSecret reports whether a text could be one of newSecret's. What cannot is
// never looked up.
func isSecret(text string) bool {
	if len(text) != secretLength {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// moment is a stored time (epoch ms) as a time in UTC.
func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// text is a nullable text, "" for NULL.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// orNull is NULL for "".
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
