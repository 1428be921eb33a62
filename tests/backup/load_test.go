package backup

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
)

// put is an op that writes a row of kv.
func put(pusher, n int) map[string]any {
	pk := fmt.Sprintf("pusher-%d-%d", pusher, n)
	return map[string]any{
		"table": "kv", "op": "put", "pk": pk,
		"payload": map[string]any{"id": pk, "name": pk, "value": "v", "deleted": false, "created_at": 1, "updated_at": 1},
		"stamp":   map[string]any{"device_id": fmt.Sprint("d", pusher), "op_id": uuid.NewString(), "hlc": "1795426200000:0000:d", "clock": 1},
	}
}

// pushers push into one workspace until their context ends; head is the
// highest version that was acknowledged.
type pushers struct {
	head    atomic.Int64
	running sync.WaitGroup
}

func (p *pushers) start(ctx context.Context, t *testing.T, s *serving, token, workspace string, many int) {
	for i := range many {
		p.running.Go(func() {
			for n := 0; ctx.Err() == nil; n += 5 {
				ops := make([]any, 5)
				for j := range ops {
					ops[j] = put(i, n+j)
				}
				var answer struct {
					ServerVersion int64 `json:"server_version"`
				}
				err := s.api(ctx, token, "POST", "/api/sync/push", map[string]any{"workspace_id": workspace, "ops": ops}, &answer)
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				for seen := p.head.Load(); seen < answer.ServerVersion && !p.head.CompareAndSwap(seen, answer.ServerVersion); seen = p.head.Load() {
				}
			}
		})
	}
}

// beyond waits until so many more versions were acknowledged.
func (p *pushers) beyond(t *testing.T, more int64) {
	t.Helper()
	want := p.head.Load() + more
	eventually(t, fmt.Sprintf("version %d was acknowledged", want), func() bool {
		if t.Failed() {
			t.FailNow()
		}
		return p.head.Load() >= want
	})
}

func TestABackupUnderLoadIsOneMoment(t *testing.T) {
	bin := binary.get(t)
	for name, urls := range map[string][2]func(testing.TB) string{
		"sqlite into postgres": {dbtest.SQLiteURL, dbtest.PostgresURL},
		"postgres into sqlite": {dbtest.PostgresURL, dbtest.SQLiteURL},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, bin, urls[0](t))
			m.or3("keel and garboard 14\n", "user", "add", "--email", "ines@kestrel.example", "--name", "Ines", "--password-stdin", "--workspace", "Kestrel")
			token := m.or3("", "token", "create", "--email", "ines@kestrel.example")
			s := m.serve()
			var list struct {
				Workspaces []struct{ ID string }
			}
			if err := s.api(t.Context(), token, "GET", "/api/workspaces", nil, &list); err != nil || len(list.Workspaces) != 1 {
				t.Fatalf("%+v: %v", list, err)
			}
			workspace := list.Workspaces[0].ID

			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var load pushers
			load.start(ctx, t, s, token, workspace, 6)
			var files []string
			var floors []int64
			for i := range 3 {
				load.beyond(t, 100)
				floors = append(floors, load.head.Load())
				file := filepath.Join(t.TempDir(), fmt.Sprint("backup-", i))
				if said := m.or3("", "backup", file); !strings.Contains(said, "sha256") {
					t.Errorf("backup says %q", said)
				}
				files = append(files, file)
			}
			load.beyond(t, 20)
			stop()
			load.running.Wait()
			s.stop(t)

			target := newMachine(t, bin, urls[1](t))
			for i, file := range files {
				target.or3("", "restore", file)
				inspect(t, target.url, workspace, floors[i])
			}
			target.serve().stop(t) // and a server starts on it
		})
	}
}

// inspect holds the rows of a restored database against each other.
func inspect(t *testing.T, url, workspace string, floor int64) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var head, changes, lowest, highest, rows, astray int64
	row := d.RawReader().QueryRowContext(t.Context(), `SELECT (SELECT value FROM sync_heads WHERE workspace_id = '`+workspace+`'),
		count(*), min(server_version), max(server_version),
		(SELECT count(*) FROM sync_rows WHERE workspace_id = '`+workspace+`'),
		(SELECT count(*) FROM sync_rows r WHERE workspace_id = '`+workspace+`' AND NOT EXISTS
			(SELECT 1 FROM change_log c WHERE c.workspace_id = r.workspace_id AND c.server_version = r.server_version AND c.pk = r.pk))
		FROM change_log WHERE workspace_id = '`+workspace+`'`)
	if err := row.Scan(&head, &changes, &lowest, &highest, &rows, &astray); err != nil {
		t.Fatal(err)
	}
	if lowest != 1 || highest != changes || head != highest || rows != changes || astray != 0 {
		t.Errorf("head %d, %d changes from %d to %d, %d rows of which %d have no change: not one moment", head, changes, lowest, highest, rows, astray)
	}
	var base, discard int64
	row = d.RawReader().QueryRowContext(t.Context(), `SELECT base_version, discard_newer FROM sync_histories
		WHERE workspace_id = '`+workspace+`' AND history_id = (SELECT value FROM settings WHERE key = '`+db.SyncHistorySetting+`')`)
	if err := row.Scan(&base, &discard); err != nil || base != head || discard != 0 {
		t.Errorf("the new history begins at version %d of %d, discard_newer %d: %v", base, head, discard, err)
	}
	if head < floor {
		t.Errorf("version %d was acknowledged before the backup, which ends at %d", floor, head)
	}
}
