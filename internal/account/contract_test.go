package account_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/account/accounttest"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

func TestTheLocalProviderKeepsTheContract(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		w := newWorld(t, d)
		w.setUp()
		n := 0
		accounttest.Provider(t, func(t *testing.T) accounttest.ProviderFixture {
			n++
			email := strings.Repeat("a", n) + "@example.org"
			added, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: email, DisplayName: "A", Password: password})
			w.must(err)
			return accounttest.ProviderFixture{
				Provider: w.svc.Provider(), Email: email, Secret: password,
				Session: func(testing.TB) account.ForeignSession {
					return account.ForeignSession{Provider: account.LocalID, Key: added.User.ID, UserID: added.User.ID}
				},
				Remove: func(t testing.TB) { w.must(w.svc.DisableUser(t.Context(), account.Operator(), added.User.ID)) },
			}
		})
	})
}

func TestAJWTProviderKeepsTheContract(t *testing.T) {
	accounttest.Provider(t, func(t *testing.T) accounttest.ProviderFixture {
		j := accounttest.NewJWT(nil)
		return accounttest.ProviderFixture{
			Provider: j.Provider(), Email: "ada@example.org",
			Request: func(t testing.TB) *http.Request {
				return accounttest.Request(j.Sign(t, j.ClaimsOf("ada", "ada@example.org")))
			},
			Wrong: j.WrongTokens("ada", "ada@example.org"),
			Session: func(testing.TB) account.ForeignSession {
				return account.ForeignSession{Provider: accounttest.JWTID, Key: j.Issuer + " ada"}
			},
			Remove: func(testing.TB) { j.Remove("ada") },
			Break:  func() { j.SetDown(true) },
			Mend:   func() { j.SetDown(false) },
		}
	})
}

func TestTheGatewayBrokerKeepsTheContract(t *testing.T) {
	accounttest.TokenBroker(t, func(t *testing.T) accounttest.BrokerFixture {
		return accounttest.BrokerFixture{Broker: account.Gateway{}, Now: time.Now}
	})
}

func TestABrokerOfDirectTokensKeepsTheContract(t *testing.T) {
	accounttest.TokenBroker(t, func(t *testing.T) accounttest.BrokerFixture {
		j := accounttest.NewJWT(newClock().Now)
		return accounttest.BrokerFixture{Broker: j.Broker(), Direct: accounttest.DirectBackend, Now: j.Now, Subject: j.Subject}
	})
}

func TestTheStoreKeepsTheContract(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		accounttest.WorkspaceStore(t, func(t *testing.T) accounttest.StoreFixture {
			if strings.HasPrefix(url, "postgres") {
				url = dbtest.PostgresURL(t)
			} else {
				url = dbtest.SQLiteURL(t)
			}
			w := newWorld(t, dbtest.Open(t, url))
			owner := w.setUp()
			return accounttest.StoreFixture{
				Store: w.svc.Store(),
				Invite: func(t testing.TB, email string, role policies.Role) (string, string) {
					return w.invite(owner.Session.WorkspaceID, email, role, owner.Session.UserID), owner.Session.WorkspaceID
				},
				Disable: func(t testing.TB, userID string) {
					at := w.clock.Now().UnixMilli()
					w.write(func(ctx context.Context, tx bun.Tx) error { return db.SetUserDisabled(ctx, tx, userID, &at) })
				},
			}
		})
	})
}

func TestAnUnknownProviderIsRefusedByName(t *testing.T) {
	_, err := account.Providers(nil, nil).Get("clerk")
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "clerk") || !strings.Contains(err.Error(), "local") {
		t.Fatalf("got %v; want words that name clerk and local", err)
	}
	if _, err := account.Brokers().Get("convex"); err == nil {
		t.Fatal("a broker that is not built in was found")
	}
	if _, err := account.Stores(account.StoreOptions{}).Get("builtin"); err != nil {
		t.Fatal(err)
	}
}

func TestARegistryMakesEachProviderOnceAndRefusesTwins(t *testing.T) {
	r := account.NewRegistry[*int]("auth.provider")
	made := 0
	r.Register("one", func() (*int, error) { made++; return &made, nil })
	for range 3 {
		if _, err := r.Get("one"); err != nil {
			t.Fatal(err)
		}
	}
	if ids := r.IDs(); made != 1 || len(ids) != 1 || ids[0] != "one" {
		t.Fatalf("made %d times, ids %v", made, ids)
	}
	defer func() {
		if recover() == nil {
			t.Fatal("the same id was registered twice")
		}
	}()
	r.Register("one", func() (*int, error) { return nil, nil })
}
