package account_test

import (
	"testing"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

func setupInput(token, email string) account.SetupInput {
	return account.SetupInput{Token: token, Email: email, Password: password, DisplayName: "Olive", WorkspaceName: "Kestrel"}
}

func TestTheSetUpLinkMakesTheFirstOwnerOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		if needed, err := w.svc.SetupNeeded(t.Context()); !needed || err != nil {
			t.Fatalf("needed %v, %v", needed, err)
		}
		token, err := w.svc.IssueSetupToken(t.Context())
		w.must(err)
		for range 3 { // looking consumes nothing
			w.must(w.svc.CheckSetupToken(t.Context(), token))
		}
		signed, err := w.svc.Setup(w.ctx(), setupInput(token, "olive@example.org"))
		w.must(err)
		s := w.resolve(signed.Token)
		home, err := db.HomeWorkspaceID(t.Context(), d.Read())
		w.must(err)
		role, err := w.svc.Store().WorkspaceRole(t.Context(), s.UserID, home)
		if s.WorkspaceID != home || role != policies.Owner || err != nil || s.DeploymentAdmin {
			t.Fatalf("session %+v, role %q, %v", s, role, err)
		}
		if needed, err := w.svc.SetupNeeded(t.Context()); needed || err != nil {
			t.Fatalf("needed %v, %v", needed, err)
		}
		w.refused(w.svc.CheckSetupToken(t.Context(), token), fault.Conflict)
		_, err = w.svc.Setup(w.ctx(), setupInput(token, "second@example.org"))
		w.refused(err, fault.Conflict)
		_, err = w.svc.IssueSetupToken(t.Context())
		w.refused(err, fault.Conflict)
		if w.recorded(account.ActSetup, audit.Allowed) != 1 {
			t.Fatal("set-up is not in the audit log once")
		}
		var left int
		w.must(d.RawReader().QueryRow(`SELECT count(*) FROM settings WHERE key = 'setup_token'`).Scan(&left))
		if left != 0 {
			t.Fatal("the token's hash is still there")
		}
	})
}

func TestASetUpTokenIsHashedReplacedAndOldAfterADay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.refused(w.svc.CheckSetupToken(t.Context(), ""), fault.Forbidden)
		first, err := w.svc.IssueSetupToken(t.Context())
		w.must(err)
		second, err := w.svc.IssueSetupToken(t.Context())
		w.must(err)
		var kept string
		w.must(d.RawReader().QueryRow(`SELECT value FROM settings WHERE key = 'setup_token'`).Scan(&kept))
		if len(second) != 43 || contains(kept, second) {
			t.Fatalf("kept %q", kept)
		}
		for _, wrong := range []string{"", first, second[1:], second + "x", kept} {
			w.refused(w.svc.CheckSetupToken(t.Context(), wrong), fault.Forbidden)
			_, err := w.svc.Setup(w.ctx(), setupInput(wrong, "x@example.org"))
			w.refused(err, fault.Forbidden)
		}
		w.clock.pass(24*time.Hour - time.Second)
		w.must(w.svc.CheckSetupToken(t.Context(), second))
		w.clock.pass(time.Second)
		w.refused(w.svc.CheckSetupToken(t.Context(), second), fault.Forbidden)
	})
}

func TestOfParallelSetUpsOneWins(t *testing.T) {
	for _, same := range []bool{true, false} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			w := newWorld(t, d)
			token, err := w.svc.IssueSetupToken(t.Context())
			w.must(err)
			errs := together(8, func(i int) error {
				email := "olive@example.org"
				if !same {
					email = string(rune('a'+i)) + "@example.org"
				}
				_, err := w.svc.Setup(w.ctx(), setupInput(token, email))
				return err
			})
			if n := successes(errs); n != 1 {
				t.Fatalf("%d set-ups won: %v", n, errs)
			}
			for _, err := range errs {
				if err != nil {
					w.refused(err, fault.Conflict)
				}
			}
			var users, workspaces, members int
			w.must(d.RawReader().QueryRow(`SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM workspaces), (SELECT count(*) FROM members)`).Scan(&users, &workspaces, &members))
			if users != 1 || workspaces != 1 || members != 1 {
				t.Fatalf("%d users, %d workspaces, %d members", users, workspaces, members)
			}
		})
	}
}

func TestSetUpAndTheCommandLineCannotBothMakeTheFirstOwner(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		token, err := w.svc.IssueSetupToken(t.Context())
		w.must(err)
		errs := together(2, func(i int) error {
			if i == 0 {
				_, err := w.svc.Setup(w.ctx(), setupInput(token, "olive@example.org"))
				return err
			}
			_, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "cli@example.org", DisplayName: "C", Password: password, Role: policies.Owner, Workspace: "Kestrel"})
			return err
		})
		var homes, owners int
		w.must(d.RawReader().QueryRow(`SELECT (SELECT count(*) FROM settings WHERE key = 'home_workspace_id'),
			(SELECT count(*) FROM members m JOIN settings h ON h.key = 'home_workspace_id' AND h.value = m.workspace_id AND m.role = 'owner')`).Scan(&homes, &owners))
		if homes != 1 || owners < 1 || owners > 2 {
			t.Fatalf("%d homes, %d owners, %v", homes, owners, errs)
		}
		if errs[0] != nil {
			w.refused(errs[0], fault.Conflict)
		}
	})
}

func TestBadSetUpInputLeavesNothingBehind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		token, err := w.svc.IssueSetupToken(t.Context())
		w.must(err)
		_, err = w.svc.Setup(w.ctx(), account.SetupInput{Token: token, Email: "nonsense", Password: "short", DisplayName: " \t", WorkspaceName: ""})
		fields := fieldsOf(t, err)
		for _, name := range []string{"email", "password", "display_name", "workspace_name"} {
			if fields[name] == "" {
				t.Errorf("nothing is said about %s: %v", name, fields)
			}
		}
		var users int
		w.must(d.RawReader().QueryRow(`SELECT count(*) FROM users`).Scan(&users))
		if users != 0 {
			t.Error("somebody was made")
		}
		w.must(w.svc.CheckSetupToken(t.Context(), token))
	})
}
