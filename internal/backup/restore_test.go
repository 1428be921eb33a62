package backup_test

import (
	"os"
	"strings"
	"testing"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
)

// What a restore changes on purpose.
var changed = []string{"settings", "sessions", "throttles", "api_tokens", "invites", "audit_log", "access_changes", "blobs", "upload_intents", "storage_usage", "listed_files"}

func TestABackupOfEitherDatabaseFillsEither(t *testing.T) {
	for from, source := range kinds() {
		for to, target := range kinds() {
			t.Run(from+" into "+to, func(t *testing.T) {
				d := dbtest.Open(t, source(t))
				fill(t, d)
				want := dump(t, d)
				path, m := made(t, d)
				if m.Manifest.Database != from || m.Manifest.Rows() == 0 {
					t.Errorf("the manifest says %+v", m.Manifest)
				}
				url := target(t)
				done, err := restore(t, path, url, true)
				if err != nil {
					t.Fatal(err)
				}
				if done.HistoryID != "h-new" || done.Aside != "" || done.Known {
					t.Errorf("restoring into nothing gives %+v", done)
				}
				into := open(t, url)
				got := dump(t, into)
				same(t, got, want, changed...)
				if len(got["sessions"])+len(got["throttles"])+len(got["api_tokens"]) > 0 {
					t.Errorf("sessions %v, throttles %v and tokens %v came back", got["sessions"], got["throttles"], got["api_tokens"])
				}
				// The bytes are not in the backup, so nothing may say that they are there.
				for _, table := range []string{"blobs", "upload_intents"} {
					if len(want[table]) == 0 || len(got[table]) > 0 {
						t.Errorf("%s had %v and has %v after the restore", table, want[table], got[table])
					}
				}
				if used, err := db.BlobBytes(t.Context(), into.Read(), "w1"); err != nil || used != 0 || done.FilesGone != 1 {
					t.Errorf("%d bytes are in the books, %v; %d files were forgotten", used, err, done.FilesGone)
				}
				if value, err := db.SettingValue(t.Context(), into.Read(), "renewed"); value != "true" {
					t.Errorf("discard-newer arrives as %q: %v", value, err)
				}
				if r, err := audit.New(audit.Options{DB: into}).Verify(t.Context()); err != nil || r.Break != nil {
					t.Errorf("the audit log after the restore: %+v, %v", r, err)
				}
			})
		}
	}
}

func TestWhatHasEndedSinceTheBackupStaysEnded(t *testing.T) {
	for kind, url := range kinds() {
		t.Run(kind, func(t *testing.T) {
			url := url(t)
			d := dbtest.Open(t, url)
			fill(t, d)
			want := dump(t, d)
			path, _ := made(t, d)
			forget(t, d)
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			done, err := restore(t, path, url, false)
			if err != nil {
				t.Fatal(err)
			}
			if !done.Known || done.TokensKept != 1 || done.TokensEnded != 1 || done.InvitesEnded != 1 || done.Aside == "" {
				t.Errorf("the restore says %+v", done)
			}
			into := open(t, url)
			got := dump(t, into)
			same(t, got, want, changed...)
			if text := strings.Join(got["api_tokens"], "\n"); len(got["api_tokens"]) != 1 || !strings.Contains(text, `"kept"`) {
				t.Errorf("the tokens are %s", text)
			}
			if len(got["sessions"]) != 0 {
				t.Error("a session came back")
			}
			if _, err := db.SettingValue(t.Context(), into.Read(), "newer"); !fault.Is(err, fault.NotFound) {
				t.Errorf("what is newer than the backup is there still: %v", err)
			}
			if err := into.Close(); err != nil {
				t.Fatal(err)
			}
			// A second restore over the first: again whole, and the first is kept.
			if again, err := restore(t, path, url, false); err != nil || again.Aside == done.Aside || again.TokensKept != 1 {
				t.Errorf("restoring again gives %+v, %v", again, err)
			}
		})
	}
}

func TestTheDatabaseFromBeforeIsKeptWhole(t *testing.T) {
	url := dbtest.SQLiteURL(t)
	path, _ := made(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	before := filled(t, url)
	done, err := restore(t, path, url, false)
	if err != nil {
		t.Fatal(err)
	}
	same(t, dump(t, open(t, "sqlite://"+done.Aside)), before)
	if got := dump(t, open(t, url)); len(got["sync_rows"]) != 0 {
		t.Error("the restored database has the rows of the one from before")
	}
}

func TestADamagedDatabaseIsReplacedAndKept(t *testing.T) {
	url := dbtest.SQLiteURL(t)
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	fill(t, d)
	path, _ := made(t, d)
	file := strings.TrimPrefix(url, "sqlite://")
	rubbish := strings.Repeat("this is no database. ", 1000)
	for _, name := range []string{file, file + "-wal"} {
		if err := os.WriteFile(name, []byte(rubbish), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done, err := restore(t, path, url, false)
	if err != nil {
		t.Fatal(err)
	}
	if done.Known || done.Damage == nil || done.TokensKept != 0 || done.TokensEnded != 2 {
		t.Errorf("the restore says %+v", done)
	}
	if text, err := os.ReadFile(done.Aside); string(text) != rubbish {
		t.Errorf("what was there is not kept: %v", err)
	}
	same(t, dump(t, open(t, url)), dump(t, d), append(changed, "audit_log")...)
}

func TestARestoreThatFailsChangesNothing(t *testing.T) {
	for kind, url := range kinds() {
		t.Run(kind, func(t *testing.T) {
			source := dbtest.Open(t, dbtest.SQLiteURL(t))
			path, _ := made(t, source)
			url := url(t)
			before := filled(t, url)
			if _, err := breakingRestore(t, path, url); err == nil || !strings.Contains(err.Error(), "broken on purpose") {
				t.Errorf("got %v", err)
			}
			d := open(t, url)
			same(t, dump(t, d), before)
			if file, err := db.SQLiteFile(url); err == nil && file != "" {
				onlyDatabase(t, file)
			}
		})
	}
}

func TestARestoreWaitsForOtherCommands(t *testing.T) {
	url := dbtest.SQLiteURL(t)
	d := dbtest.Open(t, url)
	fill(t, d)
	path, _ := made(t, d)
	before := dump(t, d)
	if _, err := restore(t, path, url, false); !fault.Is(err, fault.Conflict) {
		t.Errorf("a database that is open is replaced: %v", err)
	}
	same(t, dump(t, d), before)
}
