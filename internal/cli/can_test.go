package cli

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/examples"
	"or3.cloud/or3/sync/engine"
)

// What `or3 can` says is what a server decides, also where plugins have their say.
func TestCanAsksThePluginsThatFilterDecisions(t *testing.T) {
	url := "sqlite://" + filepath.Join(t.TempDir(), "or3.db")
	b := newBox(t, "OR3_DATABASE_URL="+url, "OR3_STORAGE_ENABLED=false")
	b.addOwner()
	b.must(password, "user", "add", "--email", "dev@kestrel.example", "--name", "Dev Patel", "--password-stdin", "--workspace", "Kestrel", "--role", "editor")
	can := func(who, permission string) string {
		return b.must("", "can", "--email", who+"@kestrel.example", "--workspace", "Kestrel", permission)
	}
	if got := can("dev", "workspace.write"); !strings.HasPrefix(got, "allowed") || strings.Contains(got, "filter") {
		t.Errorf("before there is a plugin:\n%s", got)
	}

	ctx, d, by := t.Context(), openDB(t, url), account.Operator()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	rows, err := engine.New(engine.Options{DB: d, PollOnly: true})
	must(err)
	defer rows.Close()
	m, err := plugins.Open(ctx, plugins.Options{DB: d, Audit: audit.New(audit.Options{DB: d}), SetKV: rows.SetKV, Poll: -1})
	must(err)
	defer m.Close()
	zip, err := examples.Package("approvals")
	must(err)
	_, err = m.Install(ctx, by, zip, plugins.InstallOptions{GrantAll: true})
	must(err)
	named, err := db.WorkspacesNamed(ctx, d.Read(), "Kestrel")
	must(err)
	home := named[0].ID
	must(m.Enable(ctx, by, "approvals", home))
	hour := func(in time.Duration) string { return time.Now().UTC().Add(in).Format("15:04") }
	must(m.SetSettings(ctx, by, "approvals", home, map[string]any{"from": hour(-6 * time.Hour), "to": hour(6 * time.Hour), "utc_offset": 0}))

	if got := can("dev", "workspace.write"); !strings.HasPrefix(got, "denied") || !strings.Contains(got, "because      a decision filter narrowed it") || !strings.Contains(got, "filter       plugins: denied, Approvals: ") {
		t.Errorf("at night:\n%s", got)
	}
	if got := can("ines", "plugins.manage"); !strings.HasPrefix(got, "allowed") {
		t.Errorf("an owner and the plugins:\n%s", got)
	}
	must(m.SetSettings(ctx, by, "approvals", home, map[string]any{"from": hour(6 * time.Hour), "to": hour(12 * time.Hour), "utc_offset": 0}))
	if got := can("dev", "workspace.write"); !strings.HasPrefix(got, "allowed") || !strings.Contains(got, "filter       plugins: allowed") {
		t.Errorf("by day:\n%s", got)
	}
}
