package account_test

import (
	"testing"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

const another = "another long secret"

func TestANewPasswordEndsEverythingElse(t *testing.T) {
	for _, keep := range []bool{false, true} {
		each(t, func(t *testing.T, w *world, owner account.Signed) {
			elsewhere := w.signIn("owner@example.org", password)
			plain, _, err := w.svc.CreateToken(w.ctx(), owner.Session, account.NewToken{})
			w.must(err)
			ed := w.join("ed@example.org", "", policies.Editor)

			signed, err := w.svc.ChangePassword(w.ctx(), owner.Session, account.ChangePassword{Current: password, New: another, KeepTokens: keep})
			w.must(err)
			if signed.Token == owner.Token || signed.Session.ID != owner.Session.ID {
				t.Fatal("the session did not get a new token")
			}
			w.gone(owner.Token) // at once: no time of grace
			w.gone(elsewhere.Token)
			w.resolve(signed.Token)
			w.resolve(ed.Token)
			if got := w.bearer(plain) != nil; got != keep {
				t.Fatalf("token lives: %v, want %v", got, keep)
			}
			_, err = w.svc.SignIn(w.ctx(), account.Credentials{Email: "owner@example.org", Password: password})
			w.refused(err, fault.Unauthenticated)
			w.signIn("owner@example.org", another)
			if w.recorded(account.ActChangePassword, audit.Allowed) != 1 {
				t.Fatal("the audit log does not know")
			}
		})
	}
}

func TestChangingAPasswordNeedsThePresentOneAndASoundNewOne(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		change := func(current, fresh string) error {
			_, err := w.svc.ChangePassword(w.ctx(), owner.Session, account.ChangePassword{Current: current, New: fresh})
			return err
		}
		if f := fieldsOf(t, change("wrong", another)); f["current_password"] == "" {
			t.Errorf("fields %v", f)
		}
		for _, weak := range []string{"", "short", "password1", "owner@example.org"} {
			if f := fieldsOf(t, change(password, weak)); f["new_password"] == "" {
				t.Errorf("%q: fields %v", weak, f)
			}
			w.clock.pass(time.Hour)
		}
		w.resolve(owner.Token)
		_, err := w.svc.ChangePassword(w.ctx(), nil, account.ChangePassword{})
		w.refused(err, fault.Unauthenticated)
	})
}

func TestGuessingThePresentPasswordIsSlowed(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		errs := together(20, func(int) error {
			_, err := w.svc.ChangePassword(w.ctx(), owner.Session, account.ChangePassword{Current: "guess", New: another})
			return err
		})
		tried := 0
		for _, err := range errs {
			if fault.Is(err, fault.Invalid) {
				tried++
			} else {
				w.refused(err, fault.RateLimited)
			}
		}
		if tried != 5 {
			t.Fatalf("%d tried, want 5", tried)
		}
		w.signIn("owner@example.org", password) // which it does not touch
	})
}

func TestOfTwoPasswordChangesAtOnceOneHolds(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		second := w.signIn("owner@example.org", password)
		sessions := []*policies.Session{owner.Session, second.Session}
		fresh := []string{"the first new secret", "the second new secret"}
		errs := together(2, func(i int) error {
			_, err := w.svc.ChangePassword(w.ctx(), sessions[i], account.ChangePassword{Current: password, New: fresh[i]})
			return err
		})
		if n := successes(errs); n != 1 {
			t.Fatalf("%d changes: %v", n, errs)
		}
		for i, err := range errs {
			if err == nil {
				w.signIn("owner@example.org", fresh[i])
			}
		}
	})
}

func TestASettingOfAPasswordEndsAllSessionsAndTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		ed := w.join("ed@example.org", "", policies.Editor)
		plain, _, err := w.svc.CreateToken(w.ctx(), ed.Session, account.NewToken{})
		w.must(err)
		w.must(w.svc.SetPassword(w.ctx(), owner.Session, ed.Session.UserID, another))
		w.gone(ed.Token)
		if w.bearer(plain) != nil {
			t.Fatal("the token lives")
		}
		w.signIn("ed@example.org", another)
		w.refused(w.svc.SetPassword(w.ctx(), owner.Session, "nobody", another), fault.NotFound)
		if f := fieldsOf(t, w.svc.SetPassword(w.ctx(), owner.Session, ed.Session.UserID, "short")); f["password"] == "" {
			t.Errorf("fields %v", f)
		}
	})
}
