package db_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
)

// Many write at once; some fail after they have written something, some panic,
// some have gone. Each gets its own answer, and what failed leaves nothing.
func TestWhoWritesTogetherFailsAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		gone, leave := context.WithCancel(t.Context())
		leave()
		boom := errors.New("boom")
		var wait sync.WaitGroup
		for i := range 400 {
			key := fmt.Sprint("k", i)
			wait.Go(func() {
				switch i % 4 {
				case 0:
					if err := d.WriteTogether(t.Context(), put(key, "1")); err != nil {
						t.Errorf("%s: %v", key, err)
					}
				case 1:
					err := d.WriteTogether(t.Context(), func(ctx context.Context, tx bun.Tx) error {
						return errors.Join(db.PutSetting(ctx, tx, key, "1"), boom)
					})
					if !errors.Is(err, boom) {
						t.Errorf("%s: %v, want its own error", key, err)
					}
				case 2:
					defer func() {
						if p := recover(); p != "a mistake of "+key {
							t.Errorf("%s panics with %v", key, p)
						}
					}()
					_ = d.WriteTogether(t.Context(), func(ctx context.Context, tx bun.Tx) error {
						_ = db.PutSetting(ctx, tx, key, "1")
						panic("a mistake of " + key)
					})
					t.Errorf("%s does not panic", key)
				case 3:
					if err := d.WriteTogether(gone, put(key, "1")); !errors.Is(err, context.Canceled) {
						t.Errorf("%s: %v, want that the caller is gone", key, err)
					}
				}
			})
		}
		wait.Wait()
		for i := range 400 {
			_, err := db.SettingValue(t.Context(), d.Read(), fmt.Sprint("k", i))
			if there := err == nil; there != (i%4 == 0) || err != nil && !fault.Is(err, fault.NotFound) {
				t.Errorf("k%d: %v", i, err)
			}
		}
	})
}

// What one has written the next one reads, whether or not they share a
// transaction: nothing is lost between reading and writing.
func TestWhoWritesTogetherLosesNoUpdate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Write(t.Context(), put("n", "0")); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for i := range 100 {
			wait.Go(func() {
				write := d.WriteTogether
				if i%5 == 0 {
					write = d.Write
				}
				err := write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
					if _, err := tx.ExecContext(ctx, `UPDATE settings SET value = value WHERE key = 'n'`); err != nil {
						return err
					}
					text, err := db.SettingValue(ctx, tx, "n")
					if err != nil {
						return err
					}
					n, err := strconv.Atoi(text)
					return errors.Join(err, db.PutSetting(ctx, tx, "n", strconv.Itoa(n+1)))
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := value(t, d, "n"); n != "100" {
			t.Errorf("%s of 100 updates are there", n)
		}
	})
}

// When the shared transaction fails, all who shared it are told, none is
// acknowledged.
func TestAFailedSharedTransactionAcknowledgesNobody(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	var wait sync.WaitGroup
	errs := make([]error, 50)
	for i := range errs {
		wait.Go(func() {
			errs[i] = d.WriteTogether(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				if err := db.PutSetting(ctx, tx, fmt.Sprint("k", i), "1"); err != nil {
					return err
				}
				if i == 25 { // as a full disk does: SQLite undoes all of it
					_, err := tx.ExecContext(ctx, "ROLLBACK")
					return errors.Join(err, errors.New("the disk"))
				}
				return nil
			})
		})
	}
	wait.Wait()
	if errs[25] == nil {
		t.Error("the one that failed was told that it succeeded")
	}
	for i, err := range errs {
		_, readErr := db.SettingValue(t.Context(), d.Read(), fmt.Sprint("k", i))
		if (err == nil) != (readErr == nil) {
			t.Errorf("k%d was told %v, and reading it says %v", i, err, readErr)
		}
	}
	if err := d.WriteTogether(t.Context(), put("after", "1")); err != nil {
		t.Errorf("nobody can write any more: %v", err)
	}
}
