package backup_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/backup"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
)

// breakingRestore is a restore whose last step fails.
func breakingRestore(t *testing.T, path, url string) (backup.Restored, error) {
	t.Helper()
	o := options()
	o.Renew = func(context.Context, bun.Tx, bool) (string, error) { return "", errors.New("broken on purpose") }
	file, err := backup.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sqlite, err := db.SQLiteFile(url)
	if err != nil {
		t.Fatal(err)
	}
	return backup.Restore(t.Context(), file, backup.Target{URL: url, SQLite: sqlite,
		Stopped: func(context.Context, bun.IDB) error { return nil }}, false, o)
}

// onlyDatabase asserts that nothing but the database is left in its directory.
func onlyDatabase(t *testing.T, file string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); name != filepath.Base(file) && name != filepath.Base(file)+"-wal" && name != filepath.Base(file)+"-shm" {
			t.Errorf("%s was left behind", name)
		}
	}
}

func TestEveryDamagedByteAndEveryCutIsRefused(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	fill(t, d)
	path, _ := made(t, d)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, content []byte, at int) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := backup.Open(t.Context(), path, options())
		if err == nil {
			_ = file.Close()
		}
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Unsupported) {
			t.Fatalf("a backup %s at byte %d of %d is taken: %v", what, at, len(whole), err)
		}
	}
	// A stride that is prime to tar's blocks meets every place in a block.
	for at := 0; at < len(whole); at += 61 {
		altered := slices.Clone(whole)
		altered[at] ^= 0x20
		try("altered", altered, at)
	}
	for at := 0; at < len(whole); at += 509 {
		try("cut off", whole[:at], at)
	}
	for at := len(whole) - 2100; at < len(whole); at += 37 {
		try("cut off", whole[:at], at)
	}
	try("with something behind it", append(slices.Clone(whole), 0), len(whole))
	try("without its middle", append(slices.Clone(whole[:1024]), whole[1536:]...), 1024)
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := backup.Open(t.Context(), path, options())
	if err != nil {
		t.Fatalf("the backup itself is refused: %v", err)
	}
	_ = file.Close()
}

func TestWhatIsNotABackupIsRefusedByName(t *testing.T) {
	dir := t.TempDir()
	at := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, words := range map[string]string{
		filepath.Join(dir, "nowhere"): "There is no file",
		dir:                           "is not a file",
		at("empty", ""):               "is not a backup",
		at("text", strings.Repeat("a letter\n", 99)): "is not a backup",
		at("short", "or3-backup\x00"):                "cut off after 11 bytes",
	} {
		if _, err := backup.Open(t.Context(), path, options()); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: got %v, want %q", path, err, words)
		}
	}
}

func TestABackupReplacesOnlyABackup(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	fill(t, d)
	path, first := made(t, d)
	forget(t, d)
	second, err := backup.Write(t.Context(), d, path, options())
	if err != nil || second.SHA256 == first.SHA256 {
		t.Errorf("a second backup gives %+v, %v", second, err)
	}
	precious := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(precious, []byte("do not touch"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, words := range map[string]string{
		precious:                                   "exists and is not a backup",
		filepath.Dir(precious):                     "is a directory",
		filepath.Join(precious, "below"):           "cannot be written",
		filepath.Join(t.TempDir(), "nowhere", "b"): "cannot be written",
	} {
		if _, err := backup.Write(t.Context(), d, path, options()); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: got %v, want %q", path, err, words)
		}
	}
	if text, err := os.ReadFile(precious); string(text) != "do not touch" {
		t.Errorf("it says %q now: %v", text, err)
	}
}

func TestABackupIsInTheAuditLogAndHasNoSecrets(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	fill(t, d)
	path, m := made(t, d)
	page, err := audit.New(audit.Options{DB: d}).List(t.Context(), audit.Filter{Action: backup.ActBackup})
	if err != nil || len(page.Entries) != 1 || !strings.Contains(string(page.Entries[0].Details), m.SHA256) {
		t.Errorf("the audit log has %+v, %v", page, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("others may read the backup: %v, %v", info.Mode(), err)
	}
	for _, table := range m.Manifest.Tables {
		if slices.Contains([]string{"sessions", "nodes", "throttles"}, table.Name) {
			t.Errorf("%s is in the backup", table.Name)
		}
	}
}

func TestABackupOfNothingIsRefused(t *testing.T) {
	d := open(t, dbtest.SQLiteURL(t))
	path := filepath.Join(t.TempDir(), "b")
	if _, err := backup.Write(t.Context(), d, path, options()); err == nil {
		t.Error("an empty database gives a backup")
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was left behind: %v", err)
	}
}

func TestAnInterruptedBackupLeavesNothing(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	fill(t, d)
	path := filepath.Join(t.TempDir(), "b")
	ctx, cancel := context.WithCancel(t.Context())
	o := options()
	o.Progress = func(backup.Progress) { cancel() }
	if _, err := backup.Write(ctx, d, path, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); len(entries) > 0 {
		t.Errorf("%v was left behind: %v", entries, err)
	}
}
