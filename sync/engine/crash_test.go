package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// crashVariable makes this test program the victim of the crash test: it pushes
// into the database it names until it is killed, and prints what was
// acknowledged.
const crashVariable = "OR3_TEST_CRASH_URL"

func TestMain(m *testing.M) {
	if url := os.Getenv(crashVariable); url != "" {
		pushUntilKilled(url)
	}
	os.Exit(m.Run())
}

func pushUntilKilled(url string) {
	d, err := db.Open(context.Background(), db.Options{URL: url, PollEvery: -1})
	if err != nil {
		panic(err)
	}
	e, err := engine.New(engine.Options{DB: d, Now: func() time.Time { return time.UnixMilli(now) }})
	if err != nil {
		panic(err)
	}
	var out sync.Mutex
	for range 31 {
		go func() {
			for {
				pushAndTell(e, &out)
			}
		}()
	}
	for {
		pushAndTell(e, &out)
	}
}

// pushAndTell prints an acknowledgement in one write, so that the reader never
// sees a part of one that was not meant.
func pushAndTell(e *engine.Engine, out *sync.Mutex) {
	ops := []wire.Op{newOp(`{"id":"shared","name":"shared","value":"x","created_at":1,"updated_at":1}`, wire.KV, "shared", 1), message()}
	ops[0].Stamp.Clock = time.Now().UnixMicro() % 1_000_000
	r, err := e.Push(context.Background(), ann, wire.PushRequest{WorkspaceID: "w1", Ops: ops})
	if err != nil {
		return
	}
	out.Lock()
	defer out.Unlock()
	for _, res := range r.Results {
		_, _ = fmt.Fprintf(os.Stdout, "%s %s %d\n", res.OpID, res.Status, res.ServerVersion)
	}
}

func TestWhatWasAcknowledgedSurvivesKill9(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a child process several times")
	}
	dbtest.EachURL(t, func(t *testing.T, url string) {
		newWorld(t, dbtest.Open(t, url)) // the first life makes tables and workspaces
		told := map[string]string{}      // op id → status and version
		for life := range 4 {
			for line := range victim(t, url, 200+150*life) {
				op, outcome, _ := strings.Cut(line, " ")
				if _, err := uuid.Parse(op); err != nil || !strings.Contains(outcome, " ") {
					continue // cut off by the kill, so nobody was told
				}
				told[op] = outcome
			}
		}
		survived(t, dbtest.Open(t, url), told)
	})
}

// victim runs a child, kills it with SIGKILL after so many acknowledgements and
// gives every line it printed.
func victim(t *testing.T, url string, after int) map[string]bool {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashVariable+"="+url)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{}
	for scan := bufio.NewScanner(out); scan.Scan(); {
		lines[scan.Text()] = true
		if len(lines) == after {
			_ = child.Process.Kill() // what is still in the pipe was told too
		}
	}
	_ = child.Wait()
	if len(lines) < after {
		t.Fatalf("the child ended by itself after %d lines", len(lines))
	}
	return lines
}

func survived(t *testing.T, d *db.DB, told map[string]string) {
	var changes []db.Change
	if err := d.Read().NewSelect().Model(&changes).Where("workspace_id = 'w1'").Order("server_version").Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	stored := map[string]string{}
	for i, c := range changes {
		if c.ServerVersion != int64(i+1) {
			t.Fatalf("version %d follows %d", c.ServerVersion, i)
		}
		stored[c.OpID] = fmt.Sprintf("applied %d", c.ServerVersion)
	}
	var lost []db.SupersededOp
	if err := d.Read().NewSelect().Model(&lost).Where("workspace_id = 'w1'").Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, o := range lost {
		stored[o.OpID] = "superseded 0"
	}
	for op, outcome := range told {
		if stored[op] != outcome {
			t.Errorf("op %s was told to be %q and is %q", op, outcome, stored[op])
		}
	}
	var head int64
	if err := d.Read().NewRaw(`SELECT value FROM sync_heads WHERE workspace_id = 'w1'`).Scan(t.Context(), &head); err != nil || head != int64(len(changes)) {
		t.Errorf("the head is %d (%v), the log has %d", head, err, len(changes))
	}
	if d.Dialect() == db.SQLite {
		var verdict string
		if err := d.Read().NewRaw(`PRAGMA integrity_check`).Scan(t.Context(), &verdict); err != nil || verdict != "ok" {
			t.Errorf("integrity check says %s, %v", verdict, err)
		}
	}
	t.Logf("%d acknowledged, %d changes and %d superseded ops survived", len(told), len(changes), len(lost))
}
