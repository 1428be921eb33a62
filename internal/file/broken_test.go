package file_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/memory"
)

// naming tells before it deletes.
type naming struct {
	*memory.Store
	before func(storage.Key)
	fail   error
}

func (n *naming) Delete(ctx context.Context, key storage.Key) error {
	n.before(key)
	if n.fail != nil {
		return n.fail
	}
	return n.Store.Delete(ctx, key)
}

func TestACollectionThatBrokeOffIsGoneOnWith(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		a, b := k.has("a"), k.has("bb")
		if _, err := k.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.later(2 * time.Hour)
		k.collects(0, file.CollectRequest{Retention: time.Hour})
		k.later(2 * time.Hour)
		broken := errors.New("the process dies")
		keeper := k.keeper(&naming{Store: k.store, before: func(storage.Key) {}, fail: broken})
		if _, err := keeper.Collect(t.Context(), file.CollectRequest{WorkspaceID: "w1", Retention: time.Hour}); !errors.Is(err, broken) {
			t.Fatalf("%v", err)
		}
		// Its bytes are found right as soon as it is kept: the next look of a check is weeks away.
		k.says("messages", "m1", `{"file_hashes":["`+a.Ref.String()+`"]}`)
		k.collects(1, file.CollectRequest{Retention: time.Hour})
		k.there(b, false)
		k.there(a, true)
		if blob, err := k.Find(t.Context(), a); err != nil || blob.DamagedAt != nil || blob.CondemnedAt != nil {
			t.Errorf("the file that is named again: %+v, %v", blob, err)
		}
		k.uses("w1", 1, 0)
	})
}

// The store that could not delete a file cannot read it just now either.
func TestAFileThatIsKeptAfterAllIsCheckedAsSoonAsTheStoreAnswers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		a := k.has("a")
		if _, err := k.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.later(2 * time.Hour)
		k.collects(0, file.CollectRequest{Retention: time.Hour})
		k.later(2 * time.Hour)
		down := errors.New("the bucket is down")
		req := file.CollectRequest{WorkspaceID: "w1", Retention: time.Hour}
		if _, err := k.keeper(&naming{Store: k.store, before: func(storage.Key) {}, fail: down}).Collect(t.Context(), req); !errors.Is(err, down) {
			t.Fatalf("%v", err)
		}
		k.says("messages", "m1", `{"file_hashes":["`+a.Ref.String()+`"]}`)
		if done, err := k.keeper(&deaf{Store: k.store}).Collect(t.Context(), req); err != nil || done.Deleted != 0 {
			t.Fatalf("%+v, %v", done, err)
		}
		if done, err := k.Check(t.Context()); err != nil || done.Files != 1 || done.Mended != 1 {
			t.Errorf("%+v, %v", done, err)
		}
	})
}

// A backup may take hours. What began by itself waits for it; a person is told.
func TestACollectionByItselfWaitsForABackup(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		key := k.has("a")
		k.later(2 * time.Hour)
		k.collects(0, file.CollectRequest{Retention: time.Hour})
		k.later(2 * time.Hour)
		backup, err := file.HoldDeletions(t.Context(), d, nil)
		if err != nil {
			t.Fatal(err)
		}
		waited := time.Duration(0)
		keeper := file.NewKeeper(file.KeeperOptions{Books: k.Service, Store: k.store, Bus: k.bus, Audit: audit.New(audit.Options{DB: d, Now: k.clock}),
			Wait: func(ctx context.Context, pause time.Duration) error {
				until, _ := ctx.Deadline()
				if waited += pause; time.Until(until) < time.Minute { // that of a person
					return context.DeadlineExceeded
				}
				return errors.Join(ctx.Err(), backup.Drop(ctx))
			}})
		if _, err := keeper.Collect(t.Context(), file.CollectRequest{WorkspaceID: "w1", Retention: time.Hour, ActorID: "u1"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a person: %v", err)
		}
		k.there(key, true)
		if done, err := keeper.Collect(t.Context(), file.CollectRequest{WorkspaceID: "w1", Retention: time.Hour}); err != nil || done.Deleted != 1 || waited == 0 {
			t.Errorf("%+v, %v after %s", done, err, waited)
		}
		k.there(key, false)
	})
}
