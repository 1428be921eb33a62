package file_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/memory"
)

// sends puts an upload's bytes into the store and commits nothing.
func (k *kept) sends(u file.Upload, content string) (intent string) {
	k.t.Helper()
	intent = k.reserve(u)
	if err := k.Arriving(k.t.Context(), intent, u, k.clock()); err != nil {
		k.t.Fatal(err)
	}
	in := storage.Incoming{Key: u.Key, Size: u.Size, Upload: intent, Body: strings.NewReader(content)}
	if _, err := k.store.Receive(k.t.Context(), in); err != nil && !storage.IsStopped(err) {
		k.t.Fatal(err)
	}
	return intent
}

// inStore holds against the store whether it has bytes, whatever the books say.
func (k *kept) inStore(key storage.Key, want bool) {
	k.t.Helper()
	if _, err := k.store.Stat(k.t.Context(), key); err != nil == want {
		k.t.Errorf("%s is in the store: %v; want it there %t", key.Ref, err, want)
	}
}

// Somebody sends one quota's worth after the other and commits nothing: the
// disk that everybody shares is full before long.
func TestWhatIsSentAndNeverCommittedCountsUntilItIsGone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		k.Service = file.New(file.Options{DB: d, Now: k.clock, Provider: "memory", Quota: 25})
		k.Keeper = k.keeper(k.store)
		whole, part := k.upload("ten bytes."), k.upload("a part of it")
		k.sends(whole, "ten bytes.")
		half := k.sends(part, "half")
		unsent := k.upload("is never sent, and is longer")
		k.later(20 * time.Minute)
		k.uses("w1", 0, 22)
		_, err := k.Reserve(t.Context(), k.upload("more"))
		refused(t, err, fault.QuotaExceeded, "more than there is room for")
		_, err = k.Reserve(t.Context(), unsent)
		refused(t, err, fault.QuotaExceeded, "a large one")

		k.later(23 * time.Hour)
		if n, err := k.SweepUploads(t.Context()); n != 0 || err != nil {
			t.Errorf("%d go before their time, %v", n, err)
		}
		k.inStore(whole.Key, true)
		k.later(time.Hour)
		if _, err := k.SweepUploads(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.inStore(whole.Key, false)
		if n, err := k.store.Received(t.Context(), part.Key, half); n != 0 || err != nil {
			t.Errorf("%d bytes of the half one are left, %v", n, err)
		}
		k.uses("w1", 0, 0)
		k.reserve(k.upload("more"))
	})
}

func TestAnUploadOfWhichNothingIsKeptReservesLittle(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		u := k.upload("not what was announced")
		intent := k.reserve(u)
		if err := k.Arriving(t.Context(), intent, u, k.clock().Add(48*time.Hour)); err != nil {
			t.Fatal(err)
		}
		k.later(40 * time.Hour) // a line that is slow, and still arrives
		if err := k.Open(t.Context(), intent, u); err != nil {
			t.Error(err)
		}
		if err := k.Nothing(t.Context(), intent); err != nil {
			t.Fatal(err)
		}
		k.uses("w1", 0, u.Size)
		k.later(storage.UploadTTL)
		k.uses("w1", 0, 0)
		refused(t, k.Arriving(t.Context(), intent, u, k.clock()), fault.NotFound, "sending for it")
	})
}

