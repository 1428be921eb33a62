package account_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

func TestSignInTellsNothingAboutWhatWasWrong(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		ed := w.join("ed@example.org", "", policies.Editor)
		w.must(w.svc.DisableUser(w.ctx(), account.Operator(), ed.Session.UserID))
		var said []string
		for what, c := range map[string]account.Credentials{
			"wrong password":  {Email: "owner@example.org", Password: "not the password"},
			"unknown address": {Email: "nobody@example.org", Password: password},
			"disabled person": {Email: "ed@example.org", Password: password},
			"empty":           {},
			"no address":      {Email: "\x00' OR 1=1", Password: password},
			"huge":            {Email: string(make([]byte, 1<<16)), Password: string(make([]byte, 1<<16))},
		} {
			_, err := w.svc.SignIn(w.from("192.0.2.99"), c)
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Unauthenticated || f.Fields != nil {
				t.Errorf("%s: %v", what, err)
				continue
			}
			said = append(said, f.Message)
		}
		if len(slices.Compact(said)) != 1 {
			t.Errorf("said %q", said)
		}
		if n := w.recorded(account.ActSignIn, audit.Refused); n != 6 {
			t.Errorf("%d refusals in the audit log, want 6", n)
		}
	})
}

// The time is equal because the work is: one hash of the usual cost, also for
// an address nobody has. While no hash can be computed, no answer is given.
func TestSignInWorksAsHardForAnAddressNobodyHas(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		passwords := account.NewPasswords(cheap)
		local := account.NewLocal(w.db, passwords)
		if cost := passwords.NobodysCost(); cost != cheap {
			t.Fatalf("nobody's hash costs %+v", cost)
		}
		free := passwords.Occupy(t)
		for _, email := range []string{"owner@example.org", "nobody@example.org", "no address"} {
			ctx, cancel := context.WithCancel(t.Context())
			answered := make(chan error, 1)
			go func() {
				_, err := local.Authenticate(ctx, email, "wrong")
				answered <- err
			}()
			passwords.AwaitWaiting()
			cancel()
			if err := <-answered; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: answered %v without a hash", email, err)
			}
		}
		free()
		for _, email := range []string{"owner@example.org", "nobody@example.org"} {
			if _, err := local.Authenticate(t.Context(), email, "wrong"); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%s: %v", email, err)
			}
		}
	})
}

func TestSignInAcceptsAnySpellingOfTheAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		s := w.signIn("  OWNER@Example.ORG ", password)
		if s.Session.UserID != owner.Session.UserID || s.Session.Email != "owner@example.org" {
			t.Fatalf("signed in as %+v", s.Session)
		}
	})
}

func TestAPlantedSessionTokenIsNeverTakenOver(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		mallory := w.join("mallory@example.org", "", policies.Viewer)
		// Mallory's own token is planted in the victim's browser.
		signed, err := w.svc.SignIn(w.ctx(), account.Credentials{Email: "owner@example.org", Password: password, OldToken: mallory.Token})
		w.must(err)
		if signed.Token == mallory.Token {
			t.Fatal("the planted token became the victim's session")
		}
		w.gone(mallory.Token)

		planted := account.NewSecret() // a token nobody has
		signed, err = w.svc.SignIn(w.ctx(), account.Credentials{Email: "owner@example.org", Password: password, OldToken: planted})
		w.must(err)
		if signed.Token == planted {
			t.Fatal("a made-up token became a session")
		}
		w.gone(planted)
		w.resolve(owner.Token) // other devices stay
	})
}

func TestSignOutEndsTheSessionEverywhereAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		other := w.signIn("owner@example.org", password)
		w.resolve(owner.Token)
		for range 2 {
			_, err := w.svc.SignOut(w.ctx(), owner.Session)
			w.must(err)
		}
		w.gone(owner.Token)
		w.resolve(other.Token)
		_, err := w.svc.SignOut(w.ctx(), nil)
		w.must(err)
	})
}

