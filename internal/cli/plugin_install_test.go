package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/examples"
)

// counterZip is a small package on the disk.
func counterZip(t *testing.T) string {
	t.Helper()
	zip, err := examples.Package("counter")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "counter-0.1.0.zip")
	if err := os.WriteFile(path, zip, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (b box) says(words []string, args ...string) {
	b.t.Helper()
	out := b.must("", args...)
	for _, w := range words {
		if !strings.Contains(out, w) {
			b.t.Errorf("or3 %s does not say %q:\n%s", strings.Join(args, " "), w, out)
		}
	}
}

func TestPluginsAreInstalledIntoTheDatabaseOfThisMachine(t *testing.T) {
	b := newBox(t)
	b.refused(ExitFailed, "there is no database", "", "plugin", "list")
	b.must("correct horse battery", "user", "add", "--email", "owner@example.org", "--name", "Olive", "--password-stdin", "--workspace", "Harbour")
	zip := counterZip(t)
	b.says([]string{"counter 0.1.0 waits for an owner to agree", "low     kv: Keep up to 16 KiB", "--grant all"}, "plugin", "install", zip)
	b.says([]string{"counter", "awaiting_consent"}, "plugin", "list")
	b.says([]string{"counter 0.1.0", "counter is enabled in Harbour"}, "plugin", "install", zip, "--grant", "all", "--enable", "Harbour")
	b.says([]string{`"version": "0.1.0"`, `"state": "active"`}, "plugin", "list", "--json")
	b.says([]string{"byte for byte"}, "plugin", "install", zip)
	b.refused(ExitFailed, "nowhere", "", "plugin", "install", zip, "--enable", "nowhere")
	b.says([]string{"is uninstalled; what it stored is kept for 30 days"}, "plugin", "remove", "counter")
	b.says([]string{"uninstalled"}, "plugin", "list")
	b.refused(ExitFailed, "There is no such plugin", "", "plugin", "remove", "nothing")
	b.refused(ExitUsage, "--token needs --server", "", "plugin", "list", "--token", "x")
	b.refused(ExitUsage, "--token is missing", "", "plugin", "list", "--server", "http://127.0.0.1:1")
	b.refused(ExitUsage, "is the address of a server", "", "plugin", "list", "--server", "or3", "--token", "x")
	b.refused(ExitFailed, "does not answer", "", "plugin", "list", "--server", "http://127.0.0.1:1", "--token", "x")
	b.refused(ExitFailed, "archive/", "", "plugin", "install", "plugin_install_test.go")
	for _, command := range []string{"install", "check"} {
		b.refused(ExitFailed, "There is no nowhere.zip: name the folder of a plugin, or a package", "", "plugin", command, "nowhere.zip")
	}
	key := filepath.Join(t.TempDir(), "key")
	b.refused(ExitFailed, "There is no "+key+": name a publisher's key", "", "plugin", "sign", zip, "--key", key)
	b.must("", "plugin", "keygen", key)
	b.refused(ExitFailed, "There is no nowhere.zip: name a package", "", "plugin", "sign", "nowhere.zip", "--key", key)
}
