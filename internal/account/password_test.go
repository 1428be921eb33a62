package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

func TestPasswordsAreHashedWithArgon2idAndTheirOwnSalt(t *testing.T) {
	p := account.NewPasswords(account.DefaultCost)
	one, err := p.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	two, err := p.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=32768,t=3,p=1$") {
		t.Fatalf("%s and %s", one, two)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horse ": false, "": false, "Correct horse": false} {
		if fits, err := p.Verify(t.Context(), one, password); fits != want || err != nil {
			t.Errorf("%q fits: %v, %v", password, fits, err)
		}
	}
}

func TestWhatAPasswordMayBe(t *testing.T) {
	p := account.NewPasswords(cheap)
	for _, good := range []string{"eight ok", strings.Repeat("é", 8), strings.Repeat("x", 512), strings.Repeat("漢", 512), "  spaces  ", "pass\tword with tab"} {
		if err := p.Check("password", good, "me@example.org"); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "seven77", strings.Repeat("é", 7), strings.Repeat("x", 513), "password", "PASSWORD123", "12345678", "Qwertyuiop", "bad\xffutf8", "nul\x00nul\x00", "long-local@example.org", "LONG-LOCAL"} {
		if err := p.Check("password", bad, "long-local@example.org"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestAllCharactersOfALongPasswordCount(t *testing.T) {
	p := account.NewPasswords(cheap)
	long := strings.Repeat("漢", 512)
	hash, err := p.Hash(t.Context(), long)
	if err != nil {
		t.Fatal(err)
	}
	if fits, _ := p.Verify(t.Context(), hash, long); !fits {
		t.Error("the password does not fit its own hash")
	}
	if fits, _ := p.Verify(t.Context(), hash, strings.Repeat("漢", 511)+"x"); fits {
		t.Error("the end was cut off")
	}
}

func TestAHashOfAnotherCostIsReplacedAtSignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		hash := func() string {
			u, err := db.UserByID(t.Context(), w.db.Read(), owner.Session.UserID)
			w.must(err)
			return *u.PasswordHash
		}
		before := hash()
		dearer := w.service(func(o *account.Options) { o.Passwords = account.NewPasswords(account.Cost{Memory: 16, Passes: 2}) })
		_, err := dearer.SignIn(w.ctx(), account.Credentials{Email: "owner@example.org", Password: password})
		w.must(err)
		after := hash()
		if before == after || !strings.Contains(after, "m=16,t=2") {
			t.Fatalf("%s, then %s", before, after)
		}
		_, err = dearer.SignIn(w.ctx(), account.Credentials{Email: "owner@example.org", Password: password})
		w.must(err)
		if hash() != after {
			t.Fatal("a hash of the right cost was replaced")
		}
	})
}

func TestWaitingForAHashCanBeGivenUp(t *testing.T) {
	p := account.NewPasswords(account.Cost{Memory: 8 << 10, Passes: 8})
	ctx, cancel := context.WithCancel(t.Context())
	errs := together(10, func(i int) error {
		if i == 9 {
			cancel()
		}
		_, err := p.Hash(ctx, "some password")
		return err
	})
	gaveUp := 0
	for _, err := range errs {
		if errors.Is(err, context.Canceled) {
			gaveUp++
		}
	}
	if gaveUp == 0 {
		t.Errorf("nobody gave up: %v", errs)
	}
}

func TestAFloodOfHashesIsRefusedNotQueuedForEver(t *testing.T) {
	p := account.NewPasswords(account.Cost{Memory: 1 << 10, Passes: 4})
	errs := together(400, func(int) error {
		_, err := p.Hash(t.Context(), "some password")
		return err
	})
	for _, err := range errs {
		if err != nil && !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
	}
	if successes(errs) < 64 {
		t.Errorf("only %d got through", successes(errs))
	}
}

func TestADamagedHashIsAnErrorAndNeverAFit(t *testing.T) {
	p := account.NewPasswords(cheap)
	for _, damaged := range []string{"", "x", "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5", "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5",
		"$argon2id$v=19$m=8,t=0,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5", "$argon2id$v=19$m=8,t=1,p=1$$", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$"} {
		if fits, err := p.Verify(t.Context(), damaged, ""); fits || err == nil {
			t.Errorf("%q: %v, %v", damaged, fits, err)
		}
	}
}

func FuzzHash(f *testing.F) {
	hash, err := account.NewPasswords(cheap).Hash(f.Context(), "x")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(hash)
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5")
	f.Fuzz(func(t *testing.T, s string) {
		cost, salt, key, err := account.DecodeHash(s)
		if err == nil && (cost.Memory > 1<<20 || cost.Passes > 16 || cost.Passes == 0 || len(salt) < 8 || len(key) < 16) {
			t.Fatalf("%q was taken", s)
		}
	})
}
