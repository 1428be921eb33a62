package plugins_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"or3.cloud/or3/plugins"
)

var update = flag.Bool("update", false, "write testdata/hooks.json anew")

var digest = regexp.MustCompile(`"[0-9a-f]{64}"`)

// Plugins and other programs rely on these payloads. A difference here is a
// breaking change of the product, not of the test.
func TestThePayloadsOfTheHooksArePinned(t *testing.T) {
	y, ctx := newYard(t, sqlite(t)), t.Context()
	var lines []string
	step := func(names ...string) {
		t.Helper()
		if got, want := y.hooks(), strings.Join(names, " "); got != want {
			t.Fatalf("fired %s, want %s", got, want)
		}
		for _, name := range names {
			hook := "admin.plugin:action:" + name
			line, err := json.MarshalIndent(map[string]any{"hook": hook, "payload": y.last[hook]}, "", "  ")
			y.must(err)
			lines = append(lines, string(line))
		}
		y.pass(1e9)
	}
	one := pack{settings: `{"type":"object","properties":{"n":{"type":"integer"},"token":{"type":"string","x-secret":true}}}`}
	got, err := y.install(one, plugins.InstallOptions{})
	y.must(err)
	step("installed")
	_, err = y.m.Consent(ctx, y.owner, "yard", plugins.ConsentOptions{Version: "1.0.0", SHA256: got.Plugin.Waiting.SHA256, All: true})
	y.must(err)
	step("consented")
	y.must(y.m.Enable(ctx, y.owner, "yard", y.home))
	step("enabled")
	y.must(y.m.SetSettings(ctx, y.owner, "yard", y.home, map[string]any{"n": 1, "token": "hunter2"}))
	step("settings_changed")
	one.version = "1.1.0"
	_, err = y.install(one, plugins.InstallOptions{Force: true})
	y.must(err)
	step("installed")
	_, err = y.m.Rollback(ctx, y.owner, "yard", "")
	y.must(err)
	step("rolled_back")
	y.must(y.m.Stop(ctx, y.owner, "yard"))
	step("stopped")
	y.must(y.m.Start(ctx, y.owner, "yard"))
	step("started")
	one.version, one.caps = "2.0.0", []string{uiPage, kvCap}
	_, err = y.install(one, plugins.InstallOptions{Force: true})
	y.must(err)
	y.must(y.m.Refuse(ctx, y.owner, "yard"))
	step("installed", "version_refused")
	y.must(y.m.Disable(ctx, y.owner, "yard", y.home))
	step("disabled")
	y.must(y.m.Uninstall(ctx, y.owner, "yard"))
	step("uninstalled")
	y.must(y.m.Reinstate(ctx, y.owner, "yard"))
	step("reinstated")
	y.must(y.m.Uninstall(ctx, y.owner, "yard"))
	step("uninstalled")
	y.must(y.m.Purge(ctx, y.owner, "yard"))
	step("purged")

	text := strings.NewReplacer(y.owner.UserID, "INES", y.home, "HOME").Replace(strings.Join(lines, "\n") + "\n")
	text = digest.ReplaceAllString(text, `"SHA256"`)
	golden := filepath.Join("testdata", "hooks.json")
	if *update {
		y.must(os.MkdirAll("testdata", 0o755))
		y.must(os.WriteFile(golden, []byte(text), 0o644))
	}
	want, err := os.ReadFile(golden)
	y.must(err)
	if !bytes.Equal(want, []byte(text)) {
		t.Errorf("the payloads differ from %s; if that is meant, run with -update and read the difference:\n%s", golden, text)
	}
}
