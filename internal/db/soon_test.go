package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
)

// synchronous asks the writer's connection how it waits for the disk: 1 is not,
// 2 is always.
func synchronous(t *testing.T, d *db.DB) (how int) {
	t.Helper()
	if err := d.RawWriter().QueryRowContext(t.Context(), `PRAGMA synchronous`).Scan(&how); err != nil {
		t.Fatal(err)
	}
	return how
}

// What is written soon does not wait for the disk, and nobody else is written
// that way: not after it, not after one that failed, not in its company.
func TestOnlyWhatIsWrittenSoonDoesNotWaitForTheDisk(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	asked := func(key string, how *int, end error) func(ctx context.Context, tx bun.Tx) error {
		return func(ctx context.Context, tx bun.Tx) error {
			if err := tx.QueryRowContext(ctx, `PRAGMA synchronous`).Scan(how); err != nil {
				return err
			}
			return errors.Join(db.PutSetting(ctx, tx, key, "1"), end)
		}
	}
	boom := errors.New("boom")
	for name, end := range map[string]error{"one that succeeds": nil, "one that fails": boom} {
		var during int
		if err := d.WriteSoon(t.Context(), asked(name, &during, end)); !errors.Is(err, end) {
			t.Errorf("%s: %v", name, err)
		}
		if during != 1 {
			t.Errorf("%s waits for the disk: synchronous is %d", name, during)
		}
		if after := synchronous(t, d); after != 2 {
			t.Errorf("after %s nobody waits for the disk: synchronous is %d", name, after)
		}
	}
	var wait sync.WaitGroup
	for i := range 200 {
		key, how := fmt.Sprint("k", i), 0
		wait.Go(func() {
			if i%2 == 0 {
				if err := d.WriteSoon(t.Context(), put(key, "1")); err != nil {
					t.Error(err)
				}
				return
			}
			write := d.WriteTogether
			if i%4 == 1 {
				write = d.Write
			}
			if err := write(t.Context(), asked(key, &how, nil)); err != nil || how != 2 {
				t.Errorf("%s does not wait for the disk: synchronous is %d, %v", key, how, err)
			}
		})
	}
	wait.Wait()
	for i := range 200 {
		if v := value(t, d, fmt.Sprint("k", i)); v != "1" {
			t.Errorf("k%d is %q", i, v)
		}
	}
	if after := synchronous(t, d); after != 2 {
		t.Errorf("in the end synchronous is %d", after)
	}
}

// What was written soon is on the disk when Flush returns: it has synced the
// log, which SQLite does only for a transaction that changes something.
func TestAFlushWritesToTheLog(t *testing.T) {
	url := dbtest.SQLiteURL(t)
	d := dbtest.Open(t, url)
	size := func() int64 {
		t.Helper()
		info, err := os.Stat(strings.TrimPrefix(url, "sqlite://") + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	for range 2 { // also when nothing came between
		before := size()
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if size() == before {
			t.Error("nothing was written to the log, so that nothing has synced it")
		}
	}
}
