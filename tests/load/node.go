package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // creates the database of a PostgreSQL run
)

// build makes the binary as a release does.
func build(ctx context.Context, dir string) (string, error) {
	bin := filepath.Join(dir, "or3")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, "or3.cloud/or3")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return bin, cmd.Run()
}

// node is one running server process.
type node struct {
	binary string
	data   string
	env    []string
	cmd    *exec.Cmd

	database string // its name on PostgreSQL, "" on SQLite
	base     string // http://127.0.0.1:port
	ready    time.Duration
}

// site is a data directory (and a database) that nodes can be started on.
type site struct {
	dir      string
	env      []string
	database string // its name on PostgreSQL, "" on SQLite
	close    func()
}

func newSite(ctx context.Context, o options) (*site, error) {
	dir, err := os.MkdirTemp("", "or3-load")
	if err != nil {
		return nil, err
	}
	s := &site{dir: dir, close: func() { os.RemoveAll(dir) }, env: []string{
		"OR3_LIMITS_ENABLED=false", "OR3_TELEMETRY_LOG_LEVEL=error",
	}}
	if o.withFiles {
		s.env = append(s.env, "OR3_STORAGE_PROVIDER=disk", "OR3_STORAGE_MAX_FILE_SIZE_BYTES=64GiB", "OR3_STORAGE_ALLOWED_MIME_TYPES="+fileType)
	} else {
		s.env = append(s.env, "OR3_STORAGE_ENABLED=false")
	}
	if o.postgres == "" {
		return s, nil
	}
	base, err := url.Parse(o.postgres)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("pgx", o.postgres)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("or3_load_%d", time.Now().UnixNano())
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	s.database = name
	own := *base
	own.Path = "/" + name
	s.env = append(s.env, "OR3_DATABASE_URL="+own.String())
	s.close = func() {
		_, _ = db.Exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
		db.Close()
		os.RemoveAll(dir)
	}
	return s, nil
}

// cli runs an or3 command on the site and gives its standard output.
func (s *site) cli(ctx context.Context, o options, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, o.binary, append(args, "--data", s.dir)...)
	cmd.Env = append(os.Environ(), s.env...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("or3 %s: %w: %s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSpace(out.String()), nil
}

const (
	ownerEmail    = "ines@kestrel.example"
	ownerPassword = "long-enough-for-a-load-test"
)

// token makes the first owner, her workspace and an API token.
func (s *site) token(ctx context.Context, o options) (string, error) {
	if _, err := s.cli(ctx, o, ownerPassword+"\n", "user", "add", "--email", ownerEmail, "--name", "Ines Okafor",
		"--password-stdin", "--workspace", "Kestrel", "--role", "owner"); err != nil {
		return "", err
	}
	out, err := s.cli(ctx, o, "", "token", "create", "--email", ownerEmail, "--name", "load")
	if err != nil {
		return "", err
	}
	for _, word := range strings.Fields(out) {
		if strings.HasPrefix(word, "or3_pat_") {
			return word, nil
		}
	}
	return "", fmt.Errorf("token create printed no token: %q", out)
}

// start runs serve on a free port and waits for "listening on".
func (s *site) start(ctx context.Context, o options, data string) (*node, error) {
	n := &node{binary: o.binary, data: data, env: s.env, database: s.database}
	n.cmd = exec.CommandContext(ctx, o.binary, "serve", "--addr", "127.0.0.1:0", "--data", data)
	n.cmd.Env = append(os.Environ(), s.env...)
	n.cmd.Stderr = os.Stderr
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, addr, ok := strings.Cut(lines.Text(), "listening on "); ok {
			n.ready = time.Since(began)
			n.base = strings.TrimSpace(addr)
			go io.Copy(io.Discard, out)
			return n, nil
		}
	}
	return nil, fmt.Errorf("serve ended before it listened: %w", n.cmd.Wait())
}

func (n *node) stop() {
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	_ = n.cmd.Wait()
}

// rss is the resident memory in MiB, as the kernel counts it.
func (n *node) rss() (float64, error) { return n.status("VmRSS:") }

// peak is the most resident memory in MiB since forgetPeak.
func (n *node) peak() (float64, error) { return n.status("VmHWM:") }

// forgetPeak has the kernel begin the peak of memory anew.
func (n *node) forgetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", n.cmd.Process.Pid), []byte("5"), 0o200)
}

// status is a line of the process's status, which is in KiB, in MiB.
func (n *node) status(name string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			kib, err := strconv.ParseFloat(f[1], 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("no %s", name)
}

// call sends one JSON request with the token and decodes the answer into reply.
func (n *node) call(ctx context.Context, method, path, token string, body, reply any) (int, error) {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		in = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, n.base+path, in)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && reply != nil && res.StatusCode < 300 {
		err = json.Unmarshal(text, reply)
	}
	if res.StatusCode >= 300 && err == nil && reply != nil {
		err = fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, text)
	}
	return res.StatusCode, err
}

// workspace is the id of the token's first workspace.
func (n *node) workspace(ctx context.Context, token string) (string, error) {
	var list struct {
		Workspaces []struct{ ID string } `json:"workspaces"`
	}
	if _, err := n.call(ctx, http.MethodGet, "/api/workspaces", token, nil, &list); err != nil {
		return "", err
	}
	if len(list.Workspaces) == 0 {
		return "", fmt.Errorf("no workspace")
	}
	return list.Workspaces[0].ID, nil
}