func TestGuessingIsSlowedAndTheRightPasswordStillWorksLater(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ account.Signed) {
		attacker := w.from("198.51.100.7")
		guess := func() error {
			_, err := w.svc.SignIn(attacker, account.Credentials{Email: "owner@example.org", Password: "guess"})
			return err
		}
		for i := range 5 {
			if err := guess(); !fault.Is(err, fault.Unauthenticated) {
				t.Fatalf("guess %d: %v", i+1, err)
			}
		}
		var f *fault.Error
		if err := guess(); !errors.As(err, &f) || f.Kind != fault.RateLimited || f.Retry <= 0 || f.Retry > time.Minute {
			t.Fatalf("guess 6: %+v", f)
		}
		guessed := 0
		for range 2 * 60 {
			w.clock.pass(time.Minute)
			if err := guess(); fault.Is(err, fault.Unauthenticated) {
				guessed++
			}
		}
		// Five minutes between guesses at the end: 24 in two hours, and some while
		// the waits were still growing.
		if guessed > 35 {
			t.Errorf("%d guesses in two hours", guessed)
		}
		w.clock.pass(5 * time.Minute)
		_, err := w.svc.SignIn(attacker, account.Credentials{Email: "owner@example.org", Password: password})
		w.must(err)
	})
}

func TestParallelGuessesCannotOvershoot(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ account.Signed) {
		errs := together(40, func(int) error {
			_, err := w.svc.SignIn(w.from("198.51.100.7"), account.Credentials{Email: "owner@example.org", Password: "guess"})
			return err
		})
		tried := 0
		for _, err := range errs {
			if fault.Is(err, fault.Unauthenticated) {
				tried++
			} else if !fault.Is(err, fault.RateLimited) {
				t.Error(err)
			}
		}
		if tried != 5 {
			t.Errorf("%d passwords were tried at once, want 5", tried)
		}
	})
}

func TestAnAttackElsewhereDoesNotLockThePersonOut(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ account.Signed) {
		home := w.from("203.0.113.5")
		signIn := func() error {
			_, err := w.svc.SignIn(home, account.Credentials{Email: "owner@example.org", Password: password})
			return err
		}
		w.must(signIn()) // from now on the address is known
		refused := 0
		for i := range 200 {
			ip := "198.51.100." + string(rune('0'+i%10)) + string(rune('0'+i/10%10))
			if _, err := w.svc.SignIn(w.from(ip), account.Credentials{Email: "owner@example.org", Password: "guess"}); fault.Is(err, fault.RateLimited) {
				refused++
			}
		}
		if refused == 0 {
			t.Error("200 guesses from many addresses were not slowed")
		}
		w.must(signIn())
		// Somewhere new they wait, but not for long.
		away := func() error {
			_, err := w.svc.SignIn(w.from("203.0.113.77"), account.Credentials{Email: "owner@example.org", Password: password})
			return err
		}
		w.refused(away(), fault.RateLimited)
		w.clock.pass(time.Minute)
		w.must(away())
	})
}

