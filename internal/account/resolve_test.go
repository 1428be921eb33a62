package account_test

import (
	"context"
	"encoding/base64"
	"strings"
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

func TestASessionTokenIsRandomAndKeptAsAHashOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		raw, err := base64.RawURLEncoding.DecodeString(owner.Token)
		if err != nil || len(raw) != 32 {
			t.Fatalf("token %q is not 32 bytes of base64url", owner.Token)
		}
		var kept []string
		w.must(w.db.Read().NewRaw(`SELECT token_hash FROM sessions`).Scan(t.Context(), &kept))
		if len(kept) != 1 || kept[0] != db.SecretHash(owner.Token) {
			t.Fatalf("kept %v", kept)
		}
	})
}

func TestWhatIsNoTokenIsNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		for _, token := range []string{"", "x", owner.Token[1:], owner.Token + "x", strings.Repeat("a", 43), "' OR 1=1 --", owner.Session.ID, strings.Repeat("é", 43)} {
			w.gone(token)
			if s := w.bearer(token); s != nil {
				t.Fatalf("%q is somebody", token)
			}
			if s := w.bearer(account.TokenPrefix + token); s != nil {
				t.Fatalf("%q is somebody", token)
			}
		}
		// A session's token is no API token, and the other way round.
		plain, _, err := w.svc.CreateToken(w.ctx(), owner.Session, account.NewToken{})
		w.must(err)
		w.gone(plain)
		w.gone(strings.TrimPrefix(plain, account.TokenPrefix))
	})
}

func TestASessionEndsWhenIdleForThirtyDays(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		day := 24 * time.Hour
		w.clock.pass(29 * day)
		s := w.resolve(owner.Token)
		if want := w.clock.Now().Add(30 * day); !s.ExpiresAt.Equal(want) {
			t.Fatalf("ends %v, want %v", s.ExpiresAt, want)
		}
		w.clock.pass(30*day - time.Millisecond)
		w.resolve(owner.Token) // also after 59 days, for it was seen in between
		w.clock.pass(30 * day)
		w.gone(owner.Token)
	})
}

func TestASessionEndsAfterNinetyDaysHoweverOftenItIsUsed(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		for range 89 {
			w.clock.pass(24 * time.Hour)
			w.resolve(owner.Token)
		}
		w.clock.pass(24 * time.Hour)
		w.gone(owner.Token)
	})
}

func TestAnotherProcessKnowsWhenASessionWasSeen(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		other := w.service()
		w.clock.pass(20 * 24 * time.Hour)
		w.resolve(owner.Token)
		w.must(w.svc.Flush(t.Context()))
		w.clock.pass(20 * 24 * time.Hour)
		if s, err := other.Resolve(w.ctx(), owner.Token); s == nil || err != nil {
			t.Fatalf("got %v, %v", s, err)
		}
		list, err := w.svc.Sessions(t.Context(), owner.Session.UserID)
		w.must(err)
		if got, want := list[0].LastSeenAt, w.clock.Now().Add(-20*24*time.Hour); !got.Equal(want) {
			t.Fatalf("seen %v, want %v", got, want)
		}
	})
}

func TestHousekeepingRemovesWhatIsOver(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		_, _, err := w.svc.CreateToken(w.ctx(), owner.Session, account.NewToken{Expires: time.Hour})
		w.must(err)
		w.signIn("owner@example.org", password)
		w.clock.pass(100 * 24 * time.Hour)
		_, err = w.svc.SignIn(w.from("192.0.2.200"), account.Credentials{Email: "nobody@example.org", Password: password})
		w.refused(err, fault.Unauthenticated)
		w.clock.pass(8 * 24 * time.Hour)
		fresh := w.signIn("owner@example.org", password)
		w.must(w.svc.Sweep(t.Context()))
		var sessions, tokens, throttles int
		w.must(w.db.RawReader().QueryRow(`SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM api_tokens), (SELECT count(*) FROM throttles WHERE updated_at < `+
			"1700000000000"+`)`).Scan(&sessions, &tokens, &throttles))
		if sessions != 1 || tokens != 0 || throttles != 0 {
			t.Fatalf("%d sessions, %d tokens, %d throttles are left", sessions, tokens, throttles)
		}
		w.resolve(fresh.Token)
		w.clock.pass(8 * 24 * time.Hour)
		w.must(w.svc.Sweep(t.Context()))
		w.must(w.db.RawReader().QueryRow(`SELECT count(*) FROM throttles`).Scan(&throttles))
		if throttles != 2 {
			t.Fatalf("%d throttles are left; want the known address and the known browser", throttles)
		}
	})
}

func TestAResolvedSessionIsTheCallersOwnCopy(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		w.resolve(owner.Token).DeploymentAdmin = true
		w.resolve(owner.Token).WorkspaceID = "elsewhere"
		if s := w.resolve(owner.Token); s.DeploymentAdmin || s.WorkspaceID != owner.Session.WorkspaceID {
			t.Fatal("a caller changed everybody's session")
		}
	})
}

