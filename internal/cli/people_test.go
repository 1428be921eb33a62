package cli

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db/dbtest"
)

const password = "keel and garboard 14"

// addOwner makes the first owner and the workspace Kestrel.
func (b box) addOwner() {
	b.t.Helper()
	b.must(password+"\n", "user", "add", "--email", "ines@kestrel.example", "--name", "Ines Okafor", "--password-stdin", "--workspace", "Kestrel")
}

func TestAnOperatorSetsUpAServerWithoutABrowser(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		b := newBox(t, "OR3_DATABASE_URL="+url, "OR3_STORAGE_ENABLED=false")
		added := b.must(password+"\n", "user", "add", "--email", "ines@kestrel.example", "--name", "Ines Okafor", "--password-stdin", "--workspace", "Kestrel")
		for _, want := range []string{"added Ines Okafor <ines@kestrel.example>", "created workspace Kestrel", "ines@kestrel.example is owner of Kestrel"} {
			if !strings.Contains(added, want) {
				t.Errorf("user add says %q, without %q", added, want)
			}
		}
		b.must(password, "user", "add", "--email", "dev@kestrel.example", "--name", "Dev Patel", "--password-stdin", "--workspace", "Kestrel", "--role", "viewer")

		if users := b.must("", "user", "list"); strings.Count(users, "kestrel.example") != 2 || strings.Contains(users, "My Workspace") {
			t.Errorf("user list says\n%s", users)
		}
		for who, want := range map[string]string{"ines": "allowed", "dev": "denied"} {
			got := b.must("", "can", "--email", who+"@kestrel.example", "--workspace", "Kestrel", "workspace.write")
			if !strings.HasPrefix(got, want) || !strings.Contains(got, "role  ") {
				t.Errorf("can for %s says\n%s", who, got)
			}
		}

		// A known address only gets the membership: no name, no password.
		if got := b.must("", "user", "add", "--email", "DEV@kestrel.example", "--workspace", "Kestrel", "--role", "editor"); got != "dev@kestrel.example is editor of Kestrel" {
			t.Errorf("a known address gives %q", got)
		}
		b.refused(ExitFailed, "exists already", "", "user", "add", "--email", "dev@kestrel.example")
		b.refused(ExitFailed, "last owner of Kestrel", "", "user", "add", "--email", "ines@kestrel.example", "--workspace", "Kestrel", "--role", "viewer")
		b.refused(ExitFailed, "last owner of Kestrel", "", "user", "disable", "--email", "ines@kestrel.example")
		b.refused(ExitFailed, "a new one needs an owner", "", "user", "add", "--email", "dev@kestrel.example", "--workspace", "Other", "--role", "viewer")
		b.refused(ExitFailed, "nobody@kestrel.example", "", "user", "disable", "--email", "nobody@kestrel.example")

		chain, err := audit.New(audit.Options{DB: openDB(t, url)}).List(t.Context(), audit.Filter{Limit: 50})
		if err != nil || len(chain.Entries) == 0 {
			t.Fatalf("the audit log holds %d entries: %v", len(chain.Entries), err)
		}
		for _, e := range chain.Entries {
			if e.Actor.Kind != audit.Command || e.Actor.Name == "" {
				t.Errorf("%s was written down as an act of %+v", e.Action, e.Actor)
			}
		}
	})
}

func TestATokenIsPrintedOnceAndLivesUntilRevoked(t *testing.T) {
	b := newBox(t)
	b.addOwner()
	created := b.or3("", "token", "create", "--email", "ines@kestrel.example", "--name", "laptop", "--expires", "720h")
	token := strings.TrimSpace(created.stdout)
	if created.code != ExitOK || !strings.HasPrefix(token, "or3_pat_") || strings.ContainsAny(token, " \n") {
		t.Fatalf("token create printed %q, %q", created.stdout, created.stderr)
	}
	list := b.must("", "token", "list", "--json")
	if strings.Contains(list, token) || strings.Contains(created.stderr, token) {
		t.Error("the token is shown a second time")
	}
	var tokens []struct{ ID, Name, Email string }
	if err := json.Unmarshal([]byte(list), &tokens); err != nil || len(tokens) != 1 || tokens[0].Name != "laptop" {
		t.Fatalf("token list says %s: %v", list, err)
	}
	b.must("", "token", "revoke", tokens[0].ID)
	b.refused(ExitFailed, "no such token", "", "token", "revoke", tokens[0].ID)
	leaked := b.must("", "token", "create", "--email", "ines@kestrel.example")
	if got := b.must("", "token", "revoke", leaked); strings.Contains(got, leaked) {
		t.Errorf("revoke repeats the token: %s", got)
	}
	if got := b.must("", "token", "list", "--email", "ines@kestrel.example"); strings.Contains(got, "laptop") || strings.Contains(got, "API token") {
		t.Errorf("revoked tokens are listed:\n%s", got)
	}
}

