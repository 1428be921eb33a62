package account_test

import (
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

func TestDevicesAreListedAndEndedByTheirOwnPersonOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		ed := w.join("ed@example.org", "", policies.Editor)
		w.clock.pass(time.Hour)
		second := w.signIn("owner@example.org", password)
		list, err := w.svc.Sessions(t.Context(), owner.Session.UserID)
		w.must(err)
		if len(list) != 2 || list[0].ID != second.Session.ID || list[0].IP != "192.0.2.1" || list[0].UserAgent != "Test/1.0" {
			t.Fatalf("devices %+v", list)
		}
		w.refused(w.svc.EndSession(w.ctx(), ed.Session, second.Session.ID), fault.NotFound)
		w.resolve(second.Token)
		w.must(w.svc.EndSession(w.ctx(), owner.Session, second.Session.ID))
		w.gone(second.Token)
		w.refused(w.svc.EndSession(w.ctx(), owner.Session, second.Session.ID), fault.NotFound)

		third, fourth := w.signIn("owner@example.org", password), w.signIn("owner@example.org", password)
		n, err := w.svc.EndOtherSessions(w.ctx(), owner.Session)
		w.must(err)
		if n != 2 {
			t.Fatalf("ended %d", n)
		}
		w.gone(third.Token)
		w.gone(fourth.Token)
		w.resolve(owner.Token)
		w.resolve(ed.Token)
		w.must(w.svc.EndSession(w.ctx(), owner.Session, owner.Session.ID)) // this one, too
		w.gone(owner.Token)
	})
}

func TestAnEndedSessionIsOverInAnotherProcessWithoutAskingTheDatabaseTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		other := w.service()
		if s, err := other.Resolve(w.ctx(), owner.Token); s == nil || err != nil {
			t.Fatal(s, err)
		}
		_, err := w.svc.SignOut(w.ctx(), owner.Session)
		w.must(err)
		if s, err := other.Resolve(w.ctx(), owner.Token); s != nil || err != nil {
			t.Fatalf("got %v, %v", s, err)
		}
	})
}

func TestAnAPIToken(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		ed := w.join("ed@example.org", "", policies.Editor)
		plain, made, err := w.svc.CreateToken(w.ctx(), ed.Session, account.NewToken{Name: " deploy script "})
		w.must(err)
		if !strings.HasPrefix(plain, "or3_pat_") || len(plain) != 8+43 || made.Name != "deploy script" || !strings.HasSuffix(plain, strings.TrimPrefix(made.Hint, "or3_pat_…")) {
			t.Fatalf("token %q, %+v", plain, made)
		}
		if want := w.clock.Now().Add(90 * 24 * time.Hour); !made.ExpiresAt.Equal(want) {
			t.Fatalf("ends %v, want %v", made.ExpiresAt, want)
		}
		s := w.bearer(plain)
		if s == nil || s.Kind != policies.TokenSession || s.UserID != ed.Session.UserID || s.WorkspaceID != owner.Session.WorkspaceID || s.ID != made.ID {
			t.Fatalf("session %+v", s)
		}
		var kept int
		w.must(w.db.Read().NewRaw(`SELECT count(*) FROM api_tokens WHERE token_hash = ?`, plain).Scan(t.Context(), &kept))
		if kept != 0 {
			t.Fatal("the token itself is kept")
		}
		w.clock.pass(time.Hour)
		w.bearer(plain)
		w.must(w.svc.Flush(t.Context()))
		list, err := w.svc.Tokens(t.Context(), ed.Session.UserID)
		w.must(err)
		if len(list) != 1 || list[0].LastUsedAt == nil || !list[0].LastUsedAt.Equal(w.clock.Now()) {
			t.Fatalf("tokens %+v", list)
		}
		w.refused(w.svc.RevokeToken(w.ctx(), owner.Session, made.ID), fault.NotFound) // not theirs
		w.must(w.svc.RevokeToken(w.ctx(), ed.Session, made.ID))
		if w.bearer(plain) != nil {
			t.Fatal("a revoked token works")
		}
		if w.recorded(account.ActCreateToken, audit.Allowed) != 1 || w.recorded(account.ActRevokeToken, audit.Allowed) != 1 {
			t.Fatal("the audit log does not know")
		}
	})
}

func TestAnAPITokenEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		plain, _, err := w.svc.CreateTokenFor(w.ctx(), owner.Session.UserID, account.NewToken{Name: "short", Expires: time.Hour})
		w.must(err)
		w.clock.pass(time.Hour - time.Millisecond)
		if w.bearer(plain) == nil {
			t.Fatal("it ended early")
		}
		w.clock.pass(time.Millisecond)
		if w.bearer(plain) != nil {
			t.Fatal("it did not end")
		}
		list, err := w.svc.Tokens(t.Context(), owner.Session.UserID)
		w.must(err)
		if !list[0].Expired {
			t.Fatal("the list does not say so")
		}
		for _, life := range []time.Duration{-time.Hour, time.Second, 11 * 365 * 24 * time.Hour} {
			_, _, err := w.svc.CreateTokenFor(w.ctx(), owner.Session.UserID, account.NewToken{Expires: life})
			fieldsOf(t, err)
		}
		_, _, err = w.svc.CreateTokenFor(w.ctx(), "nobody", account.NewToken{})
		w.refused(err, fault.NotFound)
	})
}

func TestAnAPITokenCannotMakeOrEndCredentials(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		plain, made, err := w.svc.CreateToken(w.ctx(), owner.Session, account.NewToken{})
		w.must(err)
		token := w.bearer(plain)
		_, _, err = w.svc.CreateToken(w.ctx(), token, account.NewToken{})
		w.refused(err, fault.Forbidden)
		w.refused(w.svc.RevokeToken(w.ctx(), token, made.ID), fault.Forbidden)
		w.refused(w.svc.EndSession(w.ctx(), token, owner.Session.ID), fault.Forbidden)
		_, err = w.svc.EndOtherSessions(w.ctx(), token)
		w.refused(err, fault.Forbidden)
		_, err = w.svc.ChangePassword(w.ctx(), token, account.ChangePassword{Current: password, New: another})
		w.refused(err, fault.Forbidden)
		w.refused(w.svc.GrantDeploymentAdmin(w.ctx(), token, owner.Session.UserID), fault.Forbidden)
		w.refused(w.svc.SetPassword(w.ctx(), token, owner.Session.UserID, another), fault.Forbidden)
		w.refused(w.svc.DisableUser(w.ctx(), token, owner.Session.UserID), fault.Forbidden)
		w.resolve(owner.Token)
	})
}

func TestATokenHasAWorkspaceOfItsOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		plain, _, err := w.svc.CreateToken(w.ctx(), owner.Session, account.NewToken{})
		w.must(err)
		w.clock.pass(time.Minute)
		added, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "owner@example.org", Workspace: "Second"})
		w.must(err)
		w.must(w.svc.SwitchWorkspace(w.ctx(), w.resolve(owner.Token), added.WorkspaceID))
		if s := w.bearer(plain); s.WorkspaceID != owner.Session.WorkspaceID {
			t.Fatal("the token followed the browser")
		}
		w.must(w.svc.SwitchWorkspace(w.ctx(), w.bearer(plain), added.WorkspaceID))
		w.must(w.svc.SwitchWorkspace(w.ctx(), w.resolve(owner.Token), owner.Session.WorkspaceID))
		if s := w.bearer(plain); s.WorkspaceID != added.WorkspaceID {
			t.Fatal("the token did not switch")
		}
	})
}

func TestTheHundredthTokenIsTheLast(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		var last string
		for range 100 {
			_, made, err := w.svc.CreateToken(w.ctx(), owner.Session, account.NewToken{Name: "many"})
			w.must(err)
			last = made.ID
		}
		_, _, err := w.svc.CreateToken(w.ctx(), owner.Session, account.NewToken{})
		w.refused(err, fault.Conflict)
		w.must(w.svc.RevokeToken(w.ctx(), owner.Session, last))
		_, _, err = w.svc.CreateToken(w.ctx(), owner.Session, account.NewToken{})
		w.must(err)
	})
}
