package cli

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/backup"
	"or3.cloud/or3/internal/db/dbtest"
)

func TestABackupOfARunningServerIsRestoredIntoAStoppedOne(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		b := newBox(t, "OR3_DATABASE_URL="+url, "OR3_STORAGE_ENABLED=false")
		b.addOwner()
		kept := b.must("", "token", "create", "--email", "ines@kestrel.example", "--name", "kept")
		ended := b.must("", "token", "create", "--email", "ines@kestrel.example", "--name", "ended")
		s := b.serve()
		file := filepath.Join(t.TempDir(), "or3.backup")
		if said := b.must("", "backup", file); !strings.Contains(said, "sha256") || !strings.Contains(said, "secret_key") {
			t.Errorf("backup says %q", said)
		}
		id := strings.Fields(lineOf(b.must("", "token", "list"), "ended"))[0]
		b.must("", "token", "revoke", id)
		b.must(password+"\n", "user", "add", "--email", "new@kestrel.example", "--name", "New", "--password-stdin", "--workspace", "Kestrel", "--role", "viewer")

		b.refused(ExitFailed, "stop it", "", "restore", file)
		if got := s.status("/api/workspaces", kept); got != http.StatusOK {
			t.Errorf("a refused restore leaves %d", got)
		}
		s.stop()
		said := b.must("", "restore", file)
		for _, want := range []string{"restored ", "history: ", "push again", "everybody signs in again", "1 kept, 1 ended", "kept: the database from before is ", "secret_key"} {
			if !strings.Contains(said, want) {
				t.Errorf("restore says %q, without %q", said, want)
			}
		}
		s = b.serve()
		if got := s.status("/api/workspaces", kept); got != http.StatusOK {
			t.Errorf("a token that had not ended answers %d", got)
		}
		if got := s.status("/api/workspaces", ended); got != http.StatusUnauthorized {
			t.Errorf("a token revoked after the backup answers %d", got)
		}
		if users := b.must("", "user", "list"); strings.Contains(users, "new@kestrel.example") {
			t.Error("somebody from after the backup is there")
		}
		s.stop()
		d := openDB(t, url)
		chain, err := audit.New(audit.Options{DB: d}).List(t.Context(), audit.Filter{Action: backup.ActRestore})
		if err != nil || len(chain.Entries) != 1 || chain.Entries[0].Actor.Kind != audit.Command {
			t.Errorf("the audit log has %+v: %v", chain.Entries, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		said = b.must("", "restore", "--discard-newer", file)
		if !strings.Contains(said, "in place of theirs") {
			t.Errorf("restore --discard-newer says %q", said)
		}
	})
}

// lineOf is the line of a text with a word in it.
func lineOf(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			return line
		}
	}
	return "none"
}

func TestABackupOrRestoreInTheWrongPlaceSaysSo(t *testing.T) {
	b := newBox(t)
	dir := t.TempDir()
	letter := filepath.Join(dir, "letter")
	if err := os.WriteFile(letter, []byte("a letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		code        int
		args, words string
	}{
		{ExitUsage, "backup", "FILE is missing; see: or3 backup --help"},
		{ExitUsage, "backup a b", `one argument too many: "b"`},
		{ExitUsage, "restore", "FILE is missing; see: or3 restore --help"},
		{ExitUsage, "restore a b", `one argument too many: "b"`},
		{ExitUsage, "restore a --discard-older", "unknown flag: --discard-older"},
		{ExitFailed, "backup " + filepath.Join(dir, "b"), "there is no database"},
		{ExitFailed, "restore " + filepath.Join(dir, "nowhere"), "There is no file"},
		{ExitFailed, "restore " + letter, "is not a backup"},
		{ExitFailed, "restore " + dir, "is not a file"},
	} {
		b.refused(row.code, row.words, "", strings.Fields(row.args)...)
	}
	b.missing()
	b.addOwner()
	b.refused(ExitFailed, "is not a backup. Name another file", "", "backup", letter)
	b.refused(ExitFailed, "is a directory", "", "backup", dir)
	b.refused(ExitFailed, "cannot be written", "", "backup", filepath.Join(dir, "nowhere", "b"))
	b.refused(ExitFailed, "the database itself", "", "backup", filepath.Join(b.dir, "or3.db"))
}
