package audit_test

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
)

func TestVerifyFindsEveryKindOfTampering(t *testing.T) {
	cases := []struct {
		name   string
		tamper []string
		seq    int64 // where it is found
	}{
		{"nothing was touched", nil, 0},
		{"a detail was changed", []string{`UPDATE audit_log SET details = '{"n":99}' WHERE seq = 4`}, 4},
		{"a result was changed", []string{`UPDATE audit_log SET result = 'refused' WHERE seq = 1`}, 1},
		{"a time was changed", []string{`UPDATE audit_log SET at = at + 1 WHERE seq = 7`}, 7},
		{"the first was removed", []string{`DELETE FROM audit_log WHERE seq = 1`}, 1},
		{"one in the middle was removed", []string{`DELETE FROM audit_log WHERE seq = 5`}, 5},
		{"one was removed and the rest moved up", []string{`DELETE FROM audit_log WHERE seq = 5`, `UPDATE audit_log SET seq = 5 WHERE seq = 6`}, 5},
		{"the last was cut off", []string{`DELETE FROM audit_log WHERE seq = 10`}, 10},
		{"all were cut off", []string{`DELETE FROM audit_log`}, 1},
		{"two changed places", []string{`UPDATE audit_log SET seq = 99 WHERE seq = 3`, `UPDATE audit_log SET seq = 3 WHERE seq = 4`, `UPDATE audit_log SET seq = 4 WHERE seq = 99`}, 3},
		{"a stranger was inserted at the end", []string{`INSERT INTO audit_log SELECT 11, at, action, result, actor_id, actor_kind, actor_name,
			workspace_id, target_kind, target_id, ip, user_agent, request_id, details, hash, hash FROM audit_log WHERE seq = 10`}, 11},
		{"the head was turned back", []string{`UPDATE settings SET value = '3 ' || (SELECT hash FROM audit_log WHERE seq = 2) WHERE key = 'audit_head'`}, 3},
	}
	dbtest.EachURL(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		log := newLog(d)
		for n := range 10 {
			record(t, t.Context(), log, audit.Entry{Action: "test.act", Details: map[string]int{"n": n}})
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				// Every case starts from the same honest log.
				restore := snapshot(t, d)
				defer restore()
				for _, statement := range c.tamper {
					tamper(t, d, statement)
				}
				got, err := log.Verify(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case c.seq == 0 && (!got.OK() || got.Entries != 10):
					t.Fatalf("an honest log fails: %+v %+v", got, got.Break)
				case c.seq != 0 && (got.OK() || got.Break.Seq != c.seq):
					t.Fatalf("want a break at %d, got %+v", c.seq, got.Break)
				}
			})
		}
	})
}

func TestAKnownAnchorFindsALogThatWasRewrittenFromTheStart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := newLog(d)
		record(t, t.Context(), log, audit.Entry{Action: "test.one"})
		known, err := log.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tamper(t, d, `DELETE FROM audit_log`)
		tamper(t, d, `UPDATE settings SET value = '0 `+db.AuditGenesis+`' WHERE key = 'audit_head'`)

		if got := verify(t, log, known); got.OK() || got.Break.Seq != 1 {
			t.Fatalf("the log was emptied and nobody noticed: %+v", got)
		}
		record(t, t.Context(), log, audit.Entry{Action: "test.other"})
		record(t, t.Context(), log, audit.Entry{Action: "test.another"})
		if got := verify(t, log, known); got.OK() || got.Break.Seq != 1 {
			t.Fatalf("the log was rewritten and nobody noticed: %+v", got)
		}
		if got := verify(t, log); !got.OK() {
			t.Fatalf("without an anchor the new log is whole: %+v", got.Break)
		}
	})
}

func TestALogLongerThanAPageIsVerifiedToItsEnd(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	log := newLog(d)
	const entries = 1203
	err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		for range entries {
			if err := log.Append(ctx, tx, audit.Entry{Action: "test.act"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := verify(t, log); !got.OK() || got.Entries != entries {
		t.Fatalf("verified %+v", got)
	}
	tamper(t, d, `UPDATE audit_log SET ip = 'x' WHERE seq = 1203`)
	if got := verify(t, log); got.OK() || got.Break.Seq != entries || got.Head.Seq != entries-1 {
		t.Fatalf("verified %+v", got)
	}
}

func verify(t *testing.T, log *audit.Log, known ...audit.Anchor) audit.VerifyResult {
	t.Helper()
	got, err := log.Verify(t.Context(), known...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func tamper(t *testing.T, d *db.DB, statement string) {
	t.Helper()
	err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(statement).Exec(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// snapshot remembers the log and gives the function that puts it back.
func snapshot(t *testing.T, d *db.DB) (restore func()) {
	t.Helper()
	for _, s := range []string{
		`CREATE TABLE kept_log AS SELECT * FROM audit_log`,
		`CREATE TABLE kept_head AS SELECT value FROM settings WHERE key = 'audit_head'`,
	} {
		tamper(t, d, s)
	}
	return func() {
		for _, s := range []string{
			`DELETE FROM audit_log`,
			`INSERT INTO audit_log SELECT * FROM kept_log`,
			`UPDATE settings SET value = (SELECT value FROM kept_head) WHERE key = 'audit_head'`,
			`DROP TABLE kept_log`,
			`DROP TABLE kept_head`,
		} {
			tamper(t, d, s)
		}
	}
}
