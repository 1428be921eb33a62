package file_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
)

// all finds the bytes of whatever it is asked for.
func all(list []file.Upload) func(context.Context, storage.Key) (storage.Blob, error) {
	return func(_ context.Context, key storage.Key) (storage.Blob, error) {
		for i := range list {
			if list[i].Key == key {
				return storage.Blob{Key: key, Size: list[i].Size}, nil
			}
		}
		return storage.Blob{}, storage.NotFound(nil)
	}
}

// What nobody knows needs no ticket; what somebody has begun, or the workspace has,
// or may not take, goes the way of tickets.
func TestNewFilesNeedNoTicket(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		known, begun, ended, html := upload(1, 100), upload(2, 100), upload(3, 100), upload(4, 100)
		html.MediaType = "text/html"
		if err := h.commit(h.reserve(known), known); err != nil {
			t.Fatal(err)
		}
		h.reserve(ended)
		h.later(time.Hour)
		h.reserve(begun)
		list := []file.Upload{known, begun, upload(5, 400), ended, html, upload(6, 300)}
		list[1].UserID = "u2" // whoever has begun it
		intents, err := h.Unreserved(t.Context(), list)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []bool{false, false, true, false, false, true} {
			if (intents[i] != "") != want {
				t.Errorf("file %d goes without a ticket: %v, want %v", i, intents[i] != "", want)
			}
		}
		elsewhere := upload(1, 100)
		elsewhere.Key.Workspace = "w2"
		if intents, err = h.Unreserved(t.Context(), []file.Upload{elsewhere}); err != nil || intents[0] == "" {
			t.Errorf("what another workspace has: %v, %v", intents, err)
		}
		if intents, err = h.Unreserved(t.Context(), []file.Upload{upload(7, 400), upload(8, 401)}); err != nil || intents[0] != "" || intents[1] != "" {
			t.Errorf("what does not fit all together: %v, %v", intents, err)
		}
	})
}

// Each is kept by itself: what is not there, is something else, or finds no room
// beside what others have reserved, harms none of the others.
func TestFilesWithoutATicketAreKeptOneByOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		h.reserve(upload(1, 300))
		list := []file.Upload{upload(2, 400), upload(3, 301), upload(4, 100), upload(5, 100), upload(6, 200)}
		there := []file.Upload{list[0], list[1], list[3], list[4]} // the third is not
		there[2].Size = 99
		errs := h.KeepAll(t.Context(), list, all(there))
		for i, want := range []fault.Kind{"", fault.QuotaExceeded, fault.NotFound, fault.Invalid, ""} {
			if fault.KindOf(errs[i]) != want {
				t.Errorf("file %d: %v, want %q", i, errs[i], want)
			}
		}
		h.uses("w1", 600, 300)
		errs = h.KeepAll(t.Context(), []file.Upload{list[0], upload(7, 101), upload(8, 100)}, all([]file.Upload{list[0], upload(7, 101), upload(8, 100)}))
		if errs[0] != nil || !fault.Is(errs[1], fault.QuotaExceeded) || errs[2] != nil {
			t.Errorf("one that is there needs no room: %v", errs)
		}
		h.uses("w1", 700, 300)
	})
}

// However many come at once, what is kept fits.
func TestFilesWithoutATicketKeepToTheQuota(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 5000)
		var kept atomic.Int64
		var devices sync.WaitGroup
		for device := range 8 {
			list := make([]file.Upload, 20)
			for i := range list {
				list[i] = upload(15*device+i, 100) // some of them come from two
			}
			devices.Go(func() {
				for _, err := range h.KeepAll(context.Background(), list, all(list)) {
					if err == nil {
						kept.Add(100)
					} else if !fault.Is(err, fault.QuotaExceeded) {
						t.Error(err)
					}
				}
			})
		}
		devices.Wait()
		h.uses("w1", 5000, 0)
		if n := kept.Load(); n < 5000 {
			t.Errorf("%d bytes were kept", n)
		}
	})
}

// Somebody who deletes the bytes is waited for: what was there before is not what
// is there.
func TestAFileIsNotKeptWithoutBytesWhileSomebodyForgetsIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, -1)
		u := upload(1, 100)
		removing, asked := make(chan struct{}), make(chan struct{}, 10)
		var gone atomic.Bool
		var forgetting sync.WaitGroup
		forgetting.Go(func() {
			done, err := h.Forget(context.Background(), u.Key, func(context.Context) error {
				close(removing)
				select {
				case <-asked: // too soon
				case <-time.After(200 * time.Millisecond):
				}
				gone.Store(true)
				return nil
			})
			if err != nil || !done {
				t.Errorf("forgetting: %v, %v", done, err)
			}
		})
		<-removing
		errs := h.KeepAll(t.Context(), []file.Upload{u}, func(_ context.Context, key storage.Key) (storage.Blob, error) {
			defer func() { asked <- struct{}{} }()
			if gone.Load() {
				return storage.Blob{}, storage.NotFound(nil)
			}
			return storage.Blob{Key: key, Size: u.Size}, nil
		})
		forgetting.Wait()
		if !fault.Is(errs[0], fault.NotFound) {
			t.Errorf("it is kept: %v", errs[0])
		}
		h.uses("w1", 0, 0)
	})
}

// A store that is slow does not hold up everybody who writes: those whose time does
// not suffice are sent again.
func TestASlowStoreIsAskedForNoMoreFiles(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.SQLiteURL(t)), -1)
	list := []file.Upload{upload(1, 100), upload(2, 100), upload(3, 100)}
	asked := 0
	errs := h.KeepAll(t.Context(), list, func(ctx context.Context, key storage.Key) (storage.Blob, error) {
		asked++
		<-ctx.Done() // and does not look at it, as a disk
		return storage.Blob{Key: key, Size: 100}, nil
	})
	if asked != 1 || errs[0] != nil || !errors.Is(errs[1], context.DeadlineExceeded) || !errors.Is(errs[2], context.DeadlineExceeded) {
		t.Errorf("asked for %d: %v", asked, errs)
	}
	h.uses("w1", 100, 0)
}
