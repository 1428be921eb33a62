package account_test

import (
	"testing"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/account/accounttest"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// eachJWT is a deployment whose people sign in at the JWT test provider. The
// first owner was added at the command line.
func eachJWT(t *testing.T, mode string, test func(t *testing.T, w *world, j *accounttest.JWT)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := accounttest.NewJWT(nil)
		w := newWorld(t, d, registration(mode), func(o *account.Options) { o.Provider, o.Broker = j.Provider(), j.Broker() })
		j.Now = w.clock.Now
		_, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "owner@example.org", DisplayName: "Olive", Password: password, Workspace: "Home"})
		w.must(err)
		test(t, w, j)
	})
}

func TestAForeignCredentialBecomesASessionOfOurs(t *testing.T) {
	eachJWT(t, account.Open, func(t *testing.T, w *world, j *accounttest.JWT) {
		signed, err := w.svc.Exchange(w.ctx(), accounttest.Request(j.Sign(t, j.ClaimsOf("ada", "ada@example.org"))), "", "")
		w.must(err)
		s := w.resolve(signed.Token)
		if s.Provider != accounttest.JWTID || s.ProviderUserID != j.Issuer+" ada" || s.Email != "ada@example.org" || s.WorkspaceID == "" {
			t.Fatalf("session %+v", s)
		}
		again, err := w.svc.Exchange(w.ctx(), accounttest.Request(j.Sign(t, j.ClaimsOf("ada", "new-address@example.org"))), "", signed.Token)
		w.must(err)
		if again.Session.UserID != s.UserID {
			t.Fatal("the same subject became another person")
		}
		w.gone(signed.Token)
		if token, err := w.svc.Broker().ProviderToken(t.Context(), again.Session, account.TokenRequest{Provider: accounttest.DirectBackend}); token == nil || err != nil {
			t.Fatalf("no direct token: %v", err)
		}
		if redirect, err := w.svc.SignOut(w.ctx(), again.Session); redirect != j.Issuer+"/signed-out" || err != nil || len(j.SignedOut()) != 1 {
			t.Fatalf("signed out to %q, %v", redirect, err)
		}
		w.gone(again.Token)
	})
}

func TestAWrongForeignCredentialStartsNothing(t *testing.T) {
	eachJWT(t, account.Open, func(t *testing.T, w *world, j *accounttest.JWT) {
		for what, request := range j.WrongTokens("ada", "ada@example.org") {
			if _, err := w.svc.Exchange(w.ctx(), request(t), "", ""); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%s: %v", what, err)
			}
		}
		j.SetDown(true)
		_, err := w.svc.Exchange(w.ctx(), accounttest.Request(j.Sign(t, j.ClaimsOf("ada", "ada@example.org"))), "", "")
		w.refused(err, fault.Unavailable)
	})
}

func TestAnAddressAloneNeverLinksAccounts(t *testing.T) {
	eachJWT(t, account.Open, func(t *testing.T, w *world, j *accounttest.JWT) {
		_, err := w.svc.Exchange(w.ctx(), accounttest.Request(j.Sign(t, j.ClaimsOf("mallory", "OWNER@example.org"))), "", "")
		w.refused(err, fault.Conflict)
		if w.recorded(account.ActRegister, audit.Refused) != 1 {
			t.Fatal("the attempt is not in the audit log")
		}
	})
}

func TestAnUnverifiedAddressOpensNoInvite(t *testing.T) {
	eachJWT(t, account.InviteOnly, func(t *testing.T, w *world, j *accounttest.JWT) {
		owner, err := w.svc.UserByEmail(t.Context(), "owner@example.org")
		w.must(err)
		list, err := w.svc.Store().Workspaces(t.Context(), owner.ID)
		w.must(err)
		token := w.invite(list[0].ID, "ada@example.org", policies.Editor, owner.ID)
		claims := j.ClaimsOf("ada", "ada@example.org")
		claims.EmailVerified = false
		_, err = w.svc.Exchange(w.ctx(), accounttest.Request(j.Sign(t, claims)), token, "")
		w.refused(err, fault.Forbidden)
		signed, err := w.svc.Exchange(w.ctx(), accounttest.Request(j.Sign(t, j.ClaimsOf("ada", "ada@example.org"))), "", "")
		w.must(err)
		if signed.Session.WorkspaceID != list[0].ID || len(w.joined) != 1 {
			t.Fatal("the invite for the verified address was not redeemed")
		}
	})
}

func TestASessionEndsWhenItsProviderSaysSoAndNotWhenItIsDown(t *testing.T) {
	eachJWT(t, account.Open, func(t *testing.T, w *world, j *accounttest.JWT) {
		svc := w.service(func(o *account.Options) { o.Provider = j.Provider() })
		signed, err := svc.Exchange(w.ctx(), accounttest.Request(j.Sign(t, j.ClaimsOf("ada", "ada@example.org"))), "", "")
		w.must(err)
		look := func() *policies.Session {
			s, err := svc.Resolve(w.ctx(), signed.Token)
			w.must(err)
			svc.WaitForRechecks()
			return s
		}
		lives := func(requests int) bool {
			for range requests {
				if look() == nil {
					return false
				}
			}
			return true
		}
		if !lives(1) || j.Asked() != 0 {
			t.Fatal("the provider was asked at once")
		}
		w.clock.pass(6 * time.Minute)
		if !lives(2) || j.Asked() != 1 {
			t.Fatalf("the provider was asked %d times; want once", j.Asked())
		}
		j.Remove("ada")
		j.SetDown(true)
		w.clock.pass(6 * time.Minute)
		if !lives(2) {
			t.Fatal("an outage ended a session")
		}
		j.SetDown(false)
		w.clock.pass(6 * time.Minute)
		if !lives(1) {
			t.Fatal("asking is done in the background")
		}
		if lives(1) {
			t.Fatal("the session outlived its person")
		}
	})
}

func TestPasswordsAreRefusedWhereTheProviderHasNone(t *testing.T) {
	eachJWT(t, account.Open, func(t *testing.T, w *world, _ *accounttest.JWT) {
		_, err := w.svc.SignIn(w.ctx(), account.Credentials{Email: "owner@example.org", Password: password})
		w.refused(err, fault.Unsupported)
		_, err = w.svc.Register(w.ctx(), account.RegisterInput{Email: "x@example.org", Password: password, DisplayName: "X"})
		w.refused(err, fault.Unsupported)
	})
}
