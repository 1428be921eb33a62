package db_test

import (
	"strings"
	"sync"
	"testing"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
)

func open(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestMigratingUpDownAndUpAgain(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		d, ctx := open(t, url), t.Context()
		applied := func() (n, all int) {
			steps, err := d.MigrationStatus(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range steps {
				if s.AppliedAt != 0 {
					n++
				}
			}
			return n, len(steps)
		}
		if n, all := applied(); n != 0 || all < 2 {
			t.Fatalf("a new database has %d of %d migrations", n, all)
		}
		if err := d.CheckMigrated(ctx); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "or3 migrate up") {
			t.Fatalf("got %v", err)
		}
		for range 2 {
			if err := d.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
		}
		n, all := applied()
		if n != all || d.CheckMigrated(ctx) != nil {
			t.Fatalf("%d of %d", n, all)
		}
		if err := d.MigrateDown(ctx, 1); err != nil {
			t.Fatal(err)
		}
		if n, _ := applied(); n != all-1 {
			t.Fatalf("%d after one step down", n)
		}
		if err := d.MigrateDown(ctx, 100); err != nil {
			t.Fatal(err)
		}
		if n, _ := applied(); n != 0 {
			t.Fatalf("%d after all steps down", n)
		}
		if err := d.MigrateDown(ctx, 0); !fault.Is(err, fault.Invalid) {
			t.Fatalf("zero steps: %v", err)
		}
		if err := d.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
	})
}

func TestProgramsStartedTogetherMigrateOnce(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		for range 4 {
			d := open(t, url)
			wg.Go(func() {
				if err := d.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if err := open(t, url).CheckMigrated(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestANewerDatabaseIsRefusedUntouched(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if _, err := d.RawWriter().Exec(`INSERT INTO schema_migrations (name, checksum, applied_at) VALUES ('9999_future', 'x', 1)`); err != nil {
			t.Fatal(err)
		}
		for what, err := range map[string]error{"check": d.CheckMigrated(t.Context()), "up": d.Migrate(t.Context()), "down": d.MigrateDown(t.Context(), 1)} {
			if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "newer version") || !strings.Contains(err.Error(), "9999_future") {
				t.Errorf("%s: %v", what, err)
			}
		}
		steps, err := d.MigrationStatus(t.Context())
		if err != nil || !steps[len(steps)-1].Unknown {
			t.Errorf("status %+v, %v", steps, err)
		}
	})
}

func TestAChangedMigrationIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if _, err := d.RawWriter().Exec(`UPDATE schema_migrations SET checksum = 'other' WHERE name = '0001_identity'`); err != nil {
			t.Fatal(err)
		}
		if err := d.Migrate(t.Context()); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "0001_identity") {
			t.Fatalf("got %v", err)
		}
	})
}
