package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// box is one machine to run commands on: a data directory and an environment.
type box struct {
	t   *testing.T
	dir string
	env []string
}

func newBox(t *testing.T, env ...string) box {
	t.Helper()
	return box{t: t, dir: filepath.Join(t.TempDir(), "data"), env: env}
}

// outcome is what a command left behind.
type outcome struct {
	code           int
	stdout, stderr string
}

// or3 runs one command with --data of the box.
func (b box) or3(stdin string, args ...string) outcome {
	b.t.Helper()
	var stdout, stderr bytes.Buffer
	code := Run(b.t.Context(), Invocation{Args: append(args, "--data", b.dir), Stdin: strings.NewReader(stdin),
		Stdout: &stdout, Stderr: &stderr, Environ: b.env, Model: model(b.t), Version: "v0.0.0-test"})
	return outcome{code: code, stdout: stdout.String(), stderr: stderr.String()}
}

// must is or3 for commands that have to succeed; it gives standard output.
func (b box) must(stdin string, args ...string) string {
	b.t.Helper()
	got := b.or3(stdin, args...)
	if got.code != ExitOK {
		b.t.Fatalf("or3 %s ended with %d: %s", strings.Join(args, " "), got.code, got.stderr)
	}
	return strings.TrimSpace(got.stdout)
}

// refused runs a command that has to fail with the code and one line of words.
func (b box) refused(code int, words, stdin string, args ...string) {
	b.t.Helper()
	got := b.or3(stdin, args...)
	if got.code != code || !strings.Contains(got.stderr, words) {
		b.t.Errorf("or3 %s ended with %d and %q, want %d and %q", strings.Join(args, " "), got.code, got.stderr, code, words)
	}
	if strings.Count(got.stderr, "\n") != 1 || strings.ContainsAny(got.stderr, "\x1b\r") || got.stdout != "" {
		b.t.Errorf("or3 %s does not fail in one clean line: %q, %q", strings.Join(args, " "), got.stderr, got.stdout)
	}
}

func model(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../casbin_model.conf")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWrongUsageEndsWithTwoAndOneLine(t *testing.T) {
	b := newBox(t)
	for _, row := range []struct{ args, words string }{
		{"", "a command is missing; see: or3 --help"},
		{"serv", `the nearest is "or3 serve"; see: or3 --help`},
		{"frobnicate", `there is no command "frobnicate"`},
		{"user", "or3 user: a command is missing"},
		{"user ad", `the nearest is "or3 user add"; see: or3 user --help`},
		{"help frobnicate", `there is no command "frobnicate"; see: or3`},
		{"help user ad", `there is no command "user ad"`},
		{"serve now", `there is no argument "now"`},
		{"serve --port 1", "unknown flag: --port; see: or3 serve --help"},
		{"user add", "--email is missing"},
		{"user add --email a@example.org", "--name is missing"},
		{"user add --email a@example.org --name A", "--password-stdin is missing"},
		{"user add --email a@example.org --name A --password-stdin --workspace W --role boss", `there is no role "boss"`},
		{"user add --email a@example.org --name A --password-stdin --role owner", "--role needs --workspace"},
		{"user set-password --email a@example.org", "--password-stdin is missing"},
		{"user disable", "--email is missing"},
		{"token create", "--email is missing"},
		{"token create --email a@example.org --expires soon", "invalid argument"},
		{"token create --email a@example.org --expires -1h", "above zero"},
		{"token revoke", "ID is missing"},
		{"token revoke a b", `one argument too many: "b"`},
		{"can --email a@example.org --workspace W", "PERMISSION is missing"},
		{"can workspace.read --workspace W", "--email is missing"},
		{"can workspace.read --email a@example.org", "--workspace is missing"},
		{"can workspace.fly --email a@example.org --workspace W", `there is no permission "workspace.fly"; there are workspace.read,`},
		{"migrate down --steps 0", "--steps must be at least 1"},
		{"version x", "no argument"},
		{"config show --json=perhaps", "invalid argument"},
	} {
		b.refused(ExitUsage, row.words, "", strings.Fields(row.args)...)
	}
	b.missing()
}

