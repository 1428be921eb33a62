package account_test

import (
	"testing"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

func TestTheFirstPersonOfTheCommandLineOwnsTheHome(t *testing.T) {
	for _, c := range []struct{ asked, name string }{{"", "My Workspace"}, {"Kestrel", "Kestrel"}} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			w := newWorld(t, d)
			token, err := w.svc.IssueSetupToken(t.Context())
			w.must(err)
			for _, role := range []policies.Role{policies.Editor, "boss"} {
				_, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "a@example.org", DisplayName: "A", Password: password, Workspace: c.asked, Role: role})
				fieldsOf(t, err)
			}
			added, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "a@example.org", DisplayName: "A", Password: password, Workspace: c.asked})
			w.must(err)
			if !added.UserCreated || !added.WorkspaceCreated || added.Role != policies.Owner {
				t.Fatalf("added %+v", added)
			}
			home, err := db.HomeWorkspaceID(t.Context(), d.Read())
			w.must(err)
			if home != added.WorkspaceID {
				t.Fatalf("home is %q, want %q", home, added.WorkspaceID)
			}
			w.refused(w.svc.CheckSetupToken(t.Context(), token), fault.Conflict)
			signed := w.signIn("a@example.org", password)
			list, err := w.svc.Store().Workspaces(t.Context(), signed.Session.UserID)
			w.must(err)
			if len(list) != 1 || list[0].Name != c.name {
				t.Fatalf("workspaces %+v", list)
			}
		})
	}
}

func TestAddingPeople(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		add := func(in account.NewUser) (account.Added, error) {
			if in.DisplayName == "" {
				in.DisplayName = "Somebody"
			}
			return w.svc.AddUser(w.ctx(), in)
		}
		a, err := add(account.NewUser{Email: "a@example.org", Password: password, Workspace: "Home"})
		w.must(err)
		if a.Role != policies.Editor || !a.MemberCreated || a.WorkspaceID != owner.Session.WorkspaceID {
			t.Fatalf("added %+v", a)
		}
		// By id as well; a known address needs no password and keeps the one it has.
		again, err := add(account.NewUser{Email: "A@Example.org", Password: "", Workspace: a.WorkspaceID, Role: policies.Viewer})
		w.must(err)
		if again.UserCreated || again.MemberCreated || again.Role != policies.Viewer || again.User.ID != a.User.ID {
			t.Fatalf("added %+v", again)
		}
		w.signIn("a@example.org", password)
		same, err := add(account.NewUser{Email: "a@example.org", Workspace: "Home"})
		w.must(err)
		if same.Role != policies.Viewer {
			t.Fatalf("without a role asked for, %s became %s", policies.Viewer, same.Role)
		}
		made, err := add(account.NewUser{Email: "b@example.org", Password: password, Workspace: "New one"})
		w.must(err)
		if !made.WorkspaceCreated || made.Role != policies.Owner {
			t.Fatalf("added %+v", made)
		}
		_, err = add(account.NewUser{Email: "c@example.org", Password: password, Workspace: "Newer one", Role: policies.Viewer})
		if f := fieldsOf(t, err); f["role"] == "" {
			t.Fatalf("fields %v", f)
		}
		if _, err := w.svc.UserByEmail(t.Context(), "c@example.org"); !fault.Is(err, fault.NotFound) {
			t.Fatal("half a person was left behind")
		}
		_, err = add(account.NewUser{Email: "owner@example.org", Workspace: "Home", Role: policies.Editor})
		w.refused(err, fault.Conflict) // the last owner
		_, err = add(account.NewUser{Email: "d@example.org", Password: "short", Workspace: "Home"})
		fieldsOf(t, err)
		_, err = add(account.NewUser{Email: "no address", Password: password})
		fieldsOf(t, err)
		w.must(w.svc.DisableUser(w.ctx(), account.Operator(), a.User.ID))
		_, err = add(account.NewUser{Email: "a@example.org", Workspace: "New one"})
		w.refused(err, fault.Conflict)
		if w.recorded(account.ActCreateUser, audit.Allowed) != 2 || w.recorded(account.ActAdd, audit.Allowed) != 2 {
			t.Fatal("the audit log does not know")
		}
	})
}

func TestAWorkspaceNameThatIsNotUniqueNeedsAnID(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ account.Signed) {
		for _, email := range []string{"a@example.org", "b@example.org"} {
			_, err := w.svc.Register(w.ctx(), newcomer(email, ""))
			w.must(err) // each has a My Workspace
		}
		_, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "owner@example.org", Workspace: "My Workspace"})
		if f := fieldsOf(t, err); f["workspace"] == "" {
			t.Fatalf("fields %v", f)
		}
	})
}
