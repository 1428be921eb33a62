// Package backup takes backups of a real server under load and kills real
// restores, on both databases.
package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take before it counts as broken.
const patience = 60 * time.Second

// binary is the real or3, built once for the package's run.
var binary = &built{}

type built struct {
	once sync.Once
	dir  string
	path string
	err  error
}

func (b *built) get(t *testing.T) string {
	t.Helper()
	b.once.Do(b.build)
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.path
}

// build outlives the test that asks first.
func (b *built) build() {
	if b.dir, b.err = os.MkdirTemp("", "or3-backup-bin-"); b.err != nil {
		return
	}
	b.path = filepath.Join(b.dir, "or3")
	if out, err := exec.Command("go", "build", "-o", b.path, "or3.cloud/or3").CombinedOutput(); err != nil {
		b.err = fmt.Errorf("go build: %w\n%s", err, out)
	}
}

func (b *built) remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

// machine is a data directory and a database, and the commands run there.
type machine struct {
	t   *testing.T
	bin string
	dir string
	url string // of the database
}

func newMachine(t *testing.T, bin, url string) machine {
	return machine{t: t, bin: bin, dir: filepath.Join(t.TempDir(), "data"), url: url}
}

func (m machine) command(args ...string) *exec.Cmd {
	cmd := exec.Command(m.bin, append(args, "--data", m.dir)...)
	cmd.Env = []string{"OR3_DATABASE_URL=" + m.url, "OR3_LIMITS_ENABLED=false", "OR3_STORAGE_ENABLED=false", "PATH=" + os.Getenv("PATH")}
	return cmd
}

// or3 runs a command that has to succeed and gives its standard output.
func (m machine) or3(stdin string, args ...string) string {
	m.t.Helper()
	cmd := m.command(args...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = strings.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if err != nil {
		m.t.Fatalf("or3 %s: %v: %s", strings.Join(args, " "), err, &stderr)
	}
	return strings.TrimSpace(string(out))
}

// serving is a running or3 serve.
type serving struct {
	base string
	cmd  *exec.Cmd
	done chan error
}

var listening = regexp.MustCompile(`listening on (http://\S+)`)

// serve starts the server and waits until it says where it listens.
func (m machine) serve() *serving {
	m.t.Helper()
	log, err := os.Create(filepath.Join(m.t.TempDir(), "log"))
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = log.Close() })
	s := &serving{cmd: m.command("serve", "--addr", "127.0.0.1:0"), done: make(chan error, 1)}
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	go func() { s.done <- s.cmd.Wait() }()
	m.t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	var said []byte
	eventually(m.t, "serve listens", func() bool {
		if said, err = os.ReadFile(log.Name()); err != nil || len(s.done) > 0 {
			m.t.Fatalf("serve does not listen: %v\n%s", err, said)
		}
		return listening.Match(said)
	})
	s.base = string(listening.FindSubmatch(said)[1])
	return s
}

// eventually asks until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("it never came true that %s", what)
		}
	}
}

// stop ends the server as an operator does.
func (s *serving) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.done:
	case <-time.After(patience):
		t.Fatal("the server does not stop")
	}
}

// api sends JSON with a token and reads the answer into out.
func (s *serving) api(ctx context.Context, token, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.base+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s answers %d: %s", method, path, answer.StatusCode, text)
	}
	if out == nil {
		return nil
	}
	return errors.Join(json.Unmarshal(text, out))
}
