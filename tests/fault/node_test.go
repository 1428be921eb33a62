//go:build linux

package fault

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	ownerEmail    = "ines@kestrel.example"
	ownerPassword = "long-enough-for-a-fault-test"
)

// site is a database with one workspace and its owner's token. Servers can be
// started on it.
type site struct {
	dir       string
	env       []string
	token     string
	workspace string
}

// newSite sets the database up with the commands. An empty url is SQLite in the
// data directory.
func newSite(t *testing.T, dir, url string) *site {
	t.Helper()
	s := &site{dir: dir, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir(),
		"OR3_LIMITS_ENABLED=false", "OR3_STORAGE_ENABLED=false", "OR3_SERVER_SECRET_KEY=the-same-key-on-every-node-of-the-test",
	}}
	if url != "" {
		s.env = append(s.env, "OR3_DATABASE_URL="+url)
	}
	s.cli(t, ownerPassword+"\n", "user", "add", "--email", ownerEmail, "--name", "Ines Okafor",
		"--password-stdin", "--workspace", "Kestrel", "--role", "owner")
	s.token = s.newToken(t, ownerEmail)
	return s
}

func (s *site) newToken(t *testing.T, email string) string {
	t.Helper()
	out := s.cli(t, "", "token", "create", "--email", email, "--name", "fault")
	for _, word := range strings.Fields(out) {
		if strings.HasPrefix(word, "or3_pat_") {
			return word
		}
	}
	t.Fatalf("token create printed no token: %q", out)
	return ""
}

// cli runs a command on the site and gives its standard output.
func (s *site) cli(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	out, err := s.try(t, stdin, args...)
	if err != nil {
		t.Fatalf("or3 %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return out
}

// try is cli for commands that may fail.
func (s *site) try(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(binary.get(t), append(args, "--data", s.dir)...)
	cmd.Env, cmd.Stdin = s.env, strings.NewReader(stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String() + errs.String(), err
	}
	return out.String(), nil
}

// node is one running server.
type node struct {
	base string
	cmd  *exec.Cmd
	log  *tail
	done chan struct{} // closed when the process has ended
}

// start runs serve and waits until it listens.
func (s *site) start(t *testing.T, env ...string) *node {
	t.Helper()
	return s.startIn(t, s.dir, env...)
}

// startIn is start with a data directory of the node's own.
func (s *site) startIn(t *testing.T, dir string, env ...string) *node {
	t.Helper()
	n := &node{cmd: exec.Command(binary.get(t), "serve", "--addr", "127.0.0.1:0", "--data", dir), log: &tail{}, done: make(chan struct{})}
	n.cmd.Env = append(append([]string{}, s.env...), env...)
	n.cmd.Stderr = n.log
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listening := make(chan string, 1)
	go func() {
		defer close(n.done)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if _, base, ok := strings.Cut(lines.Text(), "listening on "); ok {
				listening <- strings.TrimSpace(base)
			}
		}
		_, _ = io.Copy(io.Discard, out)
		_ = n.cmd.Wait()
	}()
	t.Cleanup(func() { n.kill() })
	select {
	case n.base = <-listening:
	case <-n.done:
		t.Fatalf("serve ended before it listened: %s", n.log)
	case <-time.After(patience):
		t.Fatalf("serve does not listen: %s", n.log)
	}
	if s.workspace == "" {
		s.workspace = firstWorkspace(t, n.base, s.token)
	}
	return n
}

// kill ends the process as a crash would, and waits until it is gone.
func (n *node) kill() {
	_ = n.cmd.Process.Signal(syscall.SIGKILL)
	<-n.done
}

// stop asks the process to end and waits until it has.
func (n *node) stop(t *testing.T) {
	t.Helper()
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-n.done:
	case <-time.After(patience):
		t.Fatalf("the server does not stop: %s", n.log)
	}
	if code := n.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("the server stopped with %d: %s", code, n.log)
	}
}

func (n *node) freeze() { _ = n.cmd.Process.Signal(syscall.SIGSTOP) }
func (n *node) thaw()   { _ = n.cmd.Process.Signal(syscall.SIGCONT) }

// tail keeps the end of what a process wrote.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if over := len(l.text) - 1<<16; over > 0 {
		l.text = l.text[over:]
	}
	return len(p), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

func dataDir(t *testing.T) string { return filepath.Join(t.TempDir(), "data") }
