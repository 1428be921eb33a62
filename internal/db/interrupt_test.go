package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
)

// A setting is either written or not, whichever point its transaction dies at,
// and the next transaction finds nothing in its way.
func TestATransactionThatIsInterruptedIsWhollyThereOrNotAtAll(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		var die int // the point to fail at, counted down to 0
		last := ""
		broken := errors.New("interrupted")
		d, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: -1, ForTests: db.ForTests{Hasty: true, Interrupt: func(point string) error {
			die--
			if last = point; die == 0 {
				return broken
			}
			return nil
		}}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = d.Close() }()
		if err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		names := []string{"a", "b", "c", "d", "e"}
		for i, name := range names { // BEGIN, INSERT, SELECT, COMMIT, COMMITTED
			die = i + 1
			err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				if _, err := db.ClaimSetting(ctx, tx, "half."+name, "x"); err != nil {
					return err
				}
				_, err := tx.ExecContext(ctx, "DELETE FROM settings WHERE key = 'nobody'")
				return err
			})
			if !errors.Is(err, broken) {
				t.Errorf("at point %d (%s) the error is %v", i+1, last, err)
			}
			_, err = db.SettingValue(t.Context(), d.Read(), "half."+name)
			if there := err == nil; there != (last == db.Committed) || err != nil && !fault.Is(err, fault.NotFound) {
				t.Errorf("after dying at %s the setting is there: %v (%v)", last, there, err)
			}
		}
		if last != db.Committed {
			t.Errorf("the last point was %s", last)
		}
	})
}
