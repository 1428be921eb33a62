package account

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

const (
	maxTokens     = 100 // live ones of one person
	longestToken  = 10 * 365 * 24 * time.Hour
	shortestToken = time.Minute
)

// Token is a personal API token without its secret.
type Token struct {
	ID         string
	Name       string
	Hint       string // how the token begins and ends, e.g. or3_pat_…x7Qa
	CreatedAt  time.Time
	LastUsedAt *time.Time // to the minute; nil = never
	ExpiresAt  time.Time
	Expired    bool
}

// NewToken is the form of an API token.
type NewToken struct {
	Name    string        // "" means "API token"
	Expires time.Duration // 0 means the deployment's default, 90 days
}

// Tokens lists a person's API tokens, newest first, expired ones among them
// until the housekeeping removes them.
func (s *Service) Tokens(ctx context.Context, userID string) ([]Token, error) {
	rows, err := db.TokensOf(ctx, s.db.Read(), userID)
	if err != nil {
		return nil, err
	}
	list := make([]Token, 0, len(rows))
	for _, r := range rows {
		list = append(list, s.tokenOf(r))
	}
	return list, nil
}

// CreateToken makes an API token for the person of the session, who must be
// there in person. plain is the token; it is never shown again.
func (s *Service) CreateToken(ctx context.Context, by *policies.Session, in NewToken) (plain string, token Token, err error) {
	if err := inPerson(by); err != nil {
		return "", Token{}, err
	}
	return s.createToken(ctx, audit.ActorOf(by), by.UserID, in)
}

// CreateTokenFor is CreateToken for an operator at the command line.
func (s *Service) CreateTokenFor(ctx context.Context, userID string, in NewToken) (plain string, token Token, err error) {
	return s.createToken(ctx, actorOf(ctx, Operator()), userID, in)
}

func (s *Service) createToken(ctx context.Context, actor audit.Actor, userID string, in NewToken) (string, Token, error) {
	name, err := tokenName(in)
	if err != nil {
		return "", Token{}, err
	}
	life := or(in.Expires, s.tokenLife)
	if life < shortestToken || life > longestToken {
		return "", Token{}, fault.Field("expires", "A token can live from a minute to ten years.")
	}
	id, err := newID()
	if err != nil {
		return "", Token{}, err
	}
	plain := TokenPrefix + newSecret()
	var row db.APIToken
	e := audit.Entry{Action: ActCreateToken, Actor: actor, TargetKind: "token", TargetID: id}
	err = s.journal().act(ctx, false, e, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		u, err := db.LockUser(ctx, tx, userID)
		if err != nil {
			return err
		}
		if u.DisabledAt != nil {
			return fault.New(fault.Conflict, "This person is disabled. Enable them first.")
		}
		now := s.now()
		if err := roomForToken(ctx, tx, userID, now.UnixMilli()); err != nil {
			return err
		}
		row = db.APIToken{ID: id, TokenHash: db.SecretHash(plain), Hint: TokenPrefix + "…" + plain[len(plain)-4:], UserID: userID, Name: name,
			CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(life).UnixMilli()}
		e.Details = map[string]any{"name": name, "user_id": userID, "expires_at": moment(row.ExpiresAt)}
		return db.InsertToken(ctx, tx, &row)
	})
	if err != nil {
		return "", Token{}, err
	}
	return plain, s.tokenOf(row), nil
}

func tokenName(in NewToken) (string, error) {
	if in.Name == "" {
		return "API token", nil
	}
	return checkName("name", "the token a name", in.Name, maxTokenName)
}

func roomForToken(ctx context.Context, tx bun.IDB, userID string, now int64) error {
	rows, err := db.TokensOf(ctx, tx, userID)
	live := 0
	for _, r := range rows {
		if r.ExpiresAt > now {
			live++
		}
	}
	if err == nil && live >= maxTokens {
		err = fault.New(fault.Conflict, "There are 100 tokens already. Revoke one that is not used any more.")
	}
	return err
}

// RevokeToken ends one of the person's own API tokens at once.
func (s *Service) RevokeToken(ctx context.Context, by *policies.Session, id string) error {
	if err := inPerson(by); err != nil {
		return err
	}
	return s.revokeToken(ctx, audit.ActorOf(by), by.UserID, id)
}

// RevokeTokenOf is RevokeToken for an operator at the command line.
func (s *Service) RevokeTokenOf(ctx context.Context, userID, id string) error {
	return s.revokeToken(ctx, actorOf(ctx, Operator()), userID, id)
}

func (s *Service) revokeToken(ctx context.Context, actor audit.Actor, userID, id string) error {
	e := audit.Entry{Action: ActRevokeToken, Actor: actor, TargetKind: "token", TargetID: id}
	return s.journal().act(ctx, true, e, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		ended, err := db.DeleteToken(ctx, tx, userID, id)
		if err != nil {
			return err
		}
		if !ended {
			return fault.New(fault.NotFound, "There is no such token.")
		}
		e.Details = map[string]string{"user_id": userID}
		return nil
	})
}

func (s *Service) tokenOf(r db.APIToken) Token {
	t := Token{ID: r.ID, Name: r.Name, Hint: r.Hint, CreatedAt: moment(r.CreatedAt), ExpiresAt: moment(r.ExpiresAt), Expired: r.ExpiresAt <= s.now().UnixMilli()}
	if r.LastUsedAt != nil {
		at := moment(*r.LastUsedAt)
		t.LastUsedAt = &at
	}
	return t
}
