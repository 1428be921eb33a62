package accounttest

import (
	"sync"
	"testing"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// StoreFixture is a workspace store under test, of a deployment that is set up.
type StoreFixture struct {
	Store account.WorkspaceStore
	// Invite makes an open invite to a workspace owned by somebody else and
	// gives its token and the workspace's id.
	Invite func(t testing.TB, email string, role policies.Role) (token, workspaceID string)
	// Disable shuts a person out.
	Disable func(t testing.TB, userID string)
}

// WorkspaceStore holds a store to its contract.
func WorkspaceStore(t *testing.T, open func(t *testing.T) StoreFixture) {
	ada := account.Identity{Provider: "test", Issuer: "https://idp.example", Subject: "ada", Email: "ada@example.org", EmailVerified: true, Name: "Ada"}
	arrive := func(i account.Identity) account.Arrival {
		return account.Arrival{Identity: i, Registration: account.Open}
	}

	t.Run("makes a newcomer a person, a workspace and its owner", func(t *testing.T) {
		f := open(t)
		if _, err := f.Store.User(t.Context(), ada.Provider, ada.Key()); !fault.Is(err, fault.NotFound) {
			t.Fatalf("before: %v", err)
		}
		got := provision(t, f, arrive(ada))
		if !got.UserCreated || !got.WorkspaceCreated {
			t.Fatalf("got %+v", got)
		}
		list, err := f.Store.Workspaces(t.Context(), got.UserID)
		if err != nil || len(list) != 1 || list[0].Name != account.FirstWorkspace || list[0].Role != policies.Owner || !list[0].IsActive {
			t.Fatalf("workspaces %+v, %v", list, err)
		}
		p, err := f.Store.User(t.Context(), ada.Provider, ada.Key())
		if err != nil || p.ID != got.UserID || p.Email != ada.Email || p.DisplayName != "Ada" {
			t.Fatalf("person %+v, %v", p, err)
		}
	})
	t.Run("finds a known person again and makes nothing", func(t *testing.T) {
		f := open(t)
		first, again := provision(t, f, arrive(ada)), provision(t, f, arrive(ada))
		if again.UserCreated || again.WorkspaceCreated || again.UserID != first.UserID || again.WorkspaceID != first.WorkspaceID {
			t.Fatalf("first %+v, again %+v", first, again)
		}
	})
	t.Run("makes one person of many first sign-ins at once", func(t *testing.T) {
		f := open(t)
		const n = 16
		results := make([]account.Arrived, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				var err error
				if results[i], err = f.Store.Provision(t.Context(), arrive(ada)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		created := 0
		for _, r := range results {
			if r.UserID != results[0].UserID || r.WorkspaceID != results[0].WorkspaceID {
				t.Errorf("%+v and %+v", r, results[0])
			}
			if r.UserCreated {
				created++
			}
		}
		if list, err := f.Store.Workspaces(t.Context(), results[0].UserID); created != 1 || len(list) != 1 || err != nil {
			t.Errorf("%d creations, workspaces %v, %v", created, list, err)
		}
	})
	t.Run("keeps people of different issuers and providers apart", func(t *testing.T) {
		f := open(t)
		provision(t, f, arrive(ada))
		elsewhere := ada
		elsewhere.Issuer = "https://other.example"
		// Same subject, same address, another issuer: not the same person, and
		// the address alone links nothing.
		if got, err := f.Store.Provision(t.Context(), arrive(elsewhere)); !fault.Is(err, fault.Conflict) {
			t.Fatalf("got %+v, %v; want a Conflict", got, err)
		}
		elsewhere.Email = "ada@other.example"
		if got := provision(t, f, arrive(elsewhere)); !got.UserCreated {
			t.Fatalf("got %+v; want somebody new", got)
		}
	})
	t.Run("lets nobody new in who may not come", func(t *testing.T) {
		f := open(t)
		for _, mode := range []string{account.InviteOnly, account.Disabled, "", "nonsense"} {
			if _, err := f.Store.Provision(t.Context(), account.Arrival{Identity: ada, Registration: mode}); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%q: %v; want Forbidden", mode, err)
			}
		}
		if _, err := f.Store.User(t.Context(), ada.Provider, ada.Key()); !fault.Is(err, fault.NotFound) {
			t.Errorf("something was left behind: %v", err)
		}
	})
	t.Run("takes the invited where they were invited", func(t *testing.T) {
		f := open(t)
		token, workspaceID := f.Invite(t, "ADA@example.org", policies.Viewer)
		got := provision(t, f, account.Arrival{Identity: ada, Registration: account.InviteOnly, InviteToken: token})
		if got.WorkspaceCreated || got.WorkspaceID != workspaceID || got.Joined == nil || got.Joined.Role != string(policies.Viewer) {
			t.Fatalf("got %+v", got)
		}
		if role, err := f.Store.WorkspaceRole(t.Context(), got.UserID, workspaceID); role != policies.Viewer || err != nil {
			t.Fatalf("role %q, %v", role, err)
		}
		bob := account.Identity{Provider: "test", Subject: "bob", Email: "bob@example.org", EmailVerified: true}
		if _, err := f.Store.Provision(t.Context(), account.Arrival{Identity: bob, Registration: account.InviteOnly, InviteToken: token}); err == nil {
			t.Fatal("an invite was used twice")
		}
	})
	t.Run("redeems an invite without its link only for a verified address", func(t *testing.T) {
		f := open(t)
		_, workspaceID := f.Invite(t, ada.Email, policies.Editor)
		unverified := ada
		unverified.EmailVerified = false
		if _, err := f.Store.Provision(t.Context(), account.Arrival{Identity: unverified, Registration: account.InviteOnly}); !fault.Is(err, fault.Forbidden) {
			t.Fatalf("unverified: %v; want Forbidden", err)
		}
		if got := provision(t, f, account.Arrival{Identity: ada, Registration: account.InviteOnly}); got.WorkspaceID != workspaceID {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("knows no role of strangers, the disabled and missing workspaces", func(t *testing.T) {
		f := open(t)
		got := provision(t, f, arrive(ada))
		role := func(userID, workspaceID string) policies.Role {
			r, err := f.Store.WorkspaceRole(t.Context(), userID, workspaceID)
			if err != nil {
				t.Error(err)
			}
			return r
		}
		if role(got.UserID, got.WorkspaceID) != policies.Owner || role("nobody", got.WorkspaceID) != "" || role(got.UserID, "nowhere") != "" {
			t.Error("a role is not what it should be")
		}
		f.Disable(t, got.UserID)
		if role(got.UserID, got.WorkspaceID) != "" {
			t.Error("a disabled person has a role")
		}
		if _, err := f.Store.Provision(t.Context(), arrive(ada)); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a disabled person was let in: %v", err)
		}
	})
	t.Run("begins only in a workspace of theirs", func(t *testing.T) {
		f := open(t)
		got := provision(t, f, arrive(ada))
		_, foreign := f.Invite(t, "somebody@example.org", policies.Viewer)
		for _, id := range []string{foreign, "nowhere", ""} {
			if err := f.Store.SetActiveWorkspace(t.Context(), got.UserID, id); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v; want NotFound", id, err)
			}
		}
		if err := f.Store.SetActiveWorkspace(t.Context(), got.UserID, got.WorkspaceID); err != nil {
			t.Error(err)
		}
	})
}

func provision(t *testing.T, f StoreFixture, a account.Arrival) account.Arrived {
	t.Helper()
	got, err := f.Store.Provision(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
