//go:build linux

package fault

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cluster is a PostgreSQL of the test's own, on a socket of its own: killing it
// harms nobody.
type cluster struct {
	bin  string
	dir  string
	as   *syscall.Credential // PostgreSQL does not run as root
	cmd  *exec.Cmd
	log  *tail
	done chan struct{}
}

const clusterPrefix = "or3-fault-cluster-"

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{bin: postgresBin(), as: unprivileged(t), log: &tail{}}
	if c.bin == "" {
		need(t, "initdb", "PostgreSQL's initdb is not installed")
	}
	c.dir = ownDir(t, c.as)
	out, err := c.command("initdb", "-D", c.data(), "-U", "postgres", "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8").CombinedOutput()
	if err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	t.Cleanup(c.kill)
	c.start(t)
	return c
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

// url names the cluster by its socket.
func (c *cluster) url() string { return "postgres://postgres@/postgres?host=" + c.dir + "&port=5432" }

func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	// What PostgreSQL does when it is told to stop at once.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Pdeathsig: syscall.SIGQUIT}
	return cmd
}

// start runs the server and waits until it takes connections. After a kill it
// may find traces of the one before; then it is tried again.
func (c *cluster) start(t *testing.T) {
	t.Helper()
	eventually(t, "PostgreSQL starts", func() bool {
		c.cmd = c.command("postgres", "-D", c.data(), "-c", "listen_addresses=", "-c", "unix_socket_directories="+c.dir, "-p", "5432", "-c", "max_connections=80")
		c.cmd.Stderr, c.cmd.Stdout = c.log, c.log
		if err := c.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		c.done = make(chan struct{})
		go func(cmd *exec.Cmd, done chan struct{}) { _ = cmd.Wait(); close(done) }(c.cmd, c.done)
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); pause(t.Context(), 20*time.Millisecond) {
			select {
			case <-c.done:
				return false
			default:
			}
			if c.command("psql", "-h", c.dir, "-p", "5432", "-U", "postgres", "-qc", "SELECT 1", "postgres").Run() == nil {
				return true
			}
		}
		t.Fatalf("PostgreSQL does not answer: %s", c.log)
		return false
	})
}

// kill ends every process of the server at once, as a power cut would.
func (c *cluster) kill() {
	if c.cmd == nil || c.cmd.Process == nil {
		return
	}
	backends := childrenOf(c.cmd.Process.Pid)
	_ = c.cmd.Process.Signal(syscall.SIGKILL)
	for _, pid := range append(backends, childrenOf(c.cmd.Process.Pid)...) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	<-c.done
}

// quit is PostgreSQL's own immediate stop.
func (c *cluster) quit() {
	_ = c.cmd.Process.Signal(syscall.SIGQUIT)
	<-c.done
}

func childrenOf(parent int) []int {
	var children []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				children = append(children, pid)
			}
		}
	}
	return children
}

// postgresBin finds the newest PostgreSQL's programs.
func postgresBin() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if len(found) > 0 {
		return filepath.Dir(found[0])
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	return ""
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// unprivileged is somebody else when the test runs as root.
func unprivileged(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
			gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
			if errUID == nil && errGID == nil {
				return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			}
		}
	}
	need(t, "initdb", "there is neither a user postgres nor nobody to run PostgreSQL as")
	return nil
}

// ownDir makes a directory of another user, short enough for a socket's name.
func ownDir(t *testing.T, as *syscall.Credential) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", fmt.Sprintf("%s%d-", clusterPrefix, os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// removeStaleClusters takes away the directories of runs that were killed.
// Their servers ended with them.
func removeStaleClusters() {
	dirs, _ := filepath.Glob("/tmp/" + clusterPrefix + "*")
	for _, dir := range dirs {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), clusterPrefix), "-")
		if n, err := strconv.Atoi(pid); err == nil && n != os.Getpid() && syscall.Kill(n, 0) != nil {
			_ = os.RemoveAll(dir)
		}
	}
}
