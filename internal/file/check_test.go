package file_test

import (
	"context"
	"errors"
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

func TestACheckFindsWhatIsWrongAndWhatIsRightAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		good, flipped, short, missing := k.has("good"), k.has("flipped"), k.has("short"), k.has("missing")
		k.store.Damage(flipped, func(b []byte) []byte { b[2] ^= 1; return b })
		k.store.Damage(short, func(b []byte) []byte { return b[:2] })
		if err := k.store.Delete(t.Context(), missing); err != nil {
			t.Fatal(err)
		}
		if done, err := k.Check(t.Context()); err != nil || done.Files != 4 || done.Damaged != 3 {
			t.Fatalf("%+v, %v", done, err)
		}
		for key, want := range map[storage.Key]string{good: "", flipped: file.DamageContent, short: file.DamageSize, missing: file.DamageMissing} {
			if blob, err := k.Find(t.Context(), key); err != nil || blob.Damage != want || (blob.DamagedAt != nil) != (want != "") {
				t.Errorf("%s: %+v, %v", key.Ref, blob, err)
			}
		}
		if done, err := k.Check(t.Context()); err != nil || done.Files != 0 {
			t.Errorf("a second check looks again: %+v, %v", done, err)
		}
		// Whoever has it is asked for it, and then it is right.
		u := k.upload("flipped")
		if err := k.Commit(t.Context(), k.reserve(u), u, k.receive(u, "flipped")); err != nil {
			t.Fatal(err)
		}
		// Somebody puts the directory back from a copy of their own.
		if _, err := k.receive(k.upload("missing"), "missing")(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.later(31 * day)
		if done, err := k.Check(t.Context()); err != nil || done.Files != 4 || done.Damaged != 1 || done.Mended != 1 {
			t.Errorf("%+v, %v", done, err)
		}
		if s := k.Stats(); s.Damaged != 3 || s.Mended != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestACheckReadsNoFasterThanItMay(t *testing.T) {
	k := newKept(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	k.has(strings.Repeat("x", 100_000))
	var waited time.Duration
	keeper := file.NewKeeper(file.KeeperOptions{Books: k.Service, Store: k.store, Bus: k.bus, CheckRate: 10_000,
		Wait: func(_ context.Context, d time.Duration) error { waited += d; return nil }})
	if _, err := keeper.Check(t.Context()); err != nil || waited < 9*time.Second || waited > 10*time.Second {
		t.Errorf("100,000 bytes at 10,000 a second took %s, %v", waited, err)
	}
}

func TestAStoreThatDoesNotAnswerDamagesNothing(t *testing.T) {
	k := newKept(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	key := k.has("a")
	keeper := k.keeper(&deaf{Store: k.store})
	if _, err := keeper.Check(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v", err)
	}
	if blob, err := k.Find(t.Context(), key); err != nil || blob.DamagedAt != nil {
		t.Errorf("%+v, %v", blob, err)
	}
}

type deaf struct{ *memory.Store }

func (*deaf) Open(context.Context, storage.Key, storage.Span) (*storage.Content, error) {
	return nil, fault.New(fault.Unavailable, "The store does not answer.")
}

// locked does not let anybody look at some files, in words of its own.
type locked struct {
	*memory.Store
	keys  map[storage.Key]bool
	probe error
}

func (l *locked) Stat(ctx context.Context, key storage.Key) (storage.Blob, error) {
	if l.keys[key] {
		return storage.Blob{}, errors.New("permission denied")
	}
	return l.Store.Stat(ctx, key)
}

func (l *locked) Probe(context.Context) error { return l.probe }

func TestOneFileThatCannotBeLookedAtKeepsNobodyFromTheOthers(t *testing.T) {
	k := newKept(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	first, second := k.has("a"), k.has("b")
	k.store.Damage(second, func(b []byte) []byte { return append(b, 'x') })
	store := &locked{Store: k.store, keys: map[storage.Key]bool{first: true, second: true}, probe: fault.New(fault.Unavailable, "The disk is gone.")}
	if _, err := k.keeper(store).Check(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a disk that is gone: %v", err)
	}
	store.probe = nil
	delete(store.keys, second)
	if done, err := k.keeper(store).Check(t.Context()); err != nil || done.Files != 2 || done.Damaged != 2 {
		t.Errorf("%+v, %v", done, err)
	}
	if blob, err := k.Find(t.Context(), first); err != nil || blob.Damage != file.DamageUnreadable {
		t.Errorf("%+v, %v", blob, err)
	}
	delete(store.keys, first)
	if done, err := k.keeper(store).Check(t.Context()); err != nil || done.Files != 0 {
		t.Errorf("at once: %+v, %v", done, err)
	}
	k.later(2 * time.Hour)
	if done, err := k.keeper(store).Check(t.Context()); err != nil || done.Files != 1 || done.Mended != 1 {
		t.Errorf("two hours later: %+v, %v", done, err)
	}
}
