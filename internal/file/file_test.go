package file_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
)

// house is a deployment with two workspaces and two people.
type house struct {
	*file.Service
	t  *testing.T
	db *db.DB

	mu  sync.Mutex
	now time.Time
}

func newHouse(t *testing.T, d *db.DB, quota int64) *house {
	t.Helper()
	h := &house{t: t, db: d, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	h.Service = file.New(file.Options{DB: d, Now: h.clock, Provider: "memory", Quota: quota, Largest: 1 << 20, Allowed: func(mediaType string) bool { return mediaType != "text/html" }})
	err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		for _, n := range []string{"1", "2"} {
			if err := db.InsertUser(ctx, tx, &db.User{ID: "u" + n, Email: n + "@or3.example", EmailKey: n + "@or3.example"}); err != nil {
				return err
			}
			if err := db.InsertWorkspace(ctx, tx, &db.Workspace{ID: "w" + n, Name: "W" + n, CreatedBy: "u" + n}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// upload is the n-th file of a size.
func upload(n int, size int64) file.Upload {
	return file.Upload{UserID: "u1", Key: storage.Key{Workspace: "w1", Ref: storage.RefOf(fmt.Append(nil, n))}, Size: size, MediaType: "image/png"}
}

func (h *house) reserve(u file.Upload) string {
	h.t.Helper()
	r, err := h.Reserve(h.t.Context(), u)
	if err != nil || r.Stored || r.Intent == "" {
		h.t.Fatalf("reserving: %+v, %v", r, err)
	}
	return r.Intent
}

func (h *house) commit(intent string, u file.Upload) error {
	return h.Commit(h.t.Context(), intent, u, proven(u))
}

// proven is a store that has what was announced.
func proven(u file.Upload) func(context.Context) (storage.Blob, error) {
	return func(context.Context) (storage.Blob, error) { return storage.Blob{Key: u.Key, Size: u.Size}, nil }
}

// uses holds the books against what is in them.
func (h *house) uses(workspace string, used, reserved int64) {
	h.t.Helper()
	usage, err := h.Usage(h.t.Context(), workspace)
	if err != nil || usage.Used != used || usage.Reserved != reserved {
		h.t.Errorf("%s uses %+v, %v; want %d and %d reserved", workspace, usage, err, used, reserved)
	}
	if sum, err := db.BlobBytes(h.t.Context(), h.db.Read(), workspace); err != nil || sum != usage.Used {
		h.t.Errorf("the files of %s add up to %d, %v, and %d are counted", workspace, sum, err, usage.Used)
	}
}

func refused(t *testing.T, err error, kind fault.Kind, what string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func TestAnIntentWorksOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		u := upload(1, 600)
		intent := h.reserve(u)
		h.uses("w1", 0, 600)
		if _, err := h.Find(t.Context(), u.Key); !fault.Is(err, fault.NotFound) {
			t.Errorf("before the commit: %v", err)
		}
		if err := h.commit(intent, u); err != nil {
			t.Fatal(err)
		}
		h.uses("w1", 600, 0)
		refused(t, h.commit(intent, u), fault.Conflict, "the same intent again")
		refused(t, h.Open(t.Context(), intent, u), fault.Conflict, "sending for a used intent")
		blob, err := h.Find(t.Context(), u.Key)
		if err != nil || blob.SizeBytes != 600 || blob.CreatedBy != "u1" || blob.MediaType != "image/png" || blob.Provider != "memory" {
			t.Errorf("the file is %+v, %v", blob, err)
		}
		if r, err := h.Reserve(t.Context(), u); !r.Stored || r.Intent != "" || err != nil {
			t.Errorf("a file that is there: %+v, %v", r, err)
		}
		h.uses("w1", 600, 0)
	})
}

func TestAnIntentIsForOneThingAndOnePerson(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, -1)
		u := upload(1, 600)
		intent := h.reserve(u)
		words := storage.NotFound(nil).Error()
		for what, change := range map[string]func(*file.Upload){
			"another person": func(u *file.Upload) { u.UserID = "u2" }, "another workspace": func(u *file.Upload) { u.Key.Workspace = "w2" },
			"another hash": func(u *file.Upload) { u.Key.Ref = upload(2, 1).Key.Ref }, "another size": func(u *file.Upload) { u.Size-- }, "another type": func(u *file.Upload) { u.MediaType = "image/gif" },
			"another intent": nil,
		} {
			other, id := u, intent
			if change == nil {
				id = "unknown"
			} else {
				change(&other)
			}
			for _, err := range []error{h.Open(t.Context(), id, other), h.commit(id, other)} {
				var e *fault.Error
				if !errors.As(err, &e) || fault.New(e.Kind, e.Message).Error() != words {
					t.Errorf("%s: %v", what, err)
				}
			}
		}
		if err := h.Open(t.Context(), intent, u); err != nil {
			t.Error(err)
		}
	})
}

