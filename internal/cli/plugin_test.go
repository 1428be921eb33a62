//go:build !windows

package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// bench is a developer's machine: a folder, the real or3 and nothing else.
type bench struct {
	t   *testing.T
	dir string
	bin string // where or3 lies
	env []string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	bin := binary(t)
	return &bench{t: t, dir: t.TempDir(), bin: filepath.Dir(bin), env: os.Environ()}
}

// run runs a line as a shell would that knows cd and words alone.
func (b *bench) run(line string) outcome {
	b.t.Helper()
	words := strings.Fields(line)
	if words[0] == "cd" {
		b.dir = filepath.Join(b.dir, words[1])
		return outcome{}
	}
	if words[0] == "or3" {
		words[0] = filepath.Join(b.bin, "or3")
	}
	var stdout, stderr strings.Builder
	cmd := exec.CommandContext(b.t.Context(), words[0], words[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = b.dir, b.env, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			b.t.Fatalf("%s: %v", line, err)
		}
	}
	return outcome{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

// must runs a line that has to succeed and say the words.
func (b *bench) must(line string, words ...string) string {
	b.t.Helper()
	got := b.run(line)
	if got.code != ExitOK {
		b.t.Fatalf("%s ended with %d: %s%s", line, got.code, got.stdout, got.stderr)
	}
	b.says(line, got, words...)
	return got.stdout
}

// fails runs a line that has to end with 1 and say the words.
func (b *bench) fails(line string, words ...string) {
	b.t.Helper()
	got := b.run(line)
	if got.code != ExitFailed {
		b.t.Errorf("%s ended with %d", line, got.code)
	}
	b.says(line, got, words...)
}

func (b *bench) says(line string, got outcome, words ...string) {
	b.t.Helper()
	for _, w := range words {
		if !strings.Contains(got.stdout+got.stderr, w) {
			b.t.Errorf("%s does not say %q:\n%s%s", line, w, got.stdout, got.stderr)
		}
	}
}

func (b *bench) read(name string) []byte {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return text
}

// change replaces a part of a file that has to be there.
func (b *bench) change(name, old, new string) {
	b.t.Helper()
	text := string(b.read(name))
	if !strings.Contains(text, old) {
		b.t.Fatalf("%s has no %q", name, old)
	}
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(strings.ReplaceAll(text, old, new)), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// server starts a server on this machine with the workspace Harbour, which every
// command here means, and gives a token of its owner.
func (b *bench) server() (process, string) {
	b.t.Helper()
	data := filepath.Join(b.t.TempDir(), "data")
	b.env = append(slices.Clone(b.env), "OR3_DATA="+data)
	add := exec.CommandContext(b.t.Context(), filepath.Join(b.bin, "or3"), "user", "add", "--email", "olive@example.org", "--name", "Olive", "--password-stdin", "--workspace", "Harbour")
	add.Env, add.Stdin = b.env, strings.NewReader("correct horse battery")
	if out, err := add.CombinedOutput(); err != nil {
		b.t.Fatalf("%v: %s", err, out)
	}
	token := strings.TrimSpace(b.must("or3 token create --email olive@example.org"))
	return start(b.t, filepath.Join(b.bin, "or3"), data, b.env...), token
}

// guide gives the commands of a section of docs/plugins.md, word for word.
func guide(t *testing.T, heading string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "## "+heading+"\n")
	section, _, more := strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		if command, is := strings.CutPrefix(line, "    "); is {
			lines = append(lines, strings.TrimSpace(command))
		}
	}
	if !found || !more || len(lines) < 4 {
		t.Fatalf("the guide has the commands %q", lines)
	}
	return lines
}

func TestAPluginIsWrittenBuiltAndTestedWithOneProgram(t *testing.T) {
	b := newBench(t)
	b.fails("or3 plugin new Tides", "cannot be the id of a plugin")
	b.fails("or3 plugin build", "There is no or3.manifest.json in .", "or3 plugin new")
	server, token := b.server()
	for _, line := range guide(t, "Your first plugin") {
		b.must(line)
	}
	b.must("or3 plugin list", "kestrel.tides", "active")
	remote := " --server " + server.base + " --token " + token
	server.eventually("the running server has the plugin", func() bool {
		return strings.Contains(b.run("or3 plugin list"+remote).stdout, "active")
	})
	b.must("or3 plugin install kestrel.tides-0.1.0.zip"+remote, "byte for byte")
	b.must("or3 plugin remove kestrel.tides"+remote, "is uninstalled")
	b.must("or3 plugin install kestrel.tides-0.1.0.zip --grant all --enable Harbour"+remote, "is installed", "is enabled in Harbour")
	b.fails("or3 plugin list --server "+server.base+" --token or3_pat_wrong", "make a new one with or3 token create")
	b.fails("or3 plugin new ../kestrel.tides", "is there already")

	first := string(b.read("plugin.wasm"))
	elsewhere := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(elsewhere, os.DirFS(b.dir)); err != nil {
		t.Fatal(err)
	}
	b.must("or3 plugin build "+elsewhere, "plugin.wasm: ")
	if again, err := os.ReadFile(filepath.Join(elsewhere, "plugin.wasm")); err != nil || string(again) != first {
		t.Errorf("built in another folder it has other bytes: %v", err)
	}

	zip := "kestrel.tides-0.1.0.zip"
	signed := string(b.read(zip))
	b.must("or3 plugin check "+zip, "kestrel.tides 0.1.0, a plugin for the app: Tides", "which nobody here knows", "low  kv", "Keep up to 16 KiB of its own data",
		"Remembers how often its page was opened.", "or3_page or3_widget", "Nothing is in the way")
	b.must("or3 plugin pack -o again.zip", "again.zip: ", "3 files")
	b.must("or3 plugin pack -o third.zip")
	if string(b.read("again.zip")) != string(b.read("third.zip")) {
		t.Error("packed twice it has other bytes")
	}
	b.must("or3 plugin sign third.zip --key ../kestrel.key", "signed by the key ")
	if string(b.read("third.zip")) != signed {
		t.Error("signed twice it has other bytes")
	}
	b.fails("or3 plugin sign main.go --key ../kestrel.key", "archive/not_zip")
	b.fails("or3 plugin sign again.zip --key main.go", "This is not a publisher's key.")
	b.fails("or3 plugin keygen ../kestrel.key", "is there already")
	if info, err := os.Stat(filepath.Join(b.dir, "../kestrel.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the key: %v, %v", info, err)
	}
	public := strings.TrimSpace(b.must("or3 plugin keygen ../other.key"))
	b.must("or3 plugin sign again.zip --key ../other.key")
	env := b.env
	b.env = append(slices.Clone(env), "OR3_PLUGINS_TRUSTED_KEYS="+public, "OR3_PLUGINS_REQUIRE_SIGNATURE=true")
	b.must("or3 plugin check again.zip", "which is trusted here", "Nothing is in the way")
	b.fails("or3 plugin check "+zip, "signing/untrusted", "add")
	b.fails("or3 plugin check", "signing/unsigned", "Sign it with or3 plugin sign")
	b.env = env

	b.must("or3 plugin test", "ok      hello.json  or3_page", "2 of 500 host calls", "of 16 MiB", "of 800ms", "all 2 calls went right")
	b.change("testdata/hello.json", `"value": 3`, `"value": 4`)
	b.fails("or3 plugin test", "WRONG   hello.json", `-           "value": 4`, `+           "value": 3`, "ok      widget.json", "1 of 2 calls went wrong")
	b.must("or3 plugin test --update", "updated hello.json")
	b.must("or3 plugin test", "all 2 calls went right")

	b.change("or3.manifest.json", `"kv", "reason"`, `"blob", "reason"`)
	b.change("or3.manifest.json", `"quota_kb"`, `"quota_mb"`)
	b.fails("or3 plugin check", "In the way of installing it (2)", "module/import_not_granted", "it imports or3_kv_get", "it imports or3_kv_set", "refused for 2 reasons")
	b.fails("or3 plugin pack -o never.zip", "the first of which is: plugin.wasm: it imports or3_kv_get", "or3 plugin check . tells")
	if _, err := os.Stat(filepath.Join(b.dir, "never.zip")); err == nil {
		t.Error("a package that a server refuses was written")
	}
	b.change("or3.manifest.json", `"quota_mb"`, `"quota_kb"`)
	b.fails("or3 plugin check --json", `"code": "manifest/unknown_key"`, `"at": "or3.manifest.json/capabilities/0/quota_kb"`)
	b.change("or3.manifest.json", `"blob", "reason"`, `"kv", "reason"`)

	b.change("main.go", "visits+1)", "visits+)")
	b.fails("or3 plugin build", "main.go:", "go build failed in .: mend what stands above")
	b.fails("or3 plugin check", "main.go is newer than plugin.wasm: run or3 plugin build first")
	b.change("main.go", "visits+)", "visits+1)")
	b.env = append(slices.Clone(env), "PATH="+t.TempDir())
	b.fails("or3 plugin build", "There is no go on the PATH", "https://go.dev/dl")
}

func TestAThemeIsMadeCheckedAndChosenWithOneProgram(t *testing.T) {
	b := newBench(t)
	if got := b.run("or3 plugin new dusk --kind theme --lang go"); got.code != ExitUsage {
		t.Errorf("a theme in Go ended with %d", got.code)
	}
	if got := b.run("or3 plugin new dusk --kind poem"); got.code != ExitUsage || !strings.Contains(got.stderr, "there are plugin, theme") {
		t.Errorf("a poem: %+v", got)
	}
	b.server()
	for _, line := range guide(t, "Your first theme") {
		b.must(line)
	}
	b.must("or3 plugin list", "kestrel.dusk", "active")
	b.must("or3 plugin build", "there is nothing to build")
	b.must("or3 plugin check", "kestrel.dusk 0.1.0, a theme: Dusk", "Nothing is in the way")
	b.fails("or3 plugin test", "There is no *.json")
	b.change("or3.manifest.json", `"#7a2a6a"`, `"#e9c3df"`)
	b.fails("or3 plugin check", "manifest/contrast")
}
