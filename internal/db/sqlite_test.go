package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
)

func TestOnlyItsOwnerCanReadTheDatabaseFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	dir := filepath.Join(t.TempDir(), "new", "data")
	d := dbtest.Open(t, "sqlite://"+dir+"/or3.db")
	if err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error { return db.PutSetting(ctx, tx, "a", "b") }); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"": 0o700, "or3.db": 0o600, "or3.db-wal": 0o600, "or3.db-shm": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%q has mode %o, want %o", name, got, want)
		}
	}
}

func TestEveryConnectionKeepsThePromises(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	for name, pool := range map[string]*sql.DB{"writer": d.RawWriter(), "reader": d.RawReader()} {
		for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "trusted_schema": "0"} {
			var got string
			if err := pool.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); got != want || err != nil {
				t.Errorf("%s: %s is %q, %v; want %q", name, pragma, got, err, want)
			}
		}
	}
	var pages string
	if err := d.RawWriter().QueryRowContext(t.Context(), "PRAGMA wal_autocheckpoint").Scan(&pages); pages != "16000" || err != nil {
		t.Errorf("autocheckpoint at %s pages, %v", pages, err)
	}
}

func TestTheReaderCannotWrite(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	if err := db.PutSetting(t.Context(), d.Read(), "a", "b"); err == nil {
		t.Fatal("a reader wrote")
	}
	if _, err := d.RawReader().ExecContext(t.Context(), "DELETE FROM settings"); err == nil {
		t.Fatal("a reader deleted")
	}
}

func TestOldVersionsAreOlder(t *testing.T) {
	for _, c := range []struct {
		version string
		older   bool
	}{{"3.51.2", true}, {"3.51.3", false}, {"3.54.1", false}, {"3.9.0", true}, {"3.51", true}, {"4.0", false}, {"3.51.10", false}, {"", true}} {
		if got := db.OlderThan(c.version, "3.51.3"); got != c.older {
			t.Errorf("%q: %v", c.version, got)
		}
	}
}

func TestWhatASQLiteURLMayBe(t *testing.T) {
	for in, want := range map[string]string{"sqlite:///a/b.db": "/a/b.db", "sqlite:///with space/ü%.db": "/with space/ü%.db", "sqlite:///a#b/c.db": "/a#b/c.db"} {
		if got, err := db.SQLitePath(in); err != nil || filepath.ToSlash(got) != want {
			t.Errorf("%s: %q, %v", in, got, err)
		}
	}
	for _, bad := range []string{"sqlite://", "sqlite://:memory:", "sqlite:///a.db?mode=ro", "sqlite:///a?_pragma=synchronous(off)", "sqlite:///a\x00b"} {
		if got, err := db.SQLitePath(bad); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

func TestAnOddPathIsAFileOfThatName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "100% ü #1", "or 3.db")
	dbtest.Open(t, "sqlite://"+filepath.ToSlash(path))
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
}

func TestADatabaseThatCannotBeOpenedSaysWhatToDo(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, []byte("not a directory"), 0o600); err != nil {
		t.Fatal(err)
	}
	garbage := filepath.Join(t.TempDir(), "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("this is no database. ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"", "mysql://x", "sqlite://" + blocked + "/or3.db", "sqlite://" + filepath.Dir(blocked), "sqlite://" + garbage} {
		d, err := db.Open(t.Context(), db.Options{URL: url})
		if err == nil {
			_ = d.Close()
			t.Errorf("%q was opened", url)
		} else if fault.KindOf(err) == fault.Internal {
			t.Errorf("%q: no words for the operator: %v", url, err)
		}
	}
}

func TestTheLogIsFoldedIntoTheFile(t *testing.T) {
	url := dbtest.SQLiteURL(t)
	d := dbtest.Open(t, url)
	path := strings.TrimPrefix(url, "sqlite://")
	size := db.Checkpoint(t.Context(), d, path, -1) // passive: somebody may be writing
	if size == 0 {
		t.Fatal("there was nothing in the log")
	}
	if size = db.Checkpoint(t.Context(), d, path, size); size != 0 {
		t.Fatalf("an idle log still has %d bytes", size)
	}
}

// Needs to mount a small file system, which only root on Linux can.
func TestAFullDiskRefusesWritesAndLosesNothing(t *testing.T) {
	dir := t.TempDir()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("only root on Linux can mount a small file system")
	}
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("mounting is not allowed here: %s", out)
	}
	t.Cleanup(func() { _ = exec.CommandContext(context.Background(), "umount", "-l", dir).Run() })
	d := dbtest.Open(t, "sqlite://"+dir+"/or3.db")
	acked := 0
	var err error
	for ; err == nil && acked < 10_000; acked++ {
		err = d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			return db.PutSetting(ctx, tx, fmt.Sprint("key", acked), strings.Repeat("x", 4096))
		})
	}
	acked-- // the last one failed
	if !fault.Is(err, fault.DiskFull) {
		t.Fatalf("after %d writes: %v; want disk_full", acked, err)
	}
	var n int
	if err := d.RawReader().QueryRow(`SELECT count(*) FROM settings WHERE key LIKE 'key%'`).Scan(&n); err != nil || n != acked {
		t.Fatalf("%d of %d acknowledged writes are there, %v", n, acked, err)
	}
	if out, err := exec.CommandContext(t.Context(), "mount", "-o", "remount,size=64m", dir).CombinedOutput(); err != nil {
		t.Fatalf("remount: %s", out)
	}
	if err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error { return db.PutSetting(ctx, tx, "again", "x") }); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	var ok string
	if err := d.RawReader().QueryRow(`PRAGMA integrity_check`).Scan(&ok); err != nil || ok != "ok" {
		t.Fatalf("integrity: %s, %v", ok, err)
	}
}

func TestABrokenReferenceIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			return db.InsertMember(ctx, tx, &db.Member{WorkspaceID: "nowhere", UserID: "nobody", Role: "owner"})
		})
		if err == nil || db.IsUnique(err) {
			t.Fatalf("got %v", err)
		}
		if errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	})
}
