package account_test

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

func TestNobodyRegistersBeforeSetUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, mode := range []string{account.Open, account.InviteOnly, account.Disabled} {
			w := newWorld(t, d, registration(mode))
			_, err := w.svc.Register(w.ctx(), newcomer("x@example.org", ""))
			w.refused(err, fault.Forbidden)
		}
	})
}

func newcomer(email, invite string) account.RegisterInput {
	return account.RegisterInput{Email: email, Password: password, DisplayName: "New Comer", InviteToken: invite}
}

func TestWhoMayRegister(t *testing.T) {
	for _, c := range []struct {
		mode            string
		plain, withLink fault.Kind
	}{
		{account.Open, "", ""},
		{account.InviteOnly, fault.Forbidden, ""},
		{account.Disabled, fault.Forbidden, fault.Forbidden},
	} {
		each(t, func(t *testing.T, w *world, owner account.Signed) {
			_, err := w.svc.Register(w.ctx(), newcomer("plain@example.org", ""))
			if got := fault.KindOf(err); got != c.plain {
				t.Errorf("%s without a link: %v", c.mode, err)
			}
			link := w.invite(owner.Session.WorkspaceID, "link@example.org", policies.Editor, owner.Session.UserID)
			_, err = w.svc.Register(w.ctx(), newcomer("link@example.org", link))
			if got := fault.KindOf(err); got != c.withLink {
				t.Errorf("%s with a link: %v", c.mode, err)
			}
		}, registration(c.mode))
	}
}

func TestRegisteringMakesAPersonAndTheirWorkspaceOrTakesTheInvites(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		plain, err := w.svc.Register(w.ctx(), newcomer("plain@example.org", ""))
		w.must(err)
		list, err := w.svc.Store().Workspaces(t.Context(), plain.Session.UserID)
		w.must(err)
		if len(list) != 1 || list[0].Name != "My Workspace" || list[0].Role != policies.Owner || plain.Session.WorkspaceID != list[0].ID {
			t.Fatalf("workspaces %+v", list)
		}
		link := w.invite(owner.Session.WorkspaceID, "link@example.org", policies.Viewer, owner.Session.UserID)
		linked, err := w.svc.Register(w.ctx(), newcomer("LINK@example.org", link))
		w.must(err)
		list, err = w.svc.Store().Workspaces(t.Context(), linked.Session.UserID)
		w.must(err)
		if len(list) != 1 || list[0].ID != owner.Session.WorkspaceID || list[0].Role != policies.Viewer {
			t.Fatalf("workspaces %+v", list)
		}
		if len(w.joined) != 1 || w.joined[0].UserID != linked.Session.UserID || w.joined[0].Actor.ID != linked.Session.UserID {
			t.Fatalf("joined %+v", w.joined)
		}
		if w.recorded(account.ActRegister, audit.Allowed) != 2 || w.recorded(account.ActJoin, audit.Allowed) != 1 {
			t.Fatal("the audit log does not know")
		}
		w.signIn("plain@example.org", password)
	})
}

func TestATakenAddressIsAConflict(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ account.Signed) {
		_, err := w.svc.Register(w.ctx(), newcomer("Owner@Example.org", ""))
		w.refused(err, fault.Conflict)
		errs := together(10, func(int) error {
			_, err := w.svc.Register(w.ctx(), newcomer("twice@example.org", ""))
			return err
		})
		if n := successes(errs); n != 1 {
			t.Fatalf("%d people have one address: %v", n, errs)
		}
		var spaces int
		w.must(w.db.RawReader().QueryRow(`SELECT count(*) FROM workspaces`).Scan(&spaces))
		if spaces != 2 {
			t.Fatalf("%d workspaces, want home and one more", spaces)
		}
	})
}

