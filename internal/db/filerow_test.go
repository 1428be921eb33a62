package db_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
)

func TestAPageOfWhatNamesFilesFitsIntoMemory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		large := strings.Repeat("x", 256<<10)
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			for _, row := range []any{&db.User{ID: "u1", Email: "u1", EmailKey: "u1"}, &db.Workspace{ID: "w1", CreatedBy: "u1"}} {
				if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
					return err
				}
			}
			for i := range 40 {
				if _, err := tx.NewInsert().Model(&db.SyncRow{WorkspaceID: "w1", TableName: "posts", PK: fmt.Sprintf("p%02d", i), Payload: &large, OpID: fmt.Sprint(i), ServerVersion: int64(i + 1)}).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		first, more, err := db.FileRowsAfter(t.Context(), d.Read(), "w1", "", "", 500)
		if err != nil || !more || len(first) >= 40 {
			t.Fatalf("the first page has %d rows, more %t, %v", len(first), more, err)
		}
		last := first[len(first)-1]
		rest, more, err := db.FileRowsAfter(t.Context(), d.Read(), "w1", last.Table, last.PK, 500)
		if err != nil || more || len(first)+len(rest) != 40 {
			t.Errorf("the second page has %d rows, more %t, %v", len(rest), more, err)
		}
	})
}
