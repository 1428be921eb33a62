package file_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
)

func TestAWorkspaceHasAQuotaOfItsOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		own, none := int64(100), int64(-1)
		for _, c := range []struct {
			quota *int64
			fits  bool
		}{{nil, true}, {&own, false}, {&none, true}} {
			if err := h.SetQuota(t.Context(), "w2", c.quota); err != nil {
				t.Fatal(err)
			}
			u := upload(1, 600)
			u.Key.Workspace = "w2"
			if _, err := h.Reserve(t.Context(), u); fault.Is(err, fault.QuotaExceeded) == c.fits || c.fits && err != nil {
				t.Errorf("600 bytes with a quota of %v: %v", c.quota, err)
			}
			h.later(time.Hour)
		}
	})
}

// Looking at the usage is no reason to wait for those who write, nor to write.
func TestUsageIsReadWhileAnotherWrites(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		h.reserve(upload(1, 600))
		own := int64(700)
		if err := h.SetQuota(t.Context(), "w1", &own); err != nil {
			t.Fatal(err)
		}
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if _, err := db.LockStorageUsage(ctx, tx, "w1"); err != nil {
				return err
			}
			for workspace, want := range map[string]file.Usage{"w1": {Reserved: 600, Quota: 700, Own: true}, "w2": {Quota: 1000}} {
				ctx, stop := context.WithTimeout(ctx, time.Minute) // who waits for this transaction waits for ever
				if usage, err := h.Usage(ctx, workspace); err != nil || usage != want {
					t.Errorf("%s uses %+v, %v; want %+v", workspace, usage, err, want)
				}
				stop()
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := d.CountRows(t.Context(), "storage_usage"); n != 1 || err != nil {
			t.Errorf("after reading there are %d rows, %v; only w1 has reserved anything", n, err)
		}
	})
}

// Forty uploads at once, of twenty files, of which seven fit: of those who get a
// reservation one can commit, and together they do not overshoot.
func TestUploadsAtOnceDoNotOvershoot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 799)
		errs := make([]error, 40)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				u := upload(i%20, 100)
				r, err := h.Reserve(t.Context(), u)
				if err == nil && !r.Stored {
					err = h.commit(r.Intent, u)
				}
				errs[i] = err
			})
		}
		all.Wait()
		for _, err := range errs {
			if err != nil && !fault.Is(err, fault.QuotaExceeded) && !fault.Is(err, fault.Conflict) { // both have the same ticket
				t.Fatal(err)
			}
		}
		h.uses("w1", 700, 0)
	})
}
