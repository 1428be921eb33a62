package backup_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/backup"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
)

// moment is the time in these tests; it moves on a second with each question.
type moment struct{ at time.Time }

func (m *moment) now() time.Time {
	m.at = m.at.Add(time.Second)
	return m.at
}

func options() backup.Options {
	clock := &moment{at: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
	return backup.Options{Program: "v1.2.3", Now: clock.now, Renew: func(ctx context.Context, tx bun.Tx, discardNewer bool) (string, error) {
		return "h-new", db.PutSetting(ctx, tx, "renewed", fmt.Sprint(discardNewer))
	}}
}

// awkward are texts that have gone wrong in some format or other.
func awkward() []string {
	return []string{"", " ", "plain", "two\nlines\r\n\ttab", `"quoted" \back\ 'single'`, "<b>&amp;</b>", "Grüße, 漢字, 🦜 and e\u0301", "\u2028\u2029\ufeff", "NULL", "[1,2]", "{\"text\":\"AA==\"}", strings.Repeat("long ", 2000)}
}

// fill puts people, tokens, invites, sessions and synced rows into a database.
func fill(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		put := func(model any) {
			if _, err := tx.NewInsert().Model(model).Exec(ctx); err != nil {
				t.Fatal(err)
			}
		}
		hash, none := "argon2", (*string)(nil)
		put(&db.User{ID: "u1", Email: "Ann@example.org", EmailKey: "ann@example.org", DisplayName: "Ann", PasswordHash: &hash, CreatedAt: 1})
		put(&db.User{ID: "u2", Email: "Bo@example.org", EmailKey: "bo@example.org", DisplayName: "Bo", PasswordHash: none, CreatedAt: 1 << 53})
		put(&db.Workspace{ID: "w1", Name: "Harbour", CreatedBy: "u1", CreatedAt: 1})
		put(&db.Member{WorkspaceID: "w1", UserID: "u1", Role: "owner", CreatedAt: 1})
		put(&db.Session{ID: "s1", TokenHash: "s1", UserID: "u1", Provider: "local", CreatedAt: 1, ExpiresAt: 1 << 50})
		put(&db.Throttle{Key: "k"})
		put(&db.Blob{WorkspaceID: "w1", Hash: "sha256:00", SizeBytes: 600, CreatedBy: "u1", CreatedAt: 1})
		put(&db.UploadIntent{ID: "i1", WorkspaceID: "w1", UserID: "u1", Hash: "sha256:01", SizeBytes: 1, ExpiresAt: 1 << 50})
		put(&db.StorageUsage{WorkspaceID: "w1", UsedBytes: 600})
		for _, name := range []string{"kept", "ended"} {
			put(&db.APIToken{ID: name, TokenHash: name, UserID: "u1", Name: name, ExpiresAt: 1 << 50})
			put(&db.Invite{ID: name, WorkspaceID: "w1", Email: "x", EmailKey: "x", Role: "viewer", TokenHash: name, InvitedBy: "u1", ExpiresAt: 1 << 50})
		}
		put(&db.SyncHead{WorkspaceID: "w1", Value: int64(len(awkward()))})
		for i, text := range awkward() {
			put(&db.Change{WorkspaceID: "w1", ServerVersion: int64(i + 1), TableName: "kv", PK: fmt.Sprint("k", i), Op: "put", Payload: &text, Clock: 1<<53 - 1, OpID: fmt.Sprint(i), HLC: text})
			put(&db.SyncRow{WorkspaceID: "w1", TableName: "kv", PK: fmt.Sprint("k", i), Payload: &text, Clock: int64(i), ServerVersion: int64(i + 1)})
		}
		put(&db.SyncRow{WorkspaceID: "w1", TableName: "kv", PK: "gone", Deleted: 1, ServerVersion: 1})
		return audit.New(audit.Options{DB: d}).Append(ctx, tx, audit.Entry{Action: "test.filled"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// forget ends one token and one invite, and adds what no backup has.
func forget(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		if err := db.DeleteTokenByHash(ctx, tx, "ended"); err != nil {
			return err
		}
		if err := db.RevokeInviteByHash(ctx, tx, "ended", 1); err != nil {
			return err
		}
		return db.PutSetting(ctx, tx, "newer", "than the backup")
	})
	if err != nil {
		t.Fatal(err)
	}
}

// dump is every row of a database as text, table by table.
func dump(t *testing.T, d *db.DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := d.Snapshot(t.Context(), func(ctx context.Context, s *db.Snapshot) error {
		for _, table := range s.Tables {
			rows := []string{}
			if err := s.Rows(ctx, table, func(row []any) error {
				line := fmt.Sprintf("%q", table.Columns)
				for _, v := range row {
					line += fmt.Sprintf(" %T %q", v, fmt.Sprint(v))
				}
				rows = append(rows, line)
				return nil
			}); err != nil {
				return err
			}
			slices.Sort(rows)
			all[table.Name] = rows
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// same reports where two dumps differ, leaving out tables.
func same(t *testing.T, got, want map[string][]string, but ...string) {
	t.Helper()
	if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
		t.Errorf("the tables are %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	for table, rows := range want {
		if !slices.Contains(but, table) && !slices.Equal(got[table], rows) {
			t.Errorf("%s has\n%s\nwant\n%s", table, strings.Join(got[table], "\n"), strings.Join(rows, "\n"))
		}
	}
}

// made is a backup of a database, made just now.
func made(t *testing.T, d *db.DB) (string, backup.Made) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "or3.backup")
	m, err := backup.Write(t.Context(), d, path, options())
	if err != nil {
		t.Fatal(err)
	}
	if m.Unrecorded != nil {
		t.Fatal(m.Unrecorded)
	}
	return path, m
}

// restore puts a backup into the database behind a URL.
func restore(t *testing.T, path, url string, discardNewer bool) (backup.Restored, error) {
	t.Helper()
	file, err := backup.Open(t.Context(), path, options())
	if err != nil {
		return backup.Restored{}, err
	}
	defer file.Close()
	sqlite, err := db.SQLiteFile(url)
	if err != nil {
		t.Fatal(err)
	}
	return backup.Restore(t.Context(), file, backup.Target{URL: url, SQLite: sqlite,
		Stopped: func(context.Context, bun.IDB) error { return nil }}, discardNewer, options())
}

// open opens a database as it is, and closes it at once when the test says so.
func open(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// filled is a URL of a database with content that nobody has open.
func filled(t *testing.T, url string) map[string][]string {
	t.Helper()
	d := open(t, url)
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	fill(t, d)
	all := dump(t, d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return all
}

// kinds are the two databases.
func kinds() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{"sqlite": dbtest.SQLiteURL, "postgres": dbtest.PostgresURL}
}
