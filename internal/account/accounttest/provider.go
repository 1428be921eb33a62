// Package accounttest holds the contracts of internal/account's interfaces as
// test suites, and a provider with a token broker of its own to prove that
// they can be kept by something quite unlike the built-in ones.
package accounttest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/fault"
)

// ProviderFixture is a provider under test with the means to drive it.
type ProviderFixture struct {
	Provider account.Provider
	// Right makes a request, or for a PasswordProvider a pair of credentials,
	// of somebody the provider knows, whose verified address Email is.
	Request func(t testing.TB) *http.Request // nil for a PasswordProvider
	Email   string
	Secret  string // the password, for a PasswordProvider
	// Wrong makes requests whose credentials must be refused, by what is wrong
	// with them.
	Wrong map[string]func(t testing.TB) *http.Request
	// Session is how the provider knows the person's session, after sign-in.
	Session func(t testing.TB) account.ForeignSession
	// Remove takes the person away at the provider.
	Remove func(t testing.TB)
	// Break makes the provider unreachable, Mend reachable again; nil when it
	// depends on nothing.
	Break, Mend func()
}

// Provider holds a provider to its contract.
func Provider(t *testing.T, open func(t *testing.T) ProviderFixture) {
	t.Run("has an id that can be written into a configuration", func(t *testing.T) {
		f := open(t)
		id := f.Provider.ID()
		if id == "" || id != f.Provider.ID() {
			t.Fatalf("id is %q", id)
		}
		for _, r := range id {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
				t.Fatalf("id %q has a character other than a-z, 0-9 and -", id)
			}
		}
	})
	t.Run("declares complete routes under /api/auth", func(t *testing.T) {
		for _, r := range open(t).Provider.Routes() {
			if r.Method == "" || r.Handler == nil || len(r.Path) < 11 || r.Path[:10] != "/api/auth/" {
				t.Errorf("route %q %q is not complete", r.Method, r.Path)
			}
		}
	})
	t.Run("leaves a request without credentials to others", func(t *testing.T) {
		f := open(t)
		identity, err := f.Provider.Identify(t.Context(), httptest.NewRequest(http.MethodGet, "/", nil))
		if identity != nil || err != nil {
			t.Fatalf("got %v, %v; want nil, nil", identity, err)
		}
	})
	t.Run("leaves somebody else's credentials to others", func(t *testing.T) {
		f := open(t)
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Basic bm9ib2R5OmF0IGFsbA==")
		identity, err := f.Provider.Identify(t.Context(), r)
		if identity != nil || err != nil {
			t.Fatalf("got %v, %v; want nil, nil", identity, err)
		}
	})
	t.Run("tells the same person every time", func(t *testing.T) {
		f := open(t)
		first, second := f.signIn(t), f.signIn(t)
		if first.Provider != f.Provider.ID() || first.Subject == "" || first.Key() != second.Key() {
			t.Fatalf("first %+v, then %+v", first, second)
		}
		if first.Email != f.Email {
			t.Fatalf("e-mail is %q, want %q", first.Email, f.Email)
		}
	})
	t.Run("refuses wrong credentials", func(t *testing.T) { refusesWrong(t, open) })
	t.Run("says alive, and gone after removal", func(t *testing.T) {
		f := open(t)
		f.signIn(t)
		session := f.Session(t)
		if verdict, err := f.Provider.Recheck(t.Context(), session); verdict != account.Alive || err != nil {
			t.Fatalf("got %q, %v; want alive", verdict, err)
		}
		f.Remove(t)
		if verdict, err := f.Provider.Recheck(t.Context(), session); verdict != account.Gone || err != nil {
			t.Fatalf("got %q, %v; want gone", verdict, err)
		}
	})
	t.Run("does not take its own outage for an answer", func(t *testing.T) {
		f := open(t)
		if f.Break == nil {
			t.Skip("this provider depends on nothing")
		}
		f.signIn(t)
		session := f.Session(t)
		f.Break()
		defer f.Mend()
		if verdict, err := f.Provider.Recheck(t.Context(), session); err == nil {
			t.Fatalf("recheck said %q without being able to know", verdict)
		}
		if f.Request != nil {
			if identity, err := f.Provider.Identify(t.Context(), f.Request(t)); identity != nil || err == nil || fault.Is(err, fault.Unauthenticated) {
				t.Fatalf("identify said %v, %v without being able to know", identity, err)
			}
		}
	})
	t.Run("signs out more than once", func(t *testing.T) {
		f := open(t)
		f.signIn(t)
		session := f.Session(t)
		for range 2 {
			if _, err := f.Provider.SignOut(t.Context(), session); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("gives up when nobody waits any more", func(t *testing.T) {
		f := open(t)
		if f.Request == nil {
			t.Skip("this provider reads no requests")
		}
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		if identity, err := f.Provider.Identify(ctx, f.Request(t)); err == nil && identity == nil {
			t.Fatal("a request with credentials was left to others")
		}
	})
}

func refusesWrong(t *testing.T, open func(t *testing.T) ProviderFixture) {
	f := open(t)
	if p, ok := f.Provider.(account.PasswordProvider); ok {
		var words []string
		for _, c := range [][2]string{{f.Email, f.Secret + "x"}, {"nobody-" + f.Email, f.Secret}, {"", ""}, {f.Email, ""}, {"'; --", f.Secret}} {
			identity, err := p.Authenticate(t.Context(), c[0], c[1])
			if identity != nil || !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%q with %q: got %v, %v", c[0], c[1], identity, err)
				continue
			}
			var refused *fault.Error
			if errors.As(err, &refused) {
				words = append(words, refused.Message)
			}
		}
		for _, w := range words {
			if w != words[0] {
				t.Errorf("refused with %q and with %q", words[0], w)
			}
		}
	}
	for what, request := range f.Wrong {
		identity, err := f.Provider.Identify(t.Context(), request(t))
		if identity != nil || !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: got %v, %v; want an Unauthenticated fault", what, identity, err)
		}
	}
}

func (f ProviderFixture) signIn(t testing.TB) account.Identity {
	t.Helper()
	var identity *account.Identity
	var err error
	if p, ok := f.Provider.(account.PasswordProvider); ok {
		identity, err = p.Authenticate(t.Context(), f.Email, f.Secret)
	} else {
		identity, err = f.Provider.Identify(t.Context(), f.Request(t))
	}
	if err != nil {
		t.Fatal(err)
	}
	if identity == nil {
		t.Fatal("the credentials were not recognised")
	}
	return *identity
}