func TestAnInviteIsRedeemedOnceByFiftyAtOnce(t *testing.T) {
	t.Run("registering", func(t *testing.T) {
		each(t, func(t *testing.T, w *world, owner account.Signed) {
			link := w.invite(owner.Session.WorkspaceID, "link@example.org", policies.Editor, owner.Session.UserID)
			errs := together(50, func(int) error {
				_, err := w.svc.Register(w.ctx(), newcomer("link@example.org", link))
				return err
			})
			w.wonOnce(errs, owner.Session.WorkspaceID, 2)
		}, registration(account.InviteOnly))
	})
	t.Run("accepting", func(t *testing.T) {
		each(t, func(t *testing.T, w *world, owner account.Signed) {
			guest, err := w.svc.Register(w.ctx(), newcomer("guest@example.org", ""))
			w.must(err)
			link := w.invite(owner.Session.WorkspaceID, "guest@example.org", policies.Editor, owner.Session.UserID)
			errs := together(50, func(int) error {
				_, err := w.svc.AcceptInvite(w.ctx(), guest.Session, link)
				return err
			})
			w.wonOnce(errs, owner.Session.WorkspaceID, 2)
			if s := w.resolve(guest.Token); s.WorkspaceID != owner.Session.WorkspaceID {
				t.Fatal("the session is still elsewhere")
			}
		})
	})
}

func (w *world) wonOnce(errs []error, workspaceID string, members int) {
	w.t.Helper()
	if n := successes(errs); n != 1 {
		w.t.Fatalf("%d redemptions won: %v", n, errs)
	}
	for _, err := range errs {
		if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Unavailable) {
			w.t.Errorf("lost with %v", err)
		}
	}
	var n int
	w.must(w.db.Read().NewRaw(`SELECT count(*) FROM members WHERE workspace_id = ?`, workspaceID).Scan(w.t.Context(), &n))
	if n != members {
		w.t.Fatalf("%d members, want %d", n, members)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.joined) != 1 {
		w.t.Fatalf("%d hooks", len(w.joined))
	}
}

func TestAnInviteThatOpensNothingIsAlwaysTheSameNotFound(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		home := owner.Session.WorkspaceID
		guest, err := w.svc.Register(w.ctx(), newcomer("guest@example.org", ""))
		w.must(err)
		used := w.invite(home, "guest@example.org", policies.Viewer, owner.Session.UserID)
		_, err = w.svc.AcceptInvite(w.ctx(), guest.Session, used)
		w.must(err)
		revoked := w.invite(home, "guest@example.org", policies.Viewer, owner.Session.UserID)
		old := w.invite(home, "guest@example.org", policies.Viewer, owner.Session.UserID)
		w.write(func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`UPDATE invites SET revoked_at = 1 WHERE token_hash = ?`, db.SecretHash(revoked)).Exec(ctx)
			return err
		})
		w.write(func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`UPDATE invites SET expires_at = ? WHERE token_hash = ?`, w.clock.Now().UnixMilli(), db.SecretHash(old)).Exec(ctx)
			return err
		})
		space, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "owner@example.org", Workspace: "Doomed"})
		w.must(err)
		doomed := w.invite(space.WorkspaceID, "guest@example.org", policies.Viewer, owner.Session.UserID)
		now := w.clock.Now().UnixMilli()
		w.write(func(ctx context.Context, tx bun.Tx) error {
			return db.SetWorkspaceDeleted(ctx, tx, space.WorkspaceID, &now, &owner.Session.UserID)
		})
		for what, token := range map[string]string{"used": used, "revoked": revoked, "old": old, "to a deleted workspace": doomed, "made up": account.NewSecret(), "empty": ""} {
			if _, err := w.svc.PeekInvite(t.Context(), token); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: peek says %v", what, err)
			}
			if _, err := w.svc.AcceptInvite(w.ctx(), guest.Session, token); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: accept says %v", what, err)
			}
			if token == "" {
				continue
			}
			if _, err := w.svc.Register(w.ctx(), newcomer("other@example.org", token)); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: register says %v", what, err)
			}
		}
	})
}

func TestAnInviteIsBoundToItsAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		guest, err := w.svc.Register(w.ctx(), newcomer("guest@example.org", ""))
		w.must(err)
		link := w.invite(owner.Session.WorkspaceID, "somebody@example.org", policies.Owner, owner.Session.UserID)
		_, err = w.svc.AcceptInvite(w.ctx(), guest.Session, link)
		w.refused(err, fault.Forbidden)
		_, err = w.svc.Register(w.ctx(), newcomer("thief@example.org", link))
		w.refused(err, fault.Forbidden)
		_, err = w.svc.AcceptInvite(w.ctx(), nil, link)
		w.refused(err, fault.Unauthenticated)
		if w.recorded(account.ActJoin, audit.Refused) != 1 {
			t.Fatal("the attempt is not in the audit log")
		}
		view, err := w.svc.PeekInvite(t.Context(), link)
		w.must(err)
		if view.WorkspaceName != "Home" || view.Email != "somebody@example.org" || view.Role != policies.Owner || view.InvitedBy != "Olive Owner" || view.HasAccount {
			t.Fatalf("view %+v", view)
		}
		_, err = w.svc.Register(w.ctx(), newcomer("somebody@example.org", link))
		w.must(err)
	})
}

func TestAnInviteDoesNotTellWhoHasAnAccount(t *testing.T) {
	each(t, func(_ *testing.T, w *world, owner account.Signed) {
		link := w.invite(owner.Session.WorkspaceID, "link@example.org", policies.Viewer, owner.Session.UserID)
		_, known := w.svc.Register(w.ctx(), newcomer(owner.Session.Email, link))
		w.refused(known, fault.Forbidden)
		_, unknown := w.svc.Register(w.ctx(), newcomer("nobody@example.org", link))
		w.refused(unknown, fault.Forbidden)
		if known.Error() != unknown.Error() {
			w.t.Errorf("with an account %q, without one %q", known, unknown)
		}
		_, err := w.svc.Register(w.ctx(), newcomer("link@example.org", link))
		w.must(err)
	})
}

func TestAnInviteRaisesAMembersRoleAndNeverLowersIt(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		home := owner.Session.WorkspaceID
		ed := w.join("ed@example.org", "", policies.Editor)
		role := func() policies.Role {
			r, err := w.svc.Store().WorkspaceRole(t.Context(), ed.Session.UserID, home)
			w.must(err)
			return r
		}
		_, err := w.svc.AcceptInvite(w.ctx(), ed.Session, w.invite(home, "ed@example.org", policies.Viewer, ""))
		w.must(err)
		if role() != policies.Editor {
			t.Fatal("an invite took a right away")
		}
		w.clock.pass(time.Minute)
		_, err = w.svc.AcceptInvite(w.ctx(), ed.Session, w.invite(home, "ed@example.org", policies.Owner, ""))
		w.must(err)
		if role() != policies.Owner {
			t.Fatal("an invite gave nothing")
		}
		if _, fresh, err := w.svc.Refresh(w.ctx(), ed.Token); fresh == "" || err != nil {
			t.Fatalf("grown rights kept the token: %v", err)
		}
	})
}

func TestSomebodyAddedWithoutAWorkspaceGetsTheirsAtFirstSignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		_, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "solo@example.org", DisplayName: "Solo", Password: password})
		w.must(err)
		errs := together(8, func(int) error {
			_, err := w.svc.SignIn(w.ctx(), account.Credentials{Email: "solo@example.org", Password: password})
			return err
		})
		if successes(errs) != len(errs) {
			t.Fatal(errs)
		}
		solo := w.signIn("solo@example.org", password)
		list, err := w.svc.Store().Workspaces(t.Context(), solo.Session.UserID)
		w.must(err)
		if len(list) != 1 || list[0].Name != "My Workspace" {
			t.Fatalf("workspaces %+v", list)
		}
	})
}

func TestAnInviteInHandAtSignInSavesTheWorkspaceOfOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		_, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "solo@example.org", DisplayName: "Solo", Password: password})
		w.must(err)
		link := w.invite(owner.Session.WorkspaceID, "solo@example.org", policies.Editor, owner.Session.UserID)
		for range 2 { // the second time the invite opens nothing, and keeps nobody out
			signed, err := w.svc.SignIn(w.ctx(), account.Credentials{Email: "solo@example.org", Password: password, InviteToken: link})
			w.must(err)
			if signed.Session.WorkspaceID != owner.Session.WorkspaceID {
				t.Fatal("the invite was not redeemed")
			}
		}
		var spaces int
		w.must(w.db.RawReader().QueryRow(`SELECT count(*) FROM workspaces`).Scan(&spaces))
		if spaces != 1 {
			t.Fatalf("%d workspaces", spaces)
		}
	})
}