func TestPasswordsOnStandardInputAreChecked(t *testing.T) {
	b := newBox(t)
	add := []string{"user", "add", "--email", "ines@kestrel.example", "--name", "Ines", "--password-stdin"}
	b.refused(ExitFailed, "no password on standard input", "\n", add...)
	b.refused(ExitFailed, "8", "short", add...)
	b.refused(ExitFailed, "too long", strings.Repeat("x", 5000), add...)
	b.refused(ExitFailed, "e-mail address", password, "user", "add", "--email", "nonsense", "--name", "Ines", "--password-stdin")
	b.must(password+"\r\n", add...)
	if got := b.must("", "can", "--email", "ines@kestrel.example", "--workspace", "My Workspace", "users.manage"); !strings.HasPrefix(got, "allowed") {
		t.Errorf("the first person is no owner of My Workspace:\n%s", got)
	}
}

func TestCanExplainsWhy(t *testing.T) {
	b := newBox(t)
	b.addOwner()
	b.must(password, "user", "add", "--email", "dev@kestrel.example", "--name", "Dev Patel", "--password-stdin", "--workspace", "Kestrel", "--role", "editor")
	b.must(password, "user", "add", "--email", "mara@kestrel.example", "--name", "Mara Silva", "--password-stdin")
	can := func(who, permission string, more ...string) string {
		return b.must("", append([]string{"can", "--email", who + "@kestrel.example", "--workspace", "Kestrel", permission}, more...)...)
	}
	for _, row := range []struct{ who, permission, words string }{
		{"ines", "users.manage", "because      the role owner carries it"},
		{"dev", "users.manage", "because      the role editor does not carry it"},
		{"mara", "workspace.read", "because      the person is not a member of Kestrel"},
	} {
		if got := can(row.who, row.permission); !strings.Contains(got, row.words) {
			t.Errorf("can %s %s says\n%s", row.who, row.permission, got)
		}
	}
	if got := can("dev", "workspace.write"); !strings.Contains(got, "policy       p, r:editor, workspace.write, allow (roles.csv:") {
		t.Errorf("the policy line is missing:\n%s", got)
	}
	var decision struct {
		Allowed bool
		Reason  string
		Role    string
		Filters []any
	}
	if err := json.Unmarshal([]byte(can("dev", "users.manage", "--json")), &decision); err != nil || decision.Filters == nil || decision.Allowed || decision.Reason != "forbidden" || decision.Role != "editor" {
		t.Errorf("as JSON: %+v, %v", decision, err)
	}
	b.must("", "user", "disable", "--email", "dev@kestrel.example")
	if got := can("dev", "workspace.read"); !strings.Contains(got, "the account is disabled") {
		t.Errorf("a disabled person gets\n%s", got)
	}
	b.must("", "user", "enable", "--email", "dev@kestrel.example")
	if got := can("dev", "workspace.read"); !strings.HasPrefix(got, "allowed") {
		t.Errorf("an enabled person gets\n%s", got)
	}
	b.refused(ExitFailed, `There is no workspace "Nowhere"`, "", "can", "--email", "dev@kestrel.example", "--workspace", "Nowhere", "workspace.read")
	b.refused(ExitFailed, "nobody@example.org", "", "can", "--email", "nobody@example.org", "--workspace", "Kestrel", "workspace.read")
}

func TestCommandsTakeEffectOnARunningServer(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		b := newBox(t, "OR3_DATABASE_URL="+url)
		s := b.serve()
		b.addOwner()
		b.must(password, "user", "add", "--email", "dev@kestrel.example", "--name", "Dev Patel", "--password-stdin", "--workspace", "Kestrel", "--role", "editor")
		token := b.must("", "token", "create", "--email", "dev@kestrel.example")
		s.eventually("the token works", func() bool { return s.status("/api/workspaces", token) == http.StatusOK })
		b.must("", "user", "disable", "--email", "dev@kestrel.example")
		s.eventually("the disabled person's token is dead", func() bool { return s.status("/api/workspaces", token) == http.StatusUnauthorized })
		s.stop()
	})
}
