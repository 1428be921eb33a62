package cli

import (
	"bytes"
	"strings"
	"testing"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/archive"
)

func TestAPluginIsDisabledWithoutAServer(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		b := newBox(t, "OR3_DATABASE_URL="+url, "OR3_STORAGE_ENABLED=false")
		b.addOwner()
		d := openDB(t, url)
		m, err := plugins.Open(t.Context(), plugins.Options{DB: d, Audit: audit.New(audit.Options{DB: d}), Poll: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		var zip bytes.Buffer
		if err := archive.PackFiles(&zip, map[string][]byte{"or3.manifest.json": []byte(`{"schema":1,"kind":"theme","id":"kestrel.dusk","name":"Dusk","version":"1.0.0","api":"1"}`)}); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Install(t.Context(), account.Operator(), zip.Bytes(), plugins.InstallOptions{GrantAll: true}); err != nil {
			t.Fatal(err)
		}
		named, err := db.WorkspacesNamed(t.Context(), d.Read(), "Kestrel")
		if err != nil {
			t.Fatal(err)
		}
		enabled := func() bool {
			ids, err := db.PluginsEnabledIn(t.Context(), d.Read(), named[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			return len(ids) == 1
		}
		for _, where := range [][]string{{"--all"}, {"--workspace", "Kestrel"}} {
			if err := m.Enable(t.Context(), account.Operator(), "kestrel.dusk", named[0].ID); err != nil || !enabled() {
				t.Fatalf("enabled: %v", err)
			}
			if said := b.must("", append([]string{"plugin", "disable", "kestrel.dusk"}, where...)...); !strings.Contains(said, "disabled in 1") || enabled() {
				t.Errorf("%v: it says %q, enabled %v", where, said, enabled())
			}
		}
		b.refused(ExitUsage, "--all", "", "plugin", "disable", "kestrel.dusk")
		b.refused(ExitFailed, "no such plugin", "", "plugin", "disable", "nothing", "--all")
	})
}
