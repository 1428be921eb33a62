package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
)

func TestAFreshDatabaseCanBeMigratedWrittenAndRead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if err := d.CheckMigrated(ctx); err != nil {
			t.Fatal(err)
		}
		calls := 0
		d.OnAccessChange(func([]db.AccessChange) { calls++ })
		err := d.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
			u := db.User{ID: "u1", Email: "A@b.c", EmailKey: "a@b.c", DisplayName: "O'Hara\\ \"?\""}
			if _, err := tx.NewInsert().Model(&u).Exec(ctx); err != nil {
				return err
			}
			return d.BumpAccess(ctx, tx, db.AccessChange{})
		})
		if err != nil {
			t.Fatal(err)
		}
		if calls != 1 {
			t.Fatalf("listeners called %d times, want once", calls)
		}
		var u db.User
		if err := d.Read().NewSelect().Model(&u).Where("id = ?", "u1").Scan(ctx); err != nil {
			t.Fatal(err)
		}
		if u.DisplayName != "O'Hara\\ \"?\"" {
			t.Fatalf("name came back as %q", u.DisplayName)
		}
		boom := errors.New("boom")
		err = d.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
			if err := d.BumpAccess(ctx, tx, db.AccessChange{}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || calls != 1 {
			t.Fatalf("a failed write returned %v and called listeners %d times", err, calls)
		}
		if rev, err := db.AccessRevision(ctx, d.Read()); err != nil || rev != 2 {
			t.Fatalf("revision %d, %v; want 2", rev, err)
		}
		for range 2 {
			if err := d.MigrateDown(ctx, 1); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
