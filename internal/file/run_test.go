package file_test

import (
	"context"
	"testing"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/memory"
)

// runs are what is written down of the workspace and of all.
func (k *kept) runs() []db.ListedFileRun {
	k.t.Helper()
	list, err := k.Runs(k.t.Context(), "w1", true, 10)
	if err != nil {
		k.t.Fatal(err)
	}
	return list
}

// held does not answer before it is let go.
type held struct {
	*memory.Store
	asked, free chan struct{}
}

func (h *held) Stat(ctx context.Context, key storage.Key) (storage.Blob, error) {
	h.asked <- struct{}{}
	<-h.free
	return h.Store.Stat(ctx, key)
}

func newHeld(s *memory.Store) *held {
	return &held{Store: s, asked: make(chan struct{}), free: make(chan struct{})}
}

func TestTwoWhoAskForACheckDoNotReadEveryFileTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		k.has("a")
		store, ended := newHeld(k.store), make(chan struct{})
		first := k.keeper(store)
		background := func(do func()) { go func() { defer close(ended); do() }() }
		if _, err := first.StartCheck(t.Context(), "u1", background); err != nil {
			t.Fatal(err)
		}
		<-store.asked
		if _, err := k.StartCheck(t.Context(), "u2", func(do func()) { do() }); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second one: %v", err)
		}
		if _, err := k.Check(t.Context()); !fault.Is(err, fault.Conflict) {
			t.Errorf("one by itself: %v", err)
		}
		close(store.free)
		<-ended
		if list := k.runs(); len(list) != 1 || list[0].State != db.RunDone || list[0].Looked != 1 || list[0].ActorID != "u1" {
			t.Errorf("%+v", list)
		}
		k.later(time.Minute)
		if _, err := k.StartCheck(t.Context(), "u2", func(do func()) { do() }); err != nil {
			t.Errorf("when the first is done: %v", err)
		}
	})
}

func TestACheckThatDiedKeepsNobodyFromTheNext(t *testing.T) {
	k := newKept(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	k.has("a")
	if _, err := k.StartCheck(t.Context(), "u1", func(func()) {}); err != nil { // nobody does it
		t.Fatal(err)
	}
	k.later(2 * time.Minute)
	if _, err := k.StartCheck(t.Context(), "u2", func(do func()) { do() }); err != nil {
		t.Fatal(err)
	}
	if list := k.runs(); len(list) != 2 || list[0].State != db.RunDone || list[1].State != db.RunStopped {
		t.Errorf("%+v", list)
	}
}

// A look at many rows, or one large file, takes minutes and has nothing to tell:
// the page said that the server had gone away.
func TestARunThatTakesLongIsNotTakenForDead(t *testing.T) {
	k := newKept(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	k.has("a")
	store, ended := newHeld(k.store), make(chan struct{})
	keeper := k.keeper(store)
	keeper.Beating(time.Millisecond)
	if _, err := keeper.StartCheck(t.Context(), "u1", func(do func()) { go func() { defer close(ended); do() }() }); err != nil {
		t.Fatal(err)
	}
	<-store.asked
	k.later(5 * time.Minute)
	now := k.clock().UnixMilli()
	for deadline := time.Now().Add(20 * time.Second); k.runs()[0].UpdatedAt < now; {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", k.runs()[0])
		}
	}
	if _, err := k.StartCheck(t.Context(), "u2", func(do func()) { do() }); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second one: %v", err)
	}
	if list := k.runs(); len(list) != 1 || list[0].State != db.RunRunning {
		t.Errorf("%+v", list)
	}
	close(store.free)
	<-ended
}

func TestACollectionThatHasNothingToTellIsNotWrittenDown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		if err := k.CollectAll(t.Context()); err != nil || len(k.runs()) != 0 {
			t.Errorf("of nothing: %+v, %v", k.runs(), err)
		}
		k.has("a")
		k.later(2 * time.Hour)
		if err := k.CollectAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if list := k.runs(); len(list) != 1 || list[0].Marked != 1 || list[0].State != db.RunDone {
			t.Errorf("a file was marked: %+v", list)
		}
		k.collects(0, file.CollectRequest{Retention: -1, ActorID: "u1"})
		k.collects(0, file.CollectRequest{Retention: -1, Dry: true, ActorID: "u1"})
		if list := k.runs(); len(list) != 2 || list[0].ActorID != "u1" {
			t.Errorf("somebody asked: %+v", list)
		}
	})
}