// Who never stops guessing leaves no moment in which somebody in a new place
// could sign in: the browser they signed in with before has a way through.
func TestABrowserThatIsKnownSignsInWhileTheAccountIsUnderAttack(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ account.Signed) {
		attack := func() {
			for i := range 60 {
				ip := "198.51.100." + string(rune('0'+i%10)) + string(rune('0'+i/10))
				_, _ = w.svc.SignIn(w.from(ip), account.Credentials{Email: "owner@example.org", Password: "guess"})
			}
		}
		first, err := w.svc.SignIn(w.from("203.0.113.5"), account.Credentials{Email: "owner@example.org", Password: password})
		w.must(err)
		if first.Device == "" {
			t.Fatal("the browser was given nothing to be known by")
		}
		signIn := func(ip, email, password, device string) (account.Signed, error) {
			return w.svc.SignIn(w.from(ip), account.Credentials{Email: email, Password: password, Device: device})
		}
		attack()
		_, err = signIn("203.0.113.77", "owner@example.org", password, account.NewSecret())
		w.refused(err, fault.RateLimited) // made up
		signed, err := signIn("203.0.113.77", "owner@example.org", password, first.Device)
		w.must(err)
		if signed.Device != first.Device {
			t.Error("the browser is known by something else each time")
		}
		// It opens no other account, and does not make guessing any faster.
		w.join("mallory@example.org", "", policies.Viewer)
		mallorys, err := signIn("198.51.100.9", "mallory@example.org", password, first.Device)
		w.must(err)
		if mallorys.Device == first.Device {
			t.Error("somebody else's is taken over")
		}
		attack()
		_, err = signIn("203.0.113.78", "owner@example.org", password, mallorys.Device)
		w.refused(err, fault.RateLimited)
		for range 5 {
			_, err = signIn("203.0.113.79", "owner@example.org", "guess", first.Device)
			w.refused(err, fault.Unauthenticated)
		}
		_, err = signIn("203.0.113.79", "owner@example.org", "guess", first.Device)
		w.refused(err, fault.RateLimited)
		// After three months it is forgotten like an address.
		w.clock.pass(91 * 24 * time.Hour)
		w.must(w.svc.Sweep(t.Context()))
		attack()
		_, err = signIn("203.0.113.80", "owner@example.org", password, first.Device)
		w.refused(err, fault.RateLimited)
	})
}

func TestSigningInToOnesOwnAccountDoesNotHideGuessingOnOthers(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ account.Signed) {
		w.join("mallory@example.org", "", policies.Viewer)
		ctx := w.from("198.51.100.7")
		tried := 0
		for i := range 130 {
			email := string(rune('a'+i%26)) + string(rune('a'+i/26)) + "@example.org"
			if _, err := w.svc.SignIn(ctx, account.Credentials{Email: email, Password: "guess"}); fault.Is(err, fault.Unauthenticated) {
				tried++
			}
			if i%5 == 0 {
				_, err := w.svc.SignIn(ctx, account.Credentials{Email: "mallory@example.org", Password: password})
				if err != nil && !fault.Is(err, fault.RateLimited) {
					t.Fatal(err)
				}
			}
		}
		if tried > 101 {
			t.Errorf("%d accounts were tried from one address", tried)
		}
	})
}

func TestManyColleaguesCanSignInFromOneAddressAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ account.Signed) {
		emails := make([]string, 12)
		for i := range emails {
			emails[i] = string(rune('a'+i)) + "@example.org"
			_, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: emails[i], DisplayName: "P", Password: password, Workspace: "Home"})
			w.must(err)
		}
		errs := together(48, func(i int) error {
			email := emails[i%len(emails)]
			if i%2 == 0 {
				email = "owner@example.org" // with many devices
			}
			_, err := w.svc.SignIn(w.ctx(), account.Credentials{Email: email, Password: password})
			return err
		})
		if n := successes(errs); n != len(errs) {
			t.Errorf("%d of %d: %v", n, len(errs), errs)
		}
	})
}

func TestThrottlesNameNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ account.Signed) {
		w.signIn("owner@example.org", password)
		var keys []string
		w.must(w.db.Read().NewRaw(`SELECT key FROM throttles WHERE key LIKE '%owner%' OR key LIKE '%192.0.2%'`).Scan(t.Context(), &keys))
		if len(keys) != 0 {
			t.Errorf("the table names people: %v", keys)
		}
	})
}

func TestAnIPv6CustomerIsOneAddress(t *testing.T) {
	for in, want := range map[string]string{
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::ffff": "2001:db8:1:2::/64", "2001:db8:1:3::1": "2001:db8:1:3::/64",
		"::ffff:192.0.2.1": "192.0.2.1", "192.0.2.1": "192.0.2.1", "fe80::1%eth0": "fe80::/64", "": "", "nonsense": "nonsense",
	} {
		if got := account.Network(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