func TestASessionFollowsItsPersonsWorkspaces(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		ed := w.join("ed@example.org", "", policies.Editor)
		_, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "ed@example.org", Workspace: "Second"})
		w.must(err)
		list, err := w.svc.Store().Workspaces(t.Context(), ed.Session.UserID)
		w.must(err)
		second := list[0].ID
		if list[0].Name != "Second" {
			second = list[1].ID
		}
		w.must(w.svc.SwitchWorkspace(w.ctx(), ed.Session, second))
		if s := w.resolve(ed.Token); s.WorkspaceID != second {
			t.Fatalf("in %s, want %s", s.WorkspaceID, second)
		}
		if again := w.signIn("ed@example.org", password); again.Session.WorkspaceID != second {
			t.Fatal("the next session begins elsewhere")
		}
		w.write(func(ctx context.Context, tx bun.Tx) error {
			return db.DeleteMember(ctx, tx, second, ed.Session.UserID)
		})
		if s := w.resolve(ed.Token); s.WorkspaceID != owner.Session.WorkspaceID {
			t.Fatalf("in %s, want the one that is left", s.WorkspaceID)
		}
		w.refused(w.svc.SwitchWorkspace(w.ctx(), ed.Session, second), fault.NotFound)
		w.refused(w.svc.SwitchWorkspace(w.ctx(), ed.Session, "nowhere"), fault.NotFound)
		w.refused(w.svc.SwitchWorkspace(w.ctx(), nil, second), fault.Unauthenticated)
		w.write(func(ctx context.Context, tx bun.Tx) error {
			return db.DeleteMember(ctx, tx, owner.Session.WorkspaceID, ed.Session.UserID)
		})
		if s := w.resolve(ed.Token); s.WorkspaceID != "" {
			t.Fatalf("in %s, want nowhere", s.WorkspaceID)
		}
	})
}

func TestGrownRightsGiveASessionANewToken(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		ed := w.join("ed@example.org", "", policies.Editor)
		w.clock.pass(time.Minute)
		w.must(w.svc.GrantDeploymentAdmin(w.ctx(), owner.Session, ed.Session.UserID))

		s, fresh, err := w.svc.Refresh(w.ctx(), ed.Token)
		w.must(err)
		if s == nil || !s.DeploymentAdmin || fresh == "" || fresh == ed.Token {
			t.Fatalf("got %+v and token %q", s, fresh)
		}
		if got := w.resolve(fresh); got.ID != s.ID {
			t.Fatal("the new token is another session")
		}
		// Requests that were under way still get through, but give no other token.
		if late, again, err := w.svc.Refresh(w.ctx(), ed.Token); late == nil || again != "" || err != nil {
			t.Fatalf("got %v, %q, %v", late, again, err)
		}
		if same, again, err := w.svc.Refresh(w.ctx(), fresh); same == nil || again != "" || err != nil {
			t.Fatalf("got %v, %q, %v", same, again, err)
		}
		w.clock.pass(11 * time.Second)
		w.gone(ed.Token)
		w.resolve(fresh)
	})
}

func TestJoiningAWorkspaceGivesASessionANewToken(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		w.join("lead@example.org", "Team", policies.Owner)
		team, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "lead@example.org", Workspace: "Team"})
		w.must(err)
		ed := w.join("ed@example.org", "", policies.Viewer)
		w.clock.pass(time.Minute)
		_, err = w.svc.AcceptInvite(w.ctx(), ed.Session, w.invite(team.WorkspaceID, "ed@example.org", policies.Viewer, ""))
		w.must(err)
		if _, fresh, err := w.svc.Refresh(w.ctx(), ed.Token); fresh == "" || err != nil {
			t.Fatalf("joining by invite kept the token: %v", err)
		}
		w.clock.pass(time.Minute)
		_, err = w.svc.AddUser(w.ctx(), account.NewUser{Email: "owner@example.org", Workspace: "Team"})
		w.must(err)
		if _, fresh, err := w.svc.Refresh(w.ctx(), owner.Token); fresh == "" || err != nil {
			t.Fatalf("being added kept the token: %v", err)
		}
	})
}

func TestTwoRequestsAtOnceRotateATokenOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		ed := w.join("ed@example.org", "", policies.Editor)
		w.clock.pass(time.Minute)
		w.must(w.svc.GrantDeploymentAdmin(w.ctx(), owner.Session, ed.Session.UserID))
		fresh := make([]string, 8)
		errs := together(len(fresh), func(i int) error {
			s, token, err := w.svc.Refresh(w.ctx(), ed.Token)
			if err == nil && s == nil {
				t.Error("a request under way was signed out")
			}
			fresh[i] = token
			return err
		})
		if successes(errs) != len(fresh) {
			t.Fatal(errs)
		}
		n := 0
		for _, token := range fresh {
			if token != "" {
				n++
				w.resolve(token)
			}
		}
		if n != 1 {
			t.Fatalf("%d new tokens", n)
		}
	})
}

func TestAnOutageIsNotASignOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		owner := w.setUp()
		ctx, cancel := context.WithCancel(w.ctx())
		cancel()
		if s, err := w.svc.Resolve(ctx, strings.Repeat("a", 43)); s != nil || err == nil {
			t.Fatalf("got %v, %v; want an error", s, err)
		}
		w.resolve(owner.Token)
	})
}

func BenchmarkResolve(b *testing.B) {
	d := dbtest.Open(b, dbtest.SQLiteURL(b))
	svc := account.New(account.Options{DB: d, Audit: audit.New(audit.Options{DB: d}), Passwords: account.NewPasswords(cheap)})
	b.Cleanup(svc.Close)
	setup, err := svc.IssueSetupToken(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	owner, err := svc.Setup(b.Context(), account.SetupInput{Token: setup, Email: "o@example.org", Password: password, DisplayName: "O", WorkspaceName: "H"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if s, err := svc.Resolve(b.Context(), owner.Token); s == nil || err != nil {
				b.Fatal(s, err)
			}
		}
	})
}
