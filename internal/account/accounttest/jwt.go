package accounttest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// JWTID is the id of the JWT test provider.
const JWTID = "jwt-test"

// DirectBackend is the backend the JWT test broker makes tokens for.
const DirectBackend = "direct-test"

// JWT is an identity provider in memory: it signs ES256 tokens of 60 seconds,
// the provider over it takes them as bearer credentials, and its broker hands
// out direct tokens for a backend, as Clerk, OIDC and Convex would.
type JWT struct {
	Issuer string
	Now    func() time.Time

	key *ecdsa.PrivateKey

	mu      sync.Mutex
	gone    map[string]bool // by subject
	down    bool
	asked   int
	signOut []string
}

// NewJWT makes an identity provider with a key of its own. now may be nil.
func NewJWT(now func() time.Time) *JWT {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	if now == nil {
		now = time.Now
	}
	return &JWT{Issuer: "https://idp.test", Now: now, key: key, gone: map[string]bool{}}
}

// Claims are what a token says of a person.
type Claims struct {
	jwt.Claims
	Email         string   `json:"email,omitempty"`
	EmailVerified bool     `json:"email_verified,omitempty"`
	Name          string   `json:"name,omitempty"`
	SID           string   `json:"sid,omitempty"`
	Groups        []string `json:"groups,omitempty"`
}

// ClaimsOf are the claims of a good token about a person.
func (j *JWT) ClaimsOf(subject, email string) Claims {
	now := j.Now()
	return Claims{
		Claims: jwt.Claims{Issuer: j.Issuer, Subject: subject, Audience: jwt.Audience{"or3"},
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Minute))},
		Email: email, EmailVerified: true, Name: "Person " + subject, SID: "sid-" + subject,
	}
}

// Sign makes a token of claims.
func (j *JWT) Sign(t testing.TB, claims Claims) string {
	t.Helper()
	return sign(t, jose.ES256, j.key, claims)
}

func sign(t testing.TB, alg jose.SignatureAlgorithm, key any, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Request is a request that carries a token.
func Request(token string) *http.Request {
	r, err := http.NewRequest(http.MethodPost, "/api/auth/exchange", nil)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// Remove ends a person's life at the provider.
func (j *JWT) Remove(subject string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.gone[subject] = true
}

// SetDown makes the provider unreachable, or reachable again.
func (j *JWT) SetDown(down bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.down = down
}

// Asked counts the rechecks so far.
func (j *JWT) Asked() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.asked
}

// SignedOut lists whose sessions were signed out at the provider.
func (j *JWT) SignedOut() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.signOut)
}

// Provider is the account.Provider over the identity provider.
func (j *JWT) Provider() account.Provider { return jwtProvider{j} }

type jwtProvider struct{ *JWT }

func (jwtProvider) ID() string              { return JWTID }
func (jwtProvider) Routes() []account.Route { return nil }

func (p jwtProvider) reachable(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return errors.New("jwt-test: cannot fetch the keys")
	}
	return ctx.Err()
}

func (p jwtProvider) Identify(ctx context.Context, r *http.Request) (*account.Identity, error) {
	raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || strings.HasPrefix(raw, account.TokenPrefix) {
		return nil, nil
	}
	if err := p.reachable(ctx); err != nil {
		return nil, err
	}
	refused := func(why error) (*account.Identity, error) {
		return nil, fault.Wrap(why, fault.Unauthenticated, "The sign-in has expired or is not valid. Try again.")
	}
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return refused(err)
	}
	var c Claims
	if err := token.Claims(&p.key.PublicKey, &c); err != nil {
		return refused(err)
	}
	if err := c.ValidateWithLeeway(jwt.Expected{Issuer: p.Issuer, AnyAudience: jwt.Audience{"or3"}, Time: p.Now()}, 5*time.Second); err != nil {
		return refused(err)
	}
	if c.Subject == "" || c.Expiry == nil {
		return refused(errors.New("jwt-test: no subject or no end"))
	}
	return &account.Identity{
		Provider: JWTID, Issuer: c.Issuer, Subject: c.Subject, SID: c.SID, Email: c.Email, EmailVerified: c.EmailVerified,
		Name: c.Name, Groups: c.Groups, GroupsKnown: c.Groups != nil, Expires: c.Expiry.Time(),
	}, nil
}

