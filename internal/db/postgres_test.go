package db_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
)

func TestAPostgresThatDoesNotAnswerIsUnavailableWithoutItsPassword(t *testing.T) {
	for _, u := range []string{"postgres://or3:hunter2@127.0.0.1:1/or3", "postgres://or3:hunter2@[bad/or3", "postgresql://or3:hunter2@127.0.0.1:1/or3?sslmode=nonsense"} {
		_, err := db.Open(t.Context(), db.Options{URL: u})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func TestAPostgresThatMayLoseWritesIsRefused(t *testing.T) {
	u, err := url.Parse(dbtest.PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("synchronous_commit", "off")
	u.RawQuery = q.Encode()
	_, err = db.Open(t.Context(), db.Options{URL: u.String()})
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "synchronous_commit") {
		t.Fatalf("got %v", err)
	}
}

func TestPostgresGivesUpOnWhatTakesTooLong(t *testing.T) {
	d := dbtest.Open(t, dbtest.PostgresURL(t))
	for setting, want := range map[string]string{"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "10s", "TimeZone": "UTC"} {
		var got string
		if err := d.RawReader().QueryRow(`SELECT current_setting('` + setting + `')`).Scan(&got); got != want || err != nil {
			t.Errorf("%s is %s, %v; want %s", setting, got, err, want)
		}
	}
	err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, "SET LOCAL statement_timeout = 20; SELECT pg_sleep(10)")
		return err
	})
	if !fault.Is(err, fault.Unavailable) {
		t.Fatalf("got %v", err)
	}
}

func TestTextIsComparedBytewiseOnBothDatabases(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, key := range []string{"zz-b", "zz-B", "zz-ä", "zz-a", "zz_a", "zz-"} {
			if err := d.Write(t.Context(), put(key, "")); err != nil {
				t.Fatal(err)
			}
		}
		var keys []string
		if err := d.Read().NewRaw(`SELECT key FROM settings WHERE key >= 'zz' AND key < 'zz~' ORDER BY key`).Scan(t.Context(), &keys); err != nil {
			t.Fatal(err)
		}
		if got, want := strings.Join(keys, " "), "zz- zz-B zz-a zz-b zz-ä zz_a"; got != want {
			t.Fatalf("order %q, want %q", got, want)
		}
	})
}

// Every row struct names exactly the columns its table has.
func TestRowStructsAndTablesAgree(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, model := range []any{
			(*db.Setting)(nil), (*db.User)(nil), (*db.Account)(nil), (*db.Workspace)(nil), (*db.Member)(nil), (*db.Restriction)(nil), (*db.Invite)(nil),
			(*db.DeploymentAdmin)(nil), (*db.Session)(nil), (*db.APIToken)(nil), (*db.Throttle)(nil), (*db.AuditEntry)(nil), (*db.Node)(nil),
			(*db.SyncHead)(nil), (*db.SyncRow)(nil), (*db.Change)(nil), (*db.SupersededOp)(nil),
		} {
			q := d.Read().NewSelect().Model(model)
			table := q.GetTableName()
			rows, err := d.RawReader().Query(`SELECT * FROM ` + table + ` WHERE 1 = 0`)
			if err != nil {
				t.Fatal(err)
			}
			columns, err := rows.Columns()
			if err != nil {
				t.Fatal(err)
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
			fields := map[string]bool{}
			for _, f := range d.Read().(*bun.DB).Table(q.GetModel().(bun.TableModel).Table().Type).Fields {
				fields[f.Name] = true
			}
			for _, c := range columns {
				if !fields[c] {
					t.Errorf("%s.%s has no field", table, c)
				}
				delete(fields, c)
			}
			for f := range fields {
				t.Errorf("%s has no column %s", table, f)
			}
		}
	})
}