func TestAnIntentExpiresAndGivesItsRoomBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		u := upload(1, 600)
		intent := h.reserve(u)
		h.later(15*time.Minute - time.Millisecond)
		if err := h.Open(t.Context(), intent, u); err != nil {
			t.Errorf("a moment before: %v", err)
		}
		_, err := h.Reserve(t.Context(), upload(2, 600))
		refused(t, err, fault.QuotaExceeded, "another one meanwhile")
		h.later(time.Millisecond)
		refused(t, h.Open(t.Context(), intent, u), fault.NotFound, "sending for it")
		refused(t, h.commit(intent, u), fault.NotFound, "committing it")
		h.uses("w1", 0, 0)
		h.reserve(upload(2, 600))
		if n, err := h.Tidy(t.Context()); n != 0 || err != nil {
			t.Errorf("%d are tidied away at once, %v", n, err)
		}
		h.uses("w1", 0, 600)
		h.later(24 * time.Hour) // the first ended a day ago, the second less
		if n, err := h.Tidy(t.Context()); n != 1 || err != nil {
			t.Errorf("%d are tidied away, %v", n, err)
		}
	})
}

// An intent that expires while the bytes are proven is not committed: its room
// may be somebody else's by then.
func TestAnIntentExpiresWhileItIsProven(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		u := upload(1, 600)
		intent := h.reserve(u)
		err := h.Commit(t.Context(), intent, u, func(ctx context.Context) (storage.Blob, error) {
			h.later(time.Hour)
			h.reserve(upload(2, 600))
			return proven(u)(ctx)
		})
		refused(t, err, fault.Conflict, "the commit")
		h.uses("w1", 0, 600)
	})
}

func TestWhatIsNotProvenIsNotCommitted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, -1)
		u := upload(1, 600)
		intent := h.reserve(u)
		for what, prove := range map[string]func(context.Context) (storage.Blob, error){
			"an error":     func(context.Context) (storage.Blob, error) { return storage.Blob{}, storage.WrongHash(u.Key.Ref) },
			"another blob": proven(upload(2, 600)),
			"another size": proven(upload(1, 599)),
		} {
			refused(t, h.Commit(t.Context(), intent, u, prove), fault.Invalid, what)
			h.uses("w1", 0, 600)
		}
		if err := h.commit(intent, u); err != nil {
			t.Errorf("the right bytes after all: %v", err)
		}
	})
}

