package db_test

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
)

// The key of cursors got the person; what was noted before stays, and a step
// back keeps the cursor that has come least far.
func TestCursorsOutliveTheChangeOfTheirKey(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		d, ctx := open(t, url), t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		write := func(fn func(ctx context.Context, tx bun.Tx) error) { t.Helper(); must(d.Write(ctx, fn)) }
		must(d.Migrate(ctx))
		steps, err := d.MigrationStatus(ctx)
		must(err)
		since := 0
		for _, s := range steps {
			if s.Name >= "0005" {
				since++
			}
		}
		must(d.MigrateDown(ctx, since))
		write(func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.NewInsert().Model(&db.Workspace{ID: "w", Name: "w", CreatedBy: "a", CreatedAt: 1}).Exec(ctx); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO device_cursors (workspace_id, device_id, user_id, version, updated_at) VALUES ('w', 'd', 'a', 7, 1)`)
			return err
		})
		must(d.Migrate(ctx))
		write(func(ctx context.Context, tx bun.Tx) error {
			for _, c := range []db.DeviceCursor{{UserID: "a", Version: 6}, {UserID: "b", Version: 3}} {
				c.WorkspaceID, c.DeviceID, c.UpdatedAt = "w", "d", 2
				if written, err := db.PutDeviceCursor(ctx, tx, c, 2); err != nil || written != (c.UserID == "b") {
					t.Errorf("the cursor of %s at %d is written: %v %v", c.UserID, c.Version, written, err)
				}
			}
			return nil
		})
		people, err := db.CursorOwners(ctx, d.Read(), "w", "d", "b", 9)
		must(err)
		if len(people) != 2 || people[0] != "b" || people[1] != "a" {
			t.Errorf("the device's people are %q", people)
		}
		for floor, want := range map[int64]int64{0: 3, 3: 3, 4: 7, 8: 0} {
			if lowest, ok, err := db.LowestCursor(ctx, d.Read(), "w", floor); lowest != want || ok != (want != 0) || err != nil {
				t.Errorf("at or above %d the lowest is %d, %v, %v", floor, lowest, ok, err)
			}
		}
		must(d.MigrateDown(ctx, since))
		lowest, _, err := db.LowestCursor(ctx, d.Read(), "w", 0)
		must(err)
		var n int
		must(d.Read().NewRaw(`SELECT count(*) FROM device_cursors`).Scan(ctx, &n))
		if lowest != 3 || n != 1 {
			t.Errorf("after the step back there are %d, the lowest at %d", n, lowest)
		}
	})
}
