package file_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/memory"
	"or3.cloud/or3/storage/storagetest"
)

// forget lets the collector forget a file, and holds what it did against want.
func (h *house) forget(u file.Upload, want bool) {
	h.t.Helper()
	removed := false
	gone, err := h.Forget(h.t.Context(), u.Key, func(context.Context) error { removed = true; return nil })
	if gone != want || removed != want || err != nil {
		h.t.Errorf("forgetting: gone %t, removed %t, %v; want %t", gone, removed, err, want)
	}
}

// condemned is a file that is there and that nothing needs.
func (h *house) condemned(u file.Upload) {
	h.t.Helper()
	if err := h.commit(h.reserve(u), u); err != nil {
		h.t.Fatal(err)
	}
	if err := h.Condemn(h.t.Context(), u.Key); err != nil {
		h.t.Fatal(err)
	}
}

func TestAFileThatIsWantedAgainIsNotForgotten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		u := upload(1, 600)
		h.condemned(u)
		if r, err := h.Reserve(t.Context(), u); !r.Stored || err != nil {
			t.Fatalf("a condemned file: %+v, %v", r, err)
		}
		h.forget(u, false) // a device was just told that it is there
		if blob, err := h.Find(t.Context(), u.Key); err != nil || blob.DamagedAt != nil || blob.CondemnedAt != nil {
			t.Errorf("the file is %+v, %v", blob, err)
		}
		h.uses("w1", 600, 0)
	})
}

func TestAFileThatIsUnderWayIsNotForgotten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, -1)
		u := upload(1, 600)
		slow := u
		slow.UserID = "u2"
		h.reserve(slow) // may be proving its bytes just now
		h.condemned(u)
		elsewhere := u
		elsewhere.Key.Workspace, elsewhere.UserID = "w2", "u2"
		h.forget(u, false)
		h.later(storage.UploadTTL)
		h.reserve(elsewhere) // whose bytes are its own
		h.forget(u, true)
		h.uses("w1", 0, 0)

		h.forget(elsewhere, false) // no book names it yet
		h.later(storage.UploadTTL)
		h.forget(elsewhere, true) // nor ever will: what arrived is nobody's
	})
}

// Bytes that cannot be deleted, or a process that dies after it deleted them,
// leave a row that nobody may take for the file.
func TestAFileThatWasForgottenByHalfHasToComeAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		u := upload(1, 600)
		h.condemned(u)
		broken := errors.New("the bucket does not answer")
		if gone, err := h.Forget(t.Context(), u.Key, func(context.Context) error { return broken }); gone || !errors.Is(err, broken) {
			t.Errorf("forgetting: %t, %v", gone, err)
		}
		h.uses("w1", 600, 0)
		if err := h.commit(h.reserve(u), u); err != nil { // reserve fails the test if the file counts as stored
			t.Fatal(err)
		}
		h.forget(u, false)
		h.uses("w1", 600, 0)
	})
}

// A device that comes while the bytes are being deleted waits, and sends them
// to where they stay.
func TestBytesThatHaveJustComeAreNotTheCollectors(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		store, content, u := &memory.Store{}, []byte("1"), upload(1, 1)
		storagetest.Keep(t, store, "w1", content)
		h.condemned(u)
		sent := make(chan error, 1)
		send := func() error {
			r, err := h.Reserve(t.Context(), u)
			if err != nil || r.Stored {
				return errors.Join(err, fault.New(fault.Conflict, "nothing is to be sent"))
			}
			return h.Commit(t.Context(), r.Intent, u, func(ctx context.Context) (storage.Blob, error) {
				return store.Receive(ctx, storage.Incoming{Key: u.Key, Size: 1, Body: bytes.NewReader(content)})
			})
		}
		gone, err := h.Forget(t.Context(), u.Key, func(ctx context.Context) error {
			go func() { sent <- send() }()
			select {
			case err := <-sent:
				t.Errorf("a device sends what is being deleted: %v", err)
				sent <- err
			case <-time.After(100 * time.Millisecond):
			}
			return store.Delete(ctx, u.Key)
		})
		if !gone || err != nil {
			t.Errorf("forgetting: %t, %v", gone, err)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		storagetest.Holds(t, store, u.Key, content)
		h.uses("w1", 1, 0)
	})
}

// SQLite has one writer: while a bucket thinks about a deletion every push waits.
func TestPushesDoNotWaitLongForABucketToDelete(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		u := upload(1, 600)
		h.condemned(u)
		longest := 5 * time.Second
		if d.Dialect() == db.SQLite {
			longest = time.Second
		}
		_, err := h.Forget(t.Context(), u.Key, func(ctx context.Context) error {
			if until, ok := ctx.Deadline(); !ok || time.Until(until) > longest {
				t.Errorf("it may take until %s", until)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
