package cli

import (
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"context"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
)

func TestMigrationsGoUpAndDownAndUpAgain(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		b := newBox(t, "OR3_DATABASE_URL="+url)
		first := b.must("", "migrate", "up")
		if !strings.Contains(first, "applied 0001_identity") {
			t.Errorf("up says %q", first)
		}
		if again := b.must("", "migrate", "up"); again != "nothing to do" {
			t.Errorf("a second up says %q", again)
		}
		status := b.must("", "migrate", "status")
		if !strings.Contains(status, "0001_identity") || strings.Contains(status, "pending") {
			t.Errorf("status says\n%s", status)
		}
		if down := b.must("", "migrate", "down", "--steps", "99"); !strings.Contains(down, "undone 0001_identity") {
			t.Errorf("down says %q", down)
		}
		if status := b.must("", "migrate", "status", "--json"); strings.Contains(status, "applied\"") || !strings.Contains(status, "pending") {
			t.Errorf("status says\n%s", status)
		}
		if up := b.must("", "migrate", "up"); up != first {
			t.Errorf("up after down says %q", up)
		}
	})
}

func TestADatabaseOfANewerProgramIsRefused(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`INSERT INTO schema_migrations (name, checksum, applied_at) VALUES ('9999_future', 'x', 1)`).Exec(ctx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		b := newBox(t, "OR3_DATABASE_URL="+url)
		if status := b.must("", "migrate", "status"); !strings.Contains(status, "newer than this program") {
			t.Errorf("status says\n%s", status)
		}
		for _, command := range []string{"migrate up", "migrate down", "user list"} {
			b.refused(ExitFailed, "made by a newer version of or3 (it has migration 9999_future)", "", strings.Fields(command)...)
		}
		serve := b.or3("", "serve", "--addr", "127.0.0.1:0")
		if serve.code != ExitFailed || !strings.Contains(serve.stderr, "9999_future") || strings.Contains(serve.stdout, "listening") {
			t.Errorf("serve ended with %+v", serve)
		}
	})
}

func TestAnOlderDatabaseIsLeftToMigrateUp(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		b := newBox(t, "OR3_DATABASE_URL="+url)
		b.must("", "migrate", "up")
		b.must("", "migrate", "down")
		b.refused(ExitFailed, "Run: or3 migrate up", "long enough words\n", "user", "add", "--email", "a@example.org", "--name", "A", "--password-stdin")
		b.refused(ExitFailed, "Run: or3 migrate up", "", "user", "list")
	})
}

func TestMigrateDownWaitsForTheServerToStop(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		b := newBox(t, "OR3_DATABASE_URL="+url)
		s := b.serve()
		b.refused(ExitFailed, "stop it", "", "migrate", "down")
		s.stop()
		b.must("", "migrate", "down")
	})
}

// openDB opens the database behind a URL to look at it.
func openDB(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}
