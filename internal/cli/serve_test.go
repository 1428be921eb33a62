package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/internal/db/dbtest"
)

// served is a serve that runs inside the test's process.
type served struct {
	t      *testing.T
	base   string
	stdout *lockedBuffer
	stderr *lockedBuffer
	cancel context.CancelFunc
	code   chan int
	once   sync.Once
	ended  int
}

// lockedBuffer is written by the server while the test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var listening = regexp.MustCompile(`listening on (https?://\S+)`)

// patience is how long a test waits for something before it calls it broken.
const patience = 3 * time.Minute

// serve starts the server of the box on a free port and waits until it says
// where it listens.
func (b box) serve(args ...string) *served {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	s := &served{t: b.t, stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, cancel: cancel, code: make(chan int, 1)}
	go func() {
		s.code <- Run(ctx, Invocation{Args: append([]string{"serve", "--addr", "127.0.0.1:0", "--data", b.dir}, args...), Stdin: strings.NewReader(""),
			Stdout: s.stdout, Stderr: s.stderr, Environ: b.env, Model: model(b.t), Version: "v0.0.0-test"})
	}()
	b.t.Cleanup(func() { s.stop() })
	s.eventually("serve listens", func() bool {
		if len(s.code) > 0 {
			b.t.Fatalf("serve ended: %s", s.stderr)
		}
		found := listening.FindStringSubmatch(s.stdout.String())
		if found != nil {
			s.base = found[1]
		}
		return found != nil
	})
	return s
}

// eventually waits for something that another goroutine or process does.
func (s *served) eventually(what string, is func() bool) {
	s.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !is() {
		select {
		case <-tick.C:
		case <-limit:
			s.t.Fatalf("it never came true that %s; the log says\n%s", what, s.stderr)
		}
	}
}

// stop cancels the serve and gives its exit code. Twice is safe.
func (s *served) stop() int {
	s.once.Do(func() {
		s.cancel()
		select {
		case s.ended = <-s.code:
		case <-time.After(patience):
			s.t.Errorf("serve does not stop; the log says\n%s", s.stderr)
		}
	})
	return s.ended
}

// status asks for a path with a bearer token ("" for none).
func (s *served) status(path, token string) int {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.base+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}

func TestServePrintsTheSetUpLinkUntilThereIsAnOwner(t *testing.T) {
	b := newBox(t)
	link := regexp.MustCompile(`(http://127\.0\.0\.1:\d+/setup\?token=)([A-Za-z0-9_-]{43})`)
	var tokens []string
	for range 2 {
		s := b.serve()
		found := link.FindStringSubmatch(s.stdout.String())
		if found == nil {
			t.Fatalf("no link in %q", s.stdout)
		}
		if got := s.status("/setup?token="+found[2], ""); got != http.StatusOK {
			t.Errorf("the link answers %d", got)
		}
		tokens = append(tokens, found[2])
		if code := s.stop(); code != ExitOK {
			t.Errorf("serve ended with %d: %s", code, s.stderr)
		}
		if strings.Contains(s.stderr.String(), found[2]) {
			t.Error("the link is in the log")
		}
	}
	if tokens[0] == tokens[1] {
		t.Error("the second start printed the same link")
	}
	b.addOwner()
	s := b.serve()
	if strings.Contains(s.stdout.String(), "setup") {
		t.Errorf("there is an owner, and serve prints %q", s.stdout)
	}
}

func TestTwoServesOnOneDataDirectoryAreOneTooMany(t *testing.T) {
	b := newBox(t)
	s := b.serve()
	b.refused(ExitFailed, "another or3 serve (process ", "", "serve", "--addr", "127.0.0.1:0")
	if got := s.status("/healthz", ""); got != http.StatusOK {
		t.Errorf("the first one answers %d", got)
	}
	s.stop()
	b.serve() // the lock is free again
}

func TestTwoServesOnOneSQLiteFileAreOneTooMany(t *testing.T) {
	url := dbtest.SQLiteURL(t)
	newBox(t, "OR3_DATABASE_URL="+url).serve()
	newBox(t, "OR3_DATABASE_URL="+url).refused(ExitFailed, "uses the database ", "", "serve", "--addr", "127.0.0.1:0")
}

func TestAPortInUseNamesTheKeyToChange(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	b := newBox(t)
	b.refused(ExitFailed, "server.addr = "+ln.Addr().String()+" (from command line) is in use by another program", "", "serve", "--addr", ln.Addr().String())
	b.refused(ExitFailed, "allowed: HOST:PORT", "", "serve", "--addr", "nonsense")
	taken := newBox(t, "OR3_TELEMETRY_METRICS_ADDR="+ln.Addr().String())
	got := taken.or3("", "serve", "--addr", "127.0.0.1:0")
	if got.code != ExitFailed || !strings.Contains(got.stderr, "telemetry.metrics_addr = "+ln.Addr().String()) {
		t.Errorf("a taken metrics address ends with %+v", got)
	}
}

func TestServeMakesAPrivateDataDirectory(t *testing.T) {
	b := newBox(t)
	s := b.serve()
	for name, mode := range map[string]os.FileMode{"": 0o700, "or3.db": 0o600, "secret.key": 0o600, "or3.lock": 0o600} {
		info, err := os.Stat(filepath.Join(b.dir, name))
		if runtime.GOOS == "windows" && err == nil {
			continue // access there is by lists, inherited from the person's own folder
		}
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%q has mode %v, want %v: %v", name, info.Mode().Perm(), mode, err)
		}
	}
	key, err := os.ReadFile(filepath.Join(b.dir, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	s.stop()
	if strings.Contains(s.stderr.String(), strings.TrimSpace(string(key))) {
		t.Error("the secret key is in the log")
	}
}

func TestTheLogIsJSONAndMetricsHaveTheirOwnListener(t *testing.T) {
	// Not 127.0.0.1, where somebody may be given the port before serve takes it.
	ln, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		ln, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	b := newBox(t, "OR3_TELEMETRY_METRICS_ADDR="+addr)
	s := b.serve()
	s.status("/healthz", "")
	answer, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if !strings.Contains(string(text), `or3_http_requests_total{method="GET",route="/healthz",status="200"} 1`) {
		t.Errorf("metrics answer %d without the request", answer.StatusCode)
	}
	if got := s.status("/metrics", ""); got == http.StatusOK {
		t.Error("the main listener serves metrics without a credential")
	}
	s.stop()
	for line := range strings.Lines(s.stderr.String()) {
		var record struct{ Time, Level, Msg string }
		if err := json.Unmarshal([]byte(line), &record); err != nil || record.Msg == "" {
			t.Errorf("the log line %q: %v", line, err)
		}
	}
}
