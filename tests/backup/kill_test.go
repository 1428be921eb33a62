package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
)

// manyRows is enough for a restore to be met in all of its steps.
const manyRows = 10_000

func TestMain(m *testing.M) {
	code := m.Run()
	binary.remove()
	os.Exit(code)
}

// write opens a database, migrates it and runs one transaction.
func write(t *testing.T, url string, fn func(ctx context.Context, tx bun.Tx) error) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// state reads which content a database has: what "which" says, and how many
// rows come with it. PostgreSQL may need a moment to notice that somebody died.
func state(t *testing.T, url string) (which string, rows int64) {
	t.Helper()
	eventually(t, "the database can be read", func() bool {
		var err error
		which, rows, err = look(t.Context(), url)
		if err != nil && !fault.Is(err, fault.Unavailable) {
			t.Fatalf("the database cannot be read: %v", err)
		}
		return err == nil
	})
	return which, rows
}

func look(ctx context.Context, url string) (which string, rows int64, err error) {
	d, err := db.Open(ctx, db.Options{URL: url, PollEvery: -1})
	if err != nil {
		return "", 0, err
	}
	defer d.Close()
	if err := errors.Join(d.CheckMigrated(ctx), d.CheckSQLite(ctx)); err != nil {
		return "", 0, err
	}
	if which, err = db.SettingValue(ctx, d.Read(), "which"); err != nil {
		return "", 0, err
	}
	rows, err = d.CountRows(ctx, "sync_rows")
	return which, rows, err
}

func TestAKilledRestoreLeavesTheOldOrTheNew(t *testing.T) {
	bin := binary.get(t)
	source := newMachine(t, bin, dbtest.SQLiteURL(t))
	write(t, source.url, func(ctx context.Context, tx bun.Tx) error {
		for at := 0; at < manyRows; at += 500 {
			rows := make([]db.SyncRow, 500)
			for i := range rows {
				text := strings.Repeat(fmt.Sprintf("row %d ", at+i), 20)
				rows[i] = db.SyncRow{WorkspaceID: "w", TableName: "kv", PK: fmt.Sprint(at + i), Payload: &text, ServerVersion: int64(at + i + 1)}
			}
			if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
				return err
			}
		}
		return db.PutSetting(ctx, tx, "which", "new")
	})
	file := filepath.Join(t.TempDir(), "b")
	source.or3("", "backup", file)

	for kind, url := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLiteURL, "postgres": dbtest.PostgresURL} {
		t.Run(kind, func(t *testing.T) {
			m := newMachine(t, bin, url(t))
			old := func() {
				write(t, m.url, func(ctx context.Context, tx bun.Tx) error { return db.PutSetting(ctx, tx, "which", "old") })
			}
			old()
			began := time.Now()
			m.or3("", "restore", file)
			took := time.Since(began) // only to spread the kills over it
			want := map[string]int64{"new": manyRows, "old": manyRows}
			const kills = 6
			for i := range kills {
				old()
				cmd := m.command("restore", file)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				<-time.After(took * time.Duration(i) / kills)
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				which, rows := state(t, m.url)
				if n, ok := want[which]; !ok || rows != n {
					t.Errorf("after kill %d the database says %q and has %d rows", i, which, rows)
				}
			}
			m.or3("", "restore", file)
			if which, rows := state(t, m.url); which != "new" || rows != manyRows {
				t.Errorf("a restore after the kills leaves %q with %d rows", which, rows)
			}
			if sqlite, _ := db.SQLiteFile(m.url); sqlite != "" {
				unfinished(t, sqlite)
			}
		})
	}
}

// unfinished asserts that the last restore cleared what the killed ones left.
func unfinished(t *testing.T, sqlite string) {
	t.Helper()
	left, err := filepath.Glob(sqlite + ".restoring-*")
	if err != nil || len(left) > 0 {
		t.Errorf("%v was left behind: %v", left, err)
	}
	current, err := os.Stat(sqlite)
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := filepath.Glob(sqlite + ".before-restore-*")
	for _, name := range kept {
		if info, err := os.Stat(name); err == nil && os.SameFile(info, current) {
			t.Errorf("%s is a second name of the database", name)
		}
	}
}