// missing asserts that nothing created the data directory.
func (b box) missing() {
	b.t.Helper()
	if _, err := os.Stat(b.dir); !errors.Is(err, os.ErrNotExist) {
		b.t.Errorf("a command created the data directory: %v", err)
	}
}

func TestOnlyUserAddMigrateUpAndServeMakeADatabase(t *testing.T) {
	b := newBox(t)
	for _, args := range []string{
		"user list", "user disable --email a@example.org", "user enable --email a@example.org", "token list",
		"token create --email a@example.org", "token revoke x", "can workspace.read --email a@example.org --workspace W",
		"migrate status", "migrate down", "user set-password --email a@example.org --password-stdin",
	} {
		b.refused(ExitFailed, "there is no database "+b.dir, "secret words\n", strings.Fields(args)...)
	}
	b.must("", "config", "check")
	b.must("", "config", "show")
	b.must("", "version")
	b.missing()
	b.must("", "migrate", "up")
	if _, err := os.Stat(filepath.Join(b.dir, "or3.db")); err != nil {
		t.Error(err)
	}
}

func TestHelpAndVersionAnswerOnStandardOutput(t *testing.T) {
	b := newBox(t)
	if got := b.must("", "version"); !strings.HasPrefix(got, "or3 v0.0.0-test go1.") {
		t.Errorf("version prints %q", got)
	}
	if flag, command := b.must("", "--version"), b.must("", "version"); flag != command {
		t.Errorf("--version prints %q, version %q", flag, command)
	}
	if got := b.must("", "help", "user", "add"); !strings.Contains(got, "--password-stdin") {
		t.Errorf("help user add prints %q", got)
	}
	help := b.must("", "--help")
	for _, command := range []string{"serve", "user", "token", "can", "migrate", "config", "version", "--data", "--config"} {
		if !strings.Contains(help, command) {
			t.Errorf("help does not mention %s", command)
		}
	}
}

func TestConfigShowMasksSecretsAndNamesSources(t *testing.T) {
	b := newBox(t, "OR3_SERVER_SECRET_KEY=the-very-secret-key-of-this-deployment",
		"OR3_DATABASE_URL=postgres://or3:hunter2@db.example/or3", "OR3_SITE_NAME=Kestrel")
	for _, args := range [][]string{{"config", "show"}, {"config", "show", "--json"}} {
		got := b.must("", args...)
		for _, want := range []string{"******", "postgres://or3:******@db.example/or3", "Kestrel", "environment OR3_SITE_NAME", "default"} {
			if !strings.Contains(got, want) {
				t.Errorf("%v lacks %q", args, want)
			}
		}
		if strings.Contains(got, "hunter2") || strings.Contains(got, "very-secret") {
			t.Errorf("%v shows a secret:\n%s", args, got)
		}
	}
}

func TestABadConfigurationStopsEveryCommandByName(t *testing.T) {
	for _, row := range []struct{ env, words string }{
		{"OR3_SERVER_ADR=x", "configuration: environment OR3_SERVER_ADR is not a known variable; did you mean OR3_SERVER_ADDR?"},
		{"OR3_AUTH_PROVIDER=oidc", "is not built into this program; allowed: built in is local"},
		{"OR3_SERVER_TLS_CERT=x", "server.tls_key"},
	} {
		b := newBox(t, row.env)
		for _, command := range []string{"serve", "config check", "config show", "migrate up"} {
			b.refused(ExitFailed, row.words, "", strings.Fields(command)...)
		}
		b.missing()
	}
	b := newBox(t, "OR3_SERVER_TLS_CERT=/nowhere.pem", "OR3_SERVER_TLS_KEY=/nowhere.pem")
	b.refused(ExitFailed, "server.tls_cert (from environment OR3_SERVER_TLS_CERT) cannot be used", "", "config", "check")
}