// One hash and many tickets, each filled but for its last byte: what is kept of
// them must not be more than the workspace may keep.
// One person begins many files and finishes none. What is left for the others is
// half of the room, and who is alone in a workspace has all of it.
// After the commit the other tickets of the file take no bytes that nothing
// would count; whoever holds one may still commit what is there.
func TestADamagedFileHasToComeAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		u := upload(1, 600)
		if err := h.commit(h.reserve(u), u); err != nil {
			t.Fatal(err)
		}
		sound, err := h.Find(t.Context(), u.Key)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Damaged(t.Context(), sound); err != nil {
			t.Fatal(err)
		}
		h.later(time.Minute)
		if blob, err := h.Find(t.Context(), u.Key); err != nil || blob.DamagedAt == nil {
			t.Errorf("the file is %+v, %v", blob, err)
		}
		again := h.reserve(u)
		if err := h.commit(again, u); err != nil {
			t.Fatal(err)
		}
		if blob, err := h.Find(t.Context(), u.Key); err != nil || blob.DamagedAt != nil {
			t.Errorf("the mended file is %+v, %v", blob, err)
		}
		h.uses("w1", 600, 0)
		if err := h.Damaged(t.Context(), sound); err != nil { // by whoever still reads what was there before
			t.Fatal(err)
		}
		if blob, err := h.Find(t.Context(), u.Key); err != nil || blob.DamagedAt != nil {
			t.Errorf("the mended file is damaged again: %+v, %v", blob, err)
		}
	})
}

// Whoever keeps a condemned file after all has not looked at its bytes.
func TestKeepingACondemnedFileProvesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		u := upload(1, 600)
		if err := h.commit(h.reserve(u), u); err != nil {
			t.Fatal(err)
		}
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if err := db.CondemnBlob(ctx, tx, "w1", u.Key.Ref.String(), 1); err != nil {
				return err
			}
			if err := db.MarkBlobDamaged(ctx, tx, "w1", u.Key.Ref.String(), 2); err != nil {
				return err
			}
			return db.ReviveBlob(ctx, tx, "w1", u.Key.Ref.String(), 1)
		})
		if err != nil {
			t.Fatal(err)
		}
		if blob, err := h.Find(t.Context(), u.Key); err != nil || blob.CondemnedAt != nil || blob.DamagedAt == nil {
			t.Errorf("the file is %+v, %v", blob, err)
		}
		h.reserve(u) // has to be sent
	})
}

func TestWhatNoWorkspaceTakesIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, -1)
		for what, c := range map[string]struct {
			change func(*file.Upload)
			kind   fault.Kind
		}{
			"too large": {func(u *file.Upload) { u.Size = 1<<20 + 1 }, fault.Oversized}, "another type": {func(u *file.Upload) { u.MediaType = "text/html" }, fault.Unsupported},
			"a negative size": {func(u *file.Upload) { u.Size = -1 }, fault.Invalid}, "no hash": {func(u *file.Upload) { u.Key.Ref = storage.Ref{} }, fault.Invalid},
		} {
			u := upload(1, 600)
			c.change(&u)
			_, err := h.Reserve(t.Context(), u)
			refused(t, err, c.kind, what)
		}
		u := upload(1, 600)
		if err := h.commit(h.reserve(u), u); err != nil {
			t.Fatal(err)
		}
		_, err := h.Reserve(t.Context(), upload(1, 599))
		refused(t, err, fault.Invalid, "another size of a file that is there")
	})
}

// Of many commits of one intent at once, one succeeds. The bytes are moved by the
// first who proves them: nobody else is told that they are missing.
func TestOneIntentCommittedManyTimesAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, -1)
		u := upload(1, 600)
		intent := h.reserve(u)
		errs := make([]error, 20)
		var all sync.WaitGroup
		var moved atomic.Bool
		prove := func(ctx context.Context) (storage.Blob, error) {
			if moved.Swap(true) {
				return storage.Blob{}, storage.Stopped(0, u.Size, nil)
			}
			return proven(u)(ctx)
		}
		for i := range errs {
			all.Go(func() { errs[i] = h.Commit(t.Context(), intent, u, prove) })
		}
		all.Wait()
		ok := 0
		for _, err := range errs {
			if err == nil {
				ok++
			} else if !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		}
		if ok != 1 {
			t.Errorf("%d commits succeed", ok)
		}
		h.uses("w1", 600, 0)
	})
}
