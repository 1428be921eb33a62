//go:build linux

package fault

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that has to happen. It is what a
// loaded machine may take, not what the server is expected to.
const patience = 60 * time.Second

// mountPrefix begins every directory that something is mounted on, followed by
// the process id of the test, so that a later run can tell what was left behind.
const mountPrefix = "or3-fault-mount-"

func TestMain(m *testing.M) {
	if words := strings.Fields(os.Getenv(childVariable)); len(words) > 0 {
		child(words)
	}
	removeStaleMounts()
	removeStaleClusters()
	code := m.Run()
	binary.remove()
	os.Exit(code)
}

// binary is the real or3, built once for the package's run.
var binary = &built{}

type built struct {
	once sync.Once
	dir  string
	path string
	err  error
}

func (b *built) get(t testing.TB) string {
	t.Helper()
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "or3-fault-bin-"); b.err != nil {
			return
		}
		b.path = filepath.Join(b.dir, "or3")
		if out, err := exec.Command("go", "build", "-o", b.path, "or3.cloud/or3").CombinedOutput(); err != nil {
			b.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.path
}

func (b *built) remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

// need skips the test for a reason, or fails when OR3_TEST_REQUIRE names what
// is missing.
func need(t *testing.T, what, reason string) {
	t.Helper()
	for _, required := range strings.Split(os.Getenv("OR3_TEST_REQUIRE"), ",") {
		if required == what {
			t.Fatalf("%s is required here: %s", what, reason)
		}
	}
	t.Skip("SKIP: " + reason)
}

// number is a figure from the environment, for runs longer than CI's.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, which is no number of runs", name, text)
	}
	return n
}

// eventually polls until the condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); pause(context.Background(), 5*time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %s: %s", patience, what)
}

// mountPoint makes an empty directory to mount on. Unmounting is the caller's.
func mountPoint(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", mountPrefix, os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(dir) }) // never RemoveAll: it may be mounted still
	return dir
}

// mountMemory mounts a file system of so many bytes in memory.
func mountMemory(t *testing.T, size int64) string {
	t.Helper()
	dir := mountPoint(t)
	if err := syscall.Mount("or3-fault", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", size)); err != nil {
		need(t, "tmpfs", "a file system in memory cannot be mounted: "+err.Error())
	}
	t.Cleanup(func() { unmount(dir) })
	return dir
}

func unmount(dir string) { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }

// removeStaleMounts takes away what an earlier run that was killed left behind.
func removeStaleMounts() {
	text, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		name, ours := strings.CutPrefix(filepath.Base(fields[1]), mountPrefix)
		pid, _, _ := strings.Cut(name, "-")
		n, err := strconv.Atoi(pid)
		if !ours || err != nil || n == os.Getpid() || syscall.Kill(n, 0) == nil {
			continue
		}
		unmount(fields[1])
		_ = os.Remove(fields[1])
	}
}
