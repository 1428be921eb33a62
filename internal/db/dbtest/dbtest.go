// Package dbtest gives tests real databases: every test on SQLite and, where
// there is one, on PostgreSQL.
package dbtest

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that creates the test databases

	"or3.cloud/or3/internal/db"
)

// Each runs a test on a fresh, migrated database of each kind, as the
// subtests sqlite and postgres. Without a PostgreSQL server the latter is
// skipped with the reason, or fails when OR3_TEST_REQUIRE names postgres.
func Each(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) { test(t, Open(t, url)) })
}

// EachURL is Each for tests that open the (empty) database themselves.
func EachURL(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLiteURL(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, PostgresURL(t)) })
}

// Open opens and migrates a database and closes it when the test ends. The
// access revision is not polled; a test about that opens its own.
func Open(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// SQLiteURL names a file that does not exist yet, in a directory of the test.
func SQLiteURL(t testing.TB) string {
	t.Helper()
	return "sqlite://" + filepath.ToSlash(filepath.Join(t.TempDir(), "or3.db"))
}

// PostgresURL creates an empty schema on the server OR3_TEST_POSTGRES_URL names
// and drops it when the test ends. To a program it is a database of its own,
// and it is made ten times as fast as one.
func PostgresURL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("OR3_TEST_POSTGRES_URL")
	if base == "" {
		base = "postgres://root@127.0.0.1:5432/test?sslmode=disable"
	}
	admin, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	if err := admin.PingContext(t.Context()); err != nil {
		reason := "no PostgreSQL at OR3_TEST_POSTGRES_URL: " + err.Error()
		if strings.Contains(os.Getenv("OR3_TEST_REQUIRE"), "postgres") {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	suffix := make([]byte, 8)
	_, _ = rand.Read(suffix)
	name := "or3_test_" + hex.EncodeToString(suffix)
	if _, err := admin.ExecContext(t.Context(), "CREATE SCHEMA "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dropSchemas(admin, name); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("search_path", name)
	u.RawQuery = query.Encode()
	return u.String()
}

// dropSchemas drops a schema and those that a restore put beside it, which have
// its name and a suffix.
func dropSchemas(admin *sql.DB, name string) error {
	rows, err := admin.Query("SELECT nspname FROM pg_namespace WHERE left(nspname, length($1)) = $1", name)
	if err != nil {
		return err
	}
	var names []string
	for rows.Next() {
		var found string
		if err := rows.Scan(&found); err != nil {
			return err
		}
		names = append(names, found)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, found := range names {
		if _, err := admin.Exec(`DROP SCHEMA "` + found + `" CASCADE`); err != nil {
			return err
		}
	}
	return nil
}
