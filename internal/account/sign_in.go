package account

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/excerpt"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// Credentials are what somebody signs in with.
type Credentials struct {
	Email    string
	Password string
	// InviteToken is an invite to redeem on the way in; "" for none.
	InviteToken string
	// OldToken is the session token the browser had before, which ends: nobody
	// can plant a token and wait for somebody to sign in to it.
	OldToken string
	// Device is what the browser was given when somebody last signed in; "" for
	// nothing.
	Device string
}

// Signed is a new session. Token goes into the cookie and nowhere else. Device,
// unless it is "", is for a cookie that outlives the session: by it the browser
// is known again when its person signs in.
type Signed struct {
	Token   string
	Device  string
	Session *policies.Session
}

// SignIn starts a session for an e-mail address and password. What is wrong
// with them is never told: unknown address, wrong password and disabled person
// are the same Unauthenticated fault and take the same time. Too many failures
// are a RateLimited fault.
func (s *Service) SignIn(ctx context.Context, c Credentials) (Signed, error) {
	provider, ok := s.provider.(PasswordProvider)
	if !ok {
		return Signed{}, fault.New(fault.Unsupported, "This server does not use passwords. Sign in with "+s.provider.ID()+".")
	}
	who, address := db.EmailKey(excerpt.Begin(c.Email, maxEmail+1)), network(audit.OriginFrom(ctx).IP)
	device, err := s.knownDevice(ctx, who, c.Device)
	if err != nil {
		return Signed{}, err
	}
	counters, err := s.signInCounters(ctx, who, address, device)
	if err != nil {
		return Signed{}, err
	}
	done, err := s.turns.take(ctx, counters[0].key)
	if err != nil {
		return Signed{}, err
	}
	defer done()
	leave, err := s.line.enter(ctx)
	if err != nil {
		return Signed{}, err
	}
	defer leave()
	if err := s.reserve(ctx, counters); err != nil {
		return Signed{}, err
	}
	identity, err := provider.Authenticate(ctx, c.Email, c.Password)
	if err != nil {
		if fault.Is(err, fault.Unauthenticated) {
			s.refuseSignIn(ctx, provider.ID(), c.Email, err)
		}
		return Signed{}, err
	}
	arrived, err := s.store.Provision(ctx, Arrival{Identity: *identity, Registration: s.registration, InviteToken: c.InviteToken})
	if c.InviteToken != "" && (fault.Is(err, fault.NotFound) || fault.Is(err, fault.Forbidden)) {
		// An invite that opens nothing keeps nobody out of what is theirs.
		arrived, err = s.store.Provision(ctx, Arrival{Identity: *identity, Registration: s.registration})
	}
	if err != nil {
		return Signed{}, err
	}
	return s.begin(ctx, beginning{userID: arrived.UserID, workspaceID: arrived.WorkspaceID, identity: *identity, oldToken: c.OldToken,
		knows: who, device: device, also: func(ctx context.Context, tx bun.IDB) error { return s.succeeded(ctx, tx, counters) }})
}

// refuseSignIn records a failed attempt. What was typed is kept only when it
// looks like an address: people type passwords into the wrong field.
func (s *Service) refuseSignIn(ctx context.Context, provider, email string, why error) {
	typed, err := checkEmail(email)
	if err != nil {
		typed = ""
	}
	e := audit.Entry{Action: ActSignIn, Actor: audit.Actor{Kind: audit.Anonymous}, Details: map[string]string{"provider": provider, "email": typed}}
	s.journal().refused(ctx, e, why)
}

// beginning is a session about to begin. also runs in its transaction. knows is
// the account whose person is to be known here again, and device by what the
// browser is known for it already; "" for none.
type beginning struct {
	userID, workspaceID string
	identity            Identity
	oldToken            string
	action              string // "" means ActSignIn
	knows, device       string
	also                func(ctx context.Context, tx bun.IDB) error
}

// begin starts a session for somebody who has proved who they are.
func (s *Service) begin(ctx context.Context, b beginning) (Signed, error) {
	id, err := newID()
	if err != nil {
		return Signed{}, err
	}
	token := newSecret()
	if b.device == "" && b.knows != "" {
		b.device = newSecret()
	}
	var signed *policies.Session
	err = s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		row, session, err := s.insertSession(ctx, tx, b, id, token)
		if err != nil {
			return err
		}
		signed = session
		if b.also != nil {
			if err := b.also(ctx, tx); err != nil {
				return err
			}
		}
		if b.knows != "" {
			if err := s.know(ctx, tx, b.knows, network(audit.OriginFrom(ctx).IP), deviceAddress(b.device)); err != nil {
				return err
			}
		}
		ended, err := s.endByToken(ctx, tx, b.oldToken)
		if err != nil {
			return err
		}
		if ended { // whosever it was
			if err := s.db.BumpAccess(ctx, tx, db.AccessChange{}); err != nil {
				return err
			}
		}
		action := b.action
		if action == "" {
			action = ActSignIn
		}
		return s.audit.Append(ctx, tx, audit.Entry{Action: action, Actor: audit.ActorOf(session), TargetKind: "session", TargetID: row.ID,
			Details: map[string]string{"provider": b.identity.Provider, "impersonated_by": b.identity.Actor}})
	})
	if err != nil {
		return Signed{}, err
	}
	return Signed{Token: token, Device: b.device, Session: signed}, nil
}

// insertSession writes the session of an enabled person and reads it back the
// way every request will.
func (s *Service) insertSession(ctx context.Context, tx bun.IDB, b beginning, id, token string) (db.Session, *policies.Session, error) {
	u, err := db.LockUser(ctx, tx, b.userID)
	if err != nil {
		return db.Session{}, nil, err
	}
	if u.DisabledAt != nil {
		return db.Session{}, nil, fault.New(fault.Unauthenticated, wrongCredentials)
	}
	now, origin := s.now(), audit.OriginFrom(ctx)
	expires := now.Add(s.max)
	row := db.Session{
		ID: id, TokenHash: db.SecretHash(token), TokenAt: max(now.UnixMilli(), u.ElevatedAt+1), UserID: u.ID,
		Provider: b.identity.Provider, ProviderUserID: b.identity.Key(), ActiveWorkspaceID: orNull(b.workspaceID),
		IP: excerpt.Begin(origin.IP, 64), UserAgent: excerpt.Begin(origin.UserAgent, 300),
		CreatedAt: now.UnixMilli(), LastSeenAt: now.UnixMilli(), ExpiresAt: expires.UnixMilli(),
	}
	if err := db.InsertSession(ctx, tx, &row); err != nil {
		return row, nil, err
	}
	live, err := db.SessionByToken(ctx, tx, row.TokenHash)
	if err != nil {
		return row, nil, err
	}
	r := s.rememberSession(live)
	session := r.session
	session.ExpiresAt = moment(min(r.expires, now.UnixMilli()+r.idle))
	return row, &session, nil
}

// endByToken ends the session a browser had before.
func (s *Service) endByToken(ctx context.Context, tx bun.IDB, token string) (bool, error) {
	if !isSecret(token) {
		return false, nil
	}
	return db.DeleteSessionByToken(ctx, tx, db.SecretHash(token))
}
