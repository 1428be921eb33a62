package account_test

import (
	"strings"
	"testing"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/fault"
)

func ptr(s string) *string { return &s }

func TestAProfileIsChangedFieldByFieldAndSeenAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		w.resolve(owner.Token)
		w.must(w.svc.UpdateProfile(w.ctx(), owner.Session, account.Profile{Locale: ptr("pt-BR"), TimeZone: ptr(" Europe/Lisbon ")}))
		s := w.resolve(owner.Token)
		if s.DisplayName != "Olive Owner" || s.Locale != "pt-BR" || s.TimeZone != "Europe/Lisbon" {
			t.Fatalf("session %+v", s)
		}
		w.must(w.svc.UpdateProfile(w.ctx(), owner.Session, account.Profile{DisplayName: ptr("Olive O’Hara"), Locale: ptr("")}))
		if s := w.resolve(owner.Token); s.DisplayName != "Olive O’Hara" || s.Locale != "" || s.TimeZone != "Europe/Lisbon" {
			t.Fatalf("session %+v", s)
		}
		err := w.svc.UpdateProfile(w.ctx(), owner.Session, account.Profile{DisplayName: ptr("\u200b "), Locale: ptr("../etc"), TimeZone: ptr("Mars/Base")})
		if f := fieldsOf(t, err); len(f) != 3 {
			t.Fatalf("fields %v", f)
		}
		w.refused(w.svc.UpdateProfile(w.ctx(), nil, account.Profile{}), fault.Unauthenticated)
	})
}

func TestTheCallersProfileIsNotChangedInPlace(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		name := "  spaced  "
		w.must(w.svc.UpdateProfile(w.ctx(), owner.Session, account.Profile{DisplayName: &name}))
		if name != "  spaced  " {
			t.Fatalf("the caller's text became %q", name)
		}
	})
}

func TestEmailAddresses(t *testing.T) {
	for _, good := range []string{"a@b", "owner@localhost", "first.last+tag@sub.example.org", "élan@exämple.org", " spaced@example.org ", "o'hara@example.org", strings.Repeat("a", 64) + "@example.org"} {
		if got, err := account.CheckEmail(good); err != nil || got != strings.TrimSpace(good) {
			t.Errorf("%q: %q, %v", good, got, err)
		}
	}
	for _, bad := range []string{"", " ", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", "a@-b", "a@b-", "a@b..c", "a@.b", "a@b.", "<a@b>", "A <a@b>", `"a"@b`, "a@[127.0.0.1]",
		"a\x00@b", "a@b\x00", "a@b\r\nBcc: x@y", "a\u2028@b", "\xff@b", strings.Repeat("a", 65) + "@b", "a@" + strings.Repeat("b", 64), "a@" + strings.Repeat("b.", 160)} {
		if got, err := account.CheckEmail(bad); err == nil {
			t.Errorf("%q was taken for %q", bad, got)
		}
	}
}

func TestLocalesAndZones(t *testing.T) {
	for _, good := range []string{"", "en", "pt-BR", "zh-Hant-TW", "de-CH-1996", "gsw"} {
		if _, err := account.CheckLocale(good); err != nil {
			t.Errorf("locale %q: %v", good, err)
		}
	}
	for _, bad := range []string{"e", "english", "en_US", "en-", "-en", "en--US", "../en", "en\x00", "en US", strings.Repeat("en-", 20) + "x"} {
		if _, err := account.CheckLocale(bad); err == nil {
			t.Errorf("locale %q was taken", bad)
		}
	}
	for _, good := range []string{"", "UTC", "Europe/Lisbon", "America/Argentina/Ushuaia", "Etc/GMT+3"} {
		if _, err := account.CheckZone(good); err != nil {
			t.Errorf("zone %q: %v", good, err)
		}
	}
	for _, bad := range []string{"Local", "../../etc/passwd", "/etc/localtime", "Mars/Base", "UTC\x00", "Europe\\Lisbon", "+01:00", strings.Repeat("a", 65)} {
		if _, err := account.CheckZone(bad); err == nil {
			t.Errorf("zone %q was taken", bad)
		}
	}
}

func FuzzEmail(f *testing.F) {
	for _, s := range []string{"a@b", "first.last@example.org", "\xff@b", "a@b\x00", "a@é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := account.CheckEmail(s)
		if err != nil {
			return
		}
		again, err := account.CheckEmail(got)
		if err != nil || again != got {
			t.Fatalf("%q became %q, and that %q, %v", s, got, again, err)
		}
		if strings.Count(got, "@") != 1 || strings.ContainsAny(got, "\x00\r\n\t <>\"") {
			t.Fatalf("%q was taken", got)
		}
	})
}

func FuzzToken(f *testing.F) {
	f.Add(account.NewSecret())
	f.Add("or3_pat_x")
	f.Fuzz(func(t *testing.T, s string) {
		if account.IsSecret(s) && (len(s) != 43 || strings.ContainsFunc(s, func(r rune) bool { return r > 127 })) {
			t.Fatalf("%q was taken for a token", s)
		}
	})
}
