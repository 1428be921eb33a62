//go:build linux

package fault

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"or3.cloud/or3/tests/device"
)

// childVariable makes this test program a child of the test: what it names is
// done, and told on standard output line by line.
const childVariable = "OR3_TEST_FAULT_CHILD"

// child does what the variable says and ends.
func child(words []string) {
	var err error
	switch words[0] {
	case "commit":
		err = commitRows(words[1], words[2])
	case "plugins":
		err = livePlugins(words[1], words[2])
	case "device":
		err = liveAsDevice(words[1], words[2], words[3])
	}
	if err != nil {
		tell("failed:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// tell says something to the parent, in one write.
func tell(words ...any) { _, _ = fmt.Fprintln(os.Stdout, words...) }

// family is a running child.
type family struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func startChild(t *testing.T, words ...string) *family {
	t.Helper()
	f := &family{cmd: exec.Command(os.Args[0])}
	f.cmd.Env = append(os.Environ(), childVariable+"="+strings.Join(words, " "))
	f.cmd.Stderr = os.Stderr
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.lines = bufio.NewScanner(out)
	t.Cleanup(func() {
		_ = f.cmd.Process.Signal(syscall.SIGKILL)
		_ = f.cmd.Wait()
	})
	return f
}

// commitRows commits to an SQLite database with the given synchronous mode, and
// tells of each commit when it has returned.
func commitRows(path, mode string) error {
	d, err := sql.Open("sqlite3", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous("+mode+")")
	if err != nil {
		return err
	}
	d.SetMaxOpenConns(1)
	if _, err := d.Exec(`CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)`); err != nil {
		return err
	}
	for n := range 60 {
		if _, err := d.Exec(`INSERT INTO t VALUES (?, ?)`, n+1, strings.Repeat("x", 500)); err != nil {
			return err
		}
		tell("committed", n+1)
	}
	return nil
}

// Recording what the server does and leaving syncs out of it is one thing; a
// database that really runs without them is another. It must be caught, and the
// same one with them must not.
func TestADatabaseThatDoesNotSyncLosesWhatItCommitted(t *testing.T) {
	for mode, safe := range map[string]bool{"OFF": false, "NORMAL": false, "FULL": true} {
		t.Run(mode, func(t *testing.T) {
			mount, r := mountRecorder(t)
			c := startChild(t, "commit", filepath.Join(mount, "t.db"), mode)
			for c.lines.Scan() {
				var n int64
				if _, err := fmt.Sscanf(c.lines.Text(), "committed %d", &n); err != nil {
					t.Fatal(c.lines.Text())
				}
				r.note(event{what: acknowledged, version: n})
			}
			events := r.all()
			random := rand.New(rand.NewPCG(powerSeed, 2))
			var lost error
			replay(t, events, chooseCuts(events, 150, random), random, func(image string, at int, _ fate) bool {
				lost = rowsOf(filepath.Join(image, "t.db"), events[:at])
				return lost == nil
			})
			if (lost == nil) != safe {
				t.Errorf("with synchronous=%s the images show: %v", mode, lost)
			}
		})
	}
}

func rowsOf(path string, before []event) error {
	want := int64(0)
	for _, e := range before {
		if e.what == acknowledged {
			want = e.version
		}
	}
	if want == 0 {
		return nil
	}
	if _, err := os.Stat(path); err != nil {
		return err
	}
	d, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		return err
	}
	defer d.Close()
	var rows int64
	if err := d.QueryRow(`SELECT count(*) FROM t`).Scan(&rows); err != nil {
		return err
	}
	if rows < want {
		return fmt.Errorf("%d rows of %d", rows, want)
	}
	return nil
}

const deviceWrites = 120

// liveAsDevice writes and syncs, telling of each op when it is acknowledged, and
// waits then until it has seen the row that says it may stop.
func liveAsDevice(base, token, workspace string) error {
	via := &device.HTTP{Base: base, Token: token, Client: newHTTP()}
	m := &member{random: rand.New(rand.NewPCG(7, 7)), via: via, device: device.New(device.Options{Workspace: workspace, Name: "frozen",
		Now: time.Now, Rand: rand.New(rand.NewPCG(7, 8))})}
	settled := func() bool { m.sync(context.Background()); return len(m.device.Pending()) == 0 }
	for n := range deviceWrites {
		m.write()
		for !settled() {
			pause(context.Background(), 5*time.Millisecond)
		}
		tell("acknowledged", n+1)
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); pause(context.Background(), 10*time.Millisecond) {
		if _, ok := m.device.Row(lastRow); settled() && ok {
			rows, digest := m.device.Digest(true)
			tell("digest", rows, digest)
			return nil
		}
	}
	return fmt.Errorf("the last row did not come within %s", patience)
}

var lastRow = device.Key{Table: "kv", PK: "the-end"}
