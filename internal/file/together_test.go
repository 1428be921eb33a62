package file_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
)

// Files that come together are reserved for one by one: those that fit, fit.
func TestFilesThatComeTogetherAreReservedForOneByOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		html := upload(9, 10)
		html.MediaType = "text/html"
		list := []file.Upload{upload(1, 600), upload(2, 600), html, upload(3, 300), upload(4, 101), upload(5, 100)}
		got, errs := h.ReserveAll(t.Context(), list)
		for i, want := range []fault.Kind{"", fault.QuotaExceeded, fault.Unsupported, "", fault.QuotaExceeded, ""} {
			if fault.KindOf(errs[i]) != want || (got[i].Intent != "") != (want == "") {
				t.Errorf("file %d: %+v, %v, want %q", i, got[i], errs[i], want)
			}
		}
		h.uses("w1", 0, 1000)
		done := h.CommitAll(t.Context(), []file.Proven{{Intent: got[0].Intent, Upload: list[0]}, {Intent: "none", Upload: list[1]}, {Intent: got[3].Intent, Upload: list[3]}})
		if done[0] != nil || !fault.Is(done[1], fault.Conflict) || done[2] != nil {
			t.Errorf("the commits end with %v", done)
		}
		h.uses("w1", 900, 100)
		if err := h.Abandon(t.Context(), "w1", got[5].Intent, got[0].Intent); err != nil {
			t.Error(err)
		}
		h.uses("w1", 900, 0)
		again, errs := h.ReserveAll(t.Context(), []file.Upload{list[0], upload(6, 100)})
		if errs[0] != nil || errs[1] != nil || !again[0].Stored || again[1].Stored {
			t.Errorf("asked again: %+v, %v", again, errs)
		}
	})
}

// However many ask at once, what is reserved fits.
func TestFilesThatComeTogetherAtOnceKeepToTheQuota(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 5000)
		var reserved atomic.Int64
		var all sync.WaitGroup
		for device := range 8 {
			list := make([]file.Upload, 20)
			for i := range list {
				list[i] = upload(20*device+i, 100)
			}
			all.Go(func() {
				_, errs := h.ReserveAll(t.Context(), list)
				for range 20 { // a device asks again where others are waited for in vain
					if !fault.Is(errs[0], fault.Unavailable) {
						break
					}
					_, errs = h.ReserveAll(t.Context(), list)
				}
				for _, err := range errs {
					if err == nil {
						reserved.Add(100)
					} else if !fault.Is(err, fault.QuotaExceeded) {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		h.uses("w1", 0, 5000)
		if n := reserved.Load(); n != 5000 {
			t.Errorf("%d bytes were promised", n)
		}
	})
}
