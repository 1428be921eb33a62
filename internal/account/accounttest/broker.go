package accounttest

import (
	"testing"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/policies"
)

// BrokerFixture is a token broker under test.
type BrokerFixture struct {
	Broker account.TokenBroker
	// Direct is the id of a backend the broker makes tokens for; "" when it is
	// a gateway only.
	Direct string
	Now    func() time.Time
	// Subject reads and verifies a token the way the backend would, and gives
	// whose it is.
	Subject func(t testing.TB, provider, token string) string
}

// TokenBroker holds a broker to its contract.
func TokenBroker(t *testing.T, open func(t *testing.T) BrokerFixture) {
	person := &policies.Session{ID: "s1", Kind: policies.BrowserSession, UserID: "u1"}
	other := &policies.Session{ID: "s2", Kind: policies.BrowserSession, UserID: "u2"}
	t.Run("leaves backends it does not know to the gateway", func(t *testing.T) {
		f := open(t)
		token, err := f.Broker.ProviderToken(t.Context(), person, account.TokenRequest{Provider: "no-such-backend", WorkspaceID: "w1"})
		if token != nil || err != nil {
			t.Fatalf("got %v, %v; want nil, nil", token, err)
		}
	})
	t.Run("makes no tokens for nobody and for API tokens", func(t *testing.T) {
		f := open(t)
		for _, s := range []*policies.Session{nil, {ID: "t1", Kind: policies.TokenSession, UserID: "u1"}} {
			token, err := f.Broker.ProviderToken(t.Context(), s, account.TokenRequest{Provider: f.Direct, WorkspaceID: "w1"})
			if token != nil || err != nil {
				t.Fatalf("%v: got %v, %v; want nil, nil", s, token, err)
			}
		}
	})
	t.Run("makes short tokens that say who it is and nothing of rights", func(t *testing.T) {
		f := open(t)
		if f.Direct == "" {
			t.Skip("this broker is a gateway")
		}
		mine := tokenFor(t, f, person)
		theirs := tokenFor(t, f, other)
		if mine.Token == theirs.Token || f.Subject(t, f.Direct, mine.Token) != "u1" || f.Subject(t, f.Direct, theirs.Token) != "u2" {
			t.Fatal("two people got one token")
		}
		life := mine.ExpiresAt.Sub(f.Now())
		if life <= 0 || life > time.Minute {
			t.Fatalf("the token lives %v; want at most a minute", life)
		}
		if mine.URL == "" {
			t.Fatal("the token does not say where to go")
		}
	})
}

func tokenFor(t *testing.T, f BrokerFixture, s *policies.Session) account.ProviderToken {
	t.Helper()
	token, err := f.Broker.ProviderToken(t.Context(), s, account.TokenRequest{Provider: f.Direct, WorkspaceID: "w1"})
	if err != nil || token == nil {
		t.Fatalf("got %v, %v; want a token", token, err)
	}
	return *token
}