func (p jwtProvider) Recheck(ctx context.Context, s account.ForeignSession) (account.Verdict, error) {
	if err := p.reachable(ctx); err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	_, subject, _ := strings.Cut(s.Key, " ")
	if p.gone[subject] {
		return account.Gone, nil
	}
	return account.Alive, nil
}

func (p jwtProvider) SignOut(_ context.Context, s account.ForeignSession) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signOut = append(p.signOut, s.Key)
	return p.Issuer + "/signed-out", nil
}

// Broker is the account.TokenBroker that signs with the same key.
func (j *JWT) Broker() account.TokenBroker { return jwtBroker{j} }

type jwtBroker struct{ *JWT }

func (b jwtBroker) ProviderToken(_ context.Context, s *policies.Session, r account.TokenRequest) (*account.ProviderToken, error) {
	if s == nil || s.Kind != policies.BrowserSession || r.Provider != DirectBackend {
		return nil, nil
	}
	now := b.Now()
	expires := now.Add(time.Minute)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: b.key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, err
	}
	token, err := jwt.Signed(signer).Claims(jwt.Claims{Issuer: "https://or3.test", Subject: s.UserID, Audience: jwt.Audience{"or3-" + r.Provider},
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(expires)}).Serialize()
	if err != nil {
		return nil, err
	}
	return &account.ProviderToken{Token: token, URL: "https://direct.test", ExpiresAt: expires}, nil
}

// Subject verifies a direct token as the backend would.
func (j *JWT) Subject(t testing.TB, provider, raw string) string {
	t.Helper()
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	var c jwt.Claims
	if err := token.Claims(&j.key.PublicKey, &c); err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(jwt.Expected{Issuer: "https://or3.test", AnyAudience: jwt.Audience{"or3-" + provider}, Time: j.Now()}); err != nil {
		t.Fatal(err)
	}
	return c.Subject
}

// WrongTokens are the tokens a verifier must refuse, by what is wrong.
func (j *JWT) WrongTokens(subject, email string) map[string]func(t testing.TB) *http.Request {
	bad := func(change func(*Claims)) func(t testing.TB) *http.Request {
		return func(t testing.TB) *http.Request {
			c := j.ClaimsOf(subject, email)
			change(&c)
			return Request(j.Sign(t, c))
		}
	}
	past := func() *jwt.NumericDate { return jwt.NewNumericDate(j.Now().Add(-time.Hour)) }
	return map[string]func(t testing.TB) *http.Request{
		"expired":        bad(func(c *Claims) { c.Expiry = past() }),
		"not yet":        bad(func(c *Claims) { c.NotBefore = jwt.NewNumericDate(j.Now().Add(time.Hour)) }),
		"wrong audience": bad(func(c *Claims) { c.Audience = jwt.Audience{"somebody-else"} }),
		"wrong issuer":   bad(func(c *Claims) { c.Issuer = "https://evil.test" }),
		"no subject":     bad(func(c *Claims) { c.Subject = "" }),
		"no end":         bad(func(c *Claims) { c.Expiry = nil }),
		"not a token":    func(testing.TB) *http.Request { return Request("not.a.token") },
		"another key":    func(t testing.TB) *http.Request { return Request(NewJWT(j.Now).Sign(t, j.ClaimsOf(subject, email))) },
		"HMAC with the public key": func(t testing.TB) *http.Request {
			x, err := j.key.PublicKey.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			return Request(sign(t, jose.HS256, x, j.ClaimsOf(subject, email)))
		},
		"no signature": func(t testing.TB) *http.Request {
			parts := strings.Split(j.Sign(t, j.ClaimsOf(subject, email)), ".")
			return Request("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + parts[1] + ".")
		},
		"changed payload": func(t testing.TB) *http.Request {
			mine := strings.Split(j.Sign(t, j.ClaimsOf(subject, email)), ".")
			theirs := strings.Split(j.Sign(t, j.ClaimsOf("admin", "admin@example.org")), ".")
			return Request(mine[0] + "." + theirs[1] + "." + mine[2])
		},
	}
}
