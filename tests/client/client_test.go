// Package client runs the TypeScript client against the real program: several
// devices of two people, each with an IndexedDB of its own, behind a network
// that loses and doubles. The suite itself is sync/client/real.
package client

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

const (
	folder   = "../../sync/client"
	patience = time.Minute
)

func TestDevicesOfTypeScriptConvergeOnTheRealServer(t *testing.T) {
	node := need(t)
	bin := build(t)
	dir := t.TempDir()
	env := append(os.Environ(), "OR3_LIMITS_ENABLED=false")
	cli := func(stdin string, args ...string) string {
		t.Helper()
		cmd := exec.Command(bin, append(args, "--data", dir)...)
		cmd.Env, cmd.Stdin = env, strings.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("or3 %s: %v", strings.Join(args, " "), err)
		}
		return strings.TrimSpace(string(out))
	}
	run := env
	for i, email := range []string{"ann@example.org", "bob@example.org"} {
		n := string(rune('1' + i))
		cli("a long enough password", "user", "add", "--email", email, "--name", "P"+n, "--password-stdin", "--workspace", "Harbour", "--role", []string{"owner", "editor"}[i])
		run = append(run, "OR3_TEST_REAL_EMAIL_"+n+"="+email, "OR3_TEST_REAL_TOKEN_"+n+"="+cli("", "token", "create", "--email", email))
	}
	base := serve(t, bin, dir, env)
	for _, n := range []string{"1", "2"} {
		run = append(run, "OR3_TEST_REAL_USER_"+n+"="+userID(t, base, value(run, "OR3_TEST_REAL_TOKEN_"+n)))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	suite := exec.CommandContext(ctx, node, "node_modules/vitest/vitest.mjs", "run", "--config", "vitest.real.config.ts")
	suite.Dir, suite.Env = folder, append(run, "OR3_TEST_REAL_URL="+base, "NO_COLOR=1")
	out, err := suite.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

// need skips, or fails where it is required, without Node or its packages.
func need(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	why := "node is not installed"
	if err == nil {
		if _, err = os.Stat(folder + "/node_modules/vitest"); err == nil {
			return node
		}
		why = "vitest is not installed: run `npm ci` in sync/client"
	}
	if slices.Contains(strings.Split(os.Getenv("OR3_TEST_REQUIRE"), ","), "node") {
		t.Fatal(why)
	}
	t.Skipf("SKIP: %s", why)
	return ""
}

func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "or3")
	cmd := exec.Command("go", "build", "-o", bin, "or3.cloud/or3")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// serve starts the program on a free port and stops it when the test ends.
func serve(t *testing.T, bin, dir string, env []string) string {
	t.Helper()
	cmd := exec.Command(bin, "serve", "--addr", "127.0.0.1:0", "--data", dir)
	cmd.Env = env
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listening, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, base, ok := strings.Cut(lines.Text(), "listening on "); ok {
				listening <- strings.TrimSpace(base)
			}
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	select {
	case base := <-listening:
		return base
	case <-ended:
		t.Fatal("the server ended before it listened")
	case <-time.After(patience):
		t.Fatal("the server does not listen")
	}
	return ""
}

func userID(t *testing.T, base, token string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", base+"/api/auth/session", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Session struct {
			User struct {
				ID string `json:"id"`
			} `json:"user"`
		} `json:"session"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Session.User.ID == "" {
		t.Fatalf("%v: %s", err, text)
	}
	return answer.Session.User.ID
}

// value is an environment variable's value.
func value(env []string, name string) string {
	for _, entry := range env {
		if v, ok := strings.CutPrefix(entry, name+"="); ok {
			return v
		}
	}
	return ""
}