// A file that others have, that was deleted and may come back, or that a
// restored database does not know: none of it is the upload's to take along.
func TestAnUploadThatIsGivenUpTakesNobodyElsesFile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		unknown := k.upload("from before the restore")
		if _, err := k.receive(unknown, "from before the restore")(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.later(time.Hour)
		k.reserve(unknown)
		committed := k.upload("committed by another")
		k.sends(committed, "committed by another")
		theirs := committed
		theirs.UserID = "u2"
		if err := k.Commit(t.Context(), k.reserve(theirs), theirs, k.receive(theirs, "committed by another")); err != nil {
			t.Fatal(err)
		}
		deleted := k.upload("deleted yesterday")
		k.sends(deleted, "deleted yesterday")
		k.has("deleted yesterday")
		if err := k.Condemn(t.Context(), deleted.Key); err != nil {
			t.Fatal(err)
		}
		k.later(25 * time.Hour)
		if _, err := k.SweepUploads(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, u := range []file.Upload{committed, deleted} {
			k.there(u.Key, true)
		}
		k.inStore(unknown.Key, true)
		if b, err := k.Find(t.Context(), deleted.Key); err != nil || b.DamagedAt != nil {
			t.Errorf("the deleted one is %+v, %v", b, err)
		}
	})
}

// Nobody tells the server what was sent to a bucket.
func TestWhatMayBeInABucketCounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		h.Service = file.New(file.Options{DB: d, Now: h.clock, Provider: "s3", Quota: 1000, Unseen: true})
		u := upload(1, 600)
		intent := h.reserve(u)
		h.later(20 * time.Hour)
		h.uses("w1", 0, 600)
		_, err := h.Reserve(t.Context(), upload(2, 600))
		refused(t, err, fault.QuotaExceeded, "a second one")
		if err := h.commit(intent, u); err != nil {
			t.Errorf("a slow line: %v", err)
		}
		h.uses("w1", 600, 0)
	})
}

// stubborn keeps what some uploads have sent, and lets another thing happen first.
type stubborn struct {
	*memory.Store
	keeps  map[string]error
	before func(upload string)
}

func (s *stubborn) Discard(ctx context.Context, key storage.Key, upload string) error {
	if s.before != nil {
		s.before(upload)
	}
	if err := s.keeps[upload]; err != nil {
		return err
	}
	return s.Store.Discard(ctx, key, upload)
}

func TestWhatCannotBeRemovedKeepsNothingElseFromGoing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		intents := map[string]error{}
		for _, content := range []string{"first of three", "second of three", "third of three"} {
			intents[k.sends(k.upload(content), content[:5])] = nil
		}
		stuck := slices.Min(slices.Collect(maps.Keys(intents)))
		intents[stuck] = errors.New("permission denied")
		k.later(25 * time.Hour)
		removed, err := k.keeper(&stubborn{Store: k.store, keeps: intents}).SweepUploads(t.Context())
		if !errors.Is(err, intents[stuck]) || removed < 2 {
			t.Errorf("%d went, %v; the other two go, and the one is told of", removed, err)
		}
		for intent := range intents {
			if _, err := db.UploadIntentByID(t.Context(), d.Read(), intent); fault.Is(err, fault.NotFound) != (intent != stuck) {
				t.Errorf("intent %s, stuck %t: %v", intent, intent == stuck, err)
			}
		}
	})
}

// The sweep reads a page of intents; a device may come back for the last one
// while the first are removed.
func TestAnUploadThatGoesOnWhileOthersAreRemovedStays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		first, second := k.upload("one that was given up"), k.upload("one that goes on")
		given, goes := k.sends(first, "one"), k.sends(second, "one that")
		if given > goes {
			first, second, given, goes = second, first, goes, given
		}
		k.later(25 * time.Hour)
		renewed := false
		keeper := k.keeper(&stubborn{Store: k.store, before: func(upload string) {
			if upload == given && !renewed {
				renewed = true
				resumed := second
				resumed.Resume = goes
				if again := k.reserve(resumed); again != goes {
					t.Errorf("the device is given another intent, %s for %s", again, goes)
				}
			}
		}})
		if _, err := keeper.SweepUploads(t.Context()); err != nil || !renewed {
			t.Fatalf("%v, renewed %t", err, renewed)
		}
		if err := k.Open(t.Context(), goes, second); err != nil {
			t.Errorf("the intent that goes on: %v", err)
		}
		if err := k.Open(t.Context(), given, first); err == nil {
			t.Error("the intent that was given up is still there")
		}
	})
}
