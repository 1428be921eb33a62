package file_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/memory"
	"or3.cloud/or3/storage/storagetest"
)

const day = 24 * time.Hour

// kept is a house with a store and somebody who looks after its files.
type kept struct {
	*house
	*file.Keeper
	store *memory.Store
	bus   *hook.Bus
	write int64 // the workspace's version
}

func newKept(t *testing.T, d *db.DB) *kept {
	t.Helper()
	h := newHouse(t, d, -1)
	k := &kept{house: h, store: &memory.Store{Now: h.clock}, bus: hook.New(nil)}
	k.Keeper = k.keeper(k.store)
	return k
}

func (k *kept) keeper(s storage.Store) *file.Keeper {
	return file.NewKeeper(file.KeeperOptions{Books: k.Service, Store: s, Bus: k.bus, Audit: audit.New(audit.Options{DB: k.db, Now: k.clock}),
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
}

// has puts a file into w1 and gives its key.
func (k *kept) has(content string) storage.Key {
	k.t.Helper()
	u := k.upload(content)
	if err := k.Commit(k.t.Context(), k.reserve(u), u, k.receive(u, content)); err != nil {
		k.t.Fatal(err)
	}
	return u.Key
}

func (k *kept) upload(content string) file.Upload {
	return file.Upload{UserID: "u1", Key: storage.Key{Workspace: "w1", Ref: storage.RefOf([]byte(content))}, Size: int64(len(content)), MediaType: "image/png"}
}

func (k *kept) receive(u file.Upload, content string) func(context.Context) (storage.Blob, error) {
	return func(ctx context.Context) (storage.Blob, error) {
		return k.store.Receive(ctx, storage.Incoming{Key: u.Key, Size: u.Size, Body: strings.NewReader(content)})
	}
}

// says writes a row as a push does; an empty payload deletes it.
func (k *kept) says(table, pk, payload string) {
	k.t.Helper()
	k.write++
	op, deleted := "put", 0
	var text any = payload
	if payload == "" {
		op, deleted, text = "delete", 1, nil
	}
	err := k.db.Write(k.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`INSERT INTO sync_heads (workspace_id, value) VALUES ('w1', ?) ON CONFLICT (workspace_id) DO UPDATE SET value = excluded.value`, k.write).Exec(ctx)
		if err == nil {
			_, err = tx.NewRaw(`INSERT INTO sync_rows (workspace_id, table_name, pk, payload, deleted, clock, hlc, op_id, device_id, user_id, created_by, server_version, written_at)
				VALUES ('w1', ?, ?, ?, ?, 1, '', ?, 'd', 'u1', 'u1', ?, ?) ON CONFLICT (workspace_id, table_name, pk)
				DO UPDATE SET payload = excluded.payload, deleted = excluded.deleted, server_version = excluded.server_version, written_at = excluded.written_at`,
				table, pk, text, deleted, fmt.Sprint(k.write), k.write, k.clock().UnixMilli()).Exec(ctx)
		}
		if err == nil {
			_, err = tx.NewRaw(`INSERT INTO change_log (workspace_id, server_version, table_name, pk, op, payload, clock, hlc, op_id, device_id, user_id, digest, written_at)
				VALUES ('w1', ?, ?, ?, ?, ?, 1, '', ?, 'd', 'u1', '', ?)`, k.write, table, pk, op, text, fmt.Sprint(k.write), k.clock().UnixMilli()).Exec(ctx)
		}
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

// collects runs a collection and holds what went against want.
func (k *kept) collects(want int64, o file.CollectRequest) file.Collection {
	k.t.Helper()
	o.WorkspaceID = "w1"
	done, err := k.Collect(k.t.Context(), o)
	if err != nil || done.Deleted != want {
		k.t.Fatalf("collected %+v, %v; want %d", done, err, want)
	}
	return done
}

func (k *kept) there(key storage.Key, want bool) {
	k.t.Helper()
	_, inBooks := k.Find(k.t.Context(), key)
	_, inStore := k.store.Stat(k.t.Context(), key)
	if (inBooks == nil) != want || (inStore == nil) != want {
		k.t.Errorf("%s: in the books %v, in the store %v; want it there %t", key.Ref, inBooks, inStore, want)
	}
}

func TestWhatNothingNamesGoesAfterTheRetention(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		message, document, upper, bare, facts, gone := k.has("a"), k.has("b"), k.has("c"), k.has("d"), k.has("e"), k.has("f")
		k.says("messages", "m1", `{"id":"m1","file_hashes":"[\"`+message.Ref.String()+`\"]"}`)
		k.says("posts", "p1", `{"id":"p1","content":"![a keel](or3-file:`+document.Ref.String()+`)"}`)
		k.says("posts", "p2", `{"id":"p2","meta":{"cover":"`+strings.ToUpper(upper.Ref.String())+`"}}`)
		k.says("kv", "plugins.settings.gallery", `{"name":"plugins.settings.gallery","value":"x\b`+bare.Ref.Hex()+`"}`)
		k.says("file_meta", facts.Ref.String(), `{"hash":"`+facts.Ref.String()+`","ref_count":0}`)
		k.later(2 * time.Hour)
		var told []file.CollectEvent
		file.Collected.On(k.bus, hook.Options{Name: "test"}, func(_ context.Context, e file.CollectEvent) { told = append(told, e) })
		if done := k.collects(0, file.CollectRequest{Retention: -1}); done.Marked != 1 || done.Waiting != 1 || done.WaitingBytes != 1 {
			t.Errorf("the first look: %+v", done)
		}
		k.later(29 * day)
		k.collects(0, file.CollectRequest{Retention: -1})
		k.later(day)
		if dry := k.collects(1, file.CollectRequest{Retention: -1, Dry: true}); len(dry.Files) != 1 || dry.Files[0].Hash != gone.Ref.String() || dry.Freed != 1 {
			t.Errorf("a dry run: %+v", dry)
		}
		k.there(gone, true)
		k.collects(1, file.CollectRequest{Retention: -1})
		k.there(gone, false)
		for _, key := range []storage.Key{message, document, upper, bare, facts} {
			k.there(key, true)
		}
		k.uses("w1", 5, 0)
		if n := len(told); n != 3 || told[2].DeletedCount != 1 || told[2].FreedBytes != 1 {
			t.Errorf("told %+v", told)
		}
	})
}

func TestAFileThatSomebodyDeletedGoesSoLongAfterNothingNamesIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		key := k.has("a")
		hash := key.Ref.String()
		k.says("file_meta", hash, `{"hash":"`+hash+`"}`)
		k.later(time.Minute)
		k.says("file_meta", hash, "")
		if done := k.collects(0, file.CollectRequest{Retention: time.Hour}); done.Marked != 1 { // although it was sent just now
			t.Errorf("%+v", done)
		}
		// A device that has just been told that the file is there will name it.
		if r, err := k.Reserve(t.Context(), k.upload("a")); err != nil || !r.Stored {
			t.Fatalf("%+v, %v", r, err)
		}
		k.later(time.Minute)
		k.collects(0, file.CollectRequest{Retention: time.Second})
		k.later(2 * time.Hour)
		k.collects(0, file.CollectRequest{Retention: time.Second}) // it never did; marked now
		k.later(time.Minute)
		k.collects(1, file.CollectRequest{Retention: time.Second})
		k.there(key, false)
	})
}

// A message that shows a file can be brought back for as long as deletions are
// remembered: what it shows has to be there, whenever the file's facts went.
func TestAFileOfAMessageThatIsBroughtBackIsThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		key := k.has("a")
		hash := key.Ref.String()
		k.says("file_meta", hash, `{"hash":"`+hash+`"}`)
		k.says("messages", "m1", `{"file_hashes":["`+hash+`"]}`)
		k.later(time.Minute)
		k.says("file_meta", hash, "") // on the page Files; the message still shows it
		k.later(40 * day)
		k.collects(0, file.CollectRequest{Retention: -1})
		k.says("messages", "m1", "")
		k.later(time.Hour)
		if done := k.collects(0, file.CollectRequest{Retention: -1}); done.Marked != 1 {
			t.Errorf("%+v", done)
		}
		k.later(29 * day)
		k.collects(0, file.CollectRequest{Retention: -1})
		k.there(key, true)
		k.says("messages", "m1", `{"file_hashes":["`+hash+`"]}`)
		k.later(2 * day)
		k.collects(0, file.CollectRequest{Retention: -1})
		k.there(key, true)
	})
}

func TestAFileThatWasJustSentIsLeftAlone(t *testing.T) {
	k := newKept(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	key := k.has("a")
	if done := k.collects(0, file.CollectRequest{Retention: 0}); done.Marked != 0 {
		t.Errorf("%+v", done)
	}
	k.later(2 * time.Hour)
	k.collects(1, file.CollectRequest{Retention: 0})
	k.there(key, false)
}

// A row came past the count, as an older program writes it.
func TestWhatListedFilesAddUpToIsMended(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		key := k.has("abc")
		k.says("file_meta", key.Ref.String(), `{}`)
		for _, want := range []int64{0, 3} {
			if n, err := db.ListedBytes(t.Context(), d.Read(), "w1"); n != want || err != nil {
				t.Errorf("%d bytes are listed, %v; want %d", n, err, want)
			}
			if err := k.CollectAll(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Between the look at the rows and the deletion a message may come that shows
// the file: it stays, and is not taken for damaged.
func TestAFileThatIsNamedWhileOthersGoStays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		waits, last, goes := k.has("a"), k.has("b"), k.has("c")
		name := func(key storage.Key) {
			k.says("messages", "m-"+key.Ref.Hex(), `{"file_hashes":["`+key.Ref.String()+`"]}`)
		}
		k.later(2 * time.Hour)
		k.collects(0, file.CollectRequest{Retention: time.Hour})
		k.later(2 * time.Hour)
		lease, err := file.HoldDeletions(t.Context(), d, nil)
		if err != nil {
			t.Fatal(err)
		}
		keeper := file.NewKeeper(file.KeeperOptions{Books: k.Service, Store: k.store, Bus: k.bus, Audit: audit.New(audit.Options{DB: d, Now: k.clock}),
			Wait: func(ctx context.Context, _ time.Duration) error { // the rows have been looked at
				name(waits)
				return errors.Join(ctx.Err(), lease.Drop(ctx))
			}})
		keeper.OnRemoving(func(key storage.Key) { // the newest changes, too
			if key == last {
				name(last)
			}
		})
		done, err := keeper.Collect(t.Context(), file.CollectRequest{WorkspaceID: "w1", Retention: time.Hour})
		if err != nil || done.Deleted != 1 {
			t.Fatalf("%+v, %v", done, err)
		}
		k.there(goes, false)
		for _, key := range []storage.Key{waits, last} {
			k.there(key, true)
			if blob, err := k.Find(t.Context(), key); err != nil || blob.DamagedAt != nil || blob.CondemnedAt != nil {
				t.Errorf("%+v, %v", blob, err)
			}
		}
	})
}

func TestTwoCollectorsDeleteEachFileOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		for i := range 40 {
			k.has(fmt.Sprintf("file %02d", i))
		}
		k.later(2 * time.Hour)
		k.collects(0, file.CollectRequest{Retention: time.Hour})
		k.later(2 * time.Hour)
		var running sync.WaitGroup
		var mu sync.Mutex
		deleted := int64(0)
		for range 2 {
			running.Go(func() {
				keeper := file.NewKeeper(file.KeeperOptions{Books: k.Service, Store: k.store, Bus: k.bus, Audit: audit.New(audit.Options{DB: d, Now: k.clock})})
				done, err := keeper.Collect(t.Context(), file.CollectRequest{WorkspaceID: "w1", Retention: time.Hour})
				mu.Lock()
				defer mu.Unlock()
				if deleted += done.Deleted; err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		if deleted != 40 {
			t.Errorf("%d files were deleted", deleted)
		}
		k.uses("w1", 0, 0)
		for range k.store.Enumerate(t.Context(), "w1") {
			t.Fatal("bytes are left")
		}
	})
}

// Devices send files again while they are collected: a commit wins, or the
// device is asked to send. Nobody is told of a file that is not there.
func TestCommitsAndCollectionsAtOnceLoseNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		var contents []string
		for i := range 12 {
			contents = append(contents, fmt.Sprintf("file %02d", i))
			key := k.has(contents[i])
			k.says("file_meta", key.Ref.String(), "") // deleted, so that it goes at once
		}
		k.later(time.Minute)
		for i := range contents {
			key := k.upload(contents[i]).Key
			k.says("file_meta", key.Ref.String(), "")
		}
		k.later(time.Minute)
		var running sync.WaitGroup
		running.Go(func() { // the first marks, and what it has marked goes
			for range 3 {
				if _, err := k.Collect(t.Context(), file.CollectRequest{WorkspaceID: "w1", Retention: 0}); err != nil {
					t.Error(err)
				}
			}
		})
		for i := range 2 {
			running.Go(func() {
				for n, content := range contents {
					if n%2 != i {
						continue
					}
					u := k.upload(content)
					r, err := k.Reserve(t.Context(), u)
					if err == nil && !r.Stored {
						err = k.Commit(t.Context(), r.Intent, u, k.receive(u, content))
					}
					if err != nil {
						t.Errorf("%s: %v", content, err)
					}
				}
			})
		}
		running.Wait()
		for _, content := range contents {
			key := k.upload(content).Key
			k.there(key, true)
			storagetest.Holds(t, k.store, key, []byte(content))
		}
		k.uses("w1", int64(len(contents)*7), 0)
	})
}

// What a person deleted for ever goes when an owner wants it, but not what was
// just sent, nor anything while devices may know more than a restored database.
func TestAnOwnerTakesWhatWaitsBeforeItsTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		now := file.CollectRequest{Retention: -1, Early: true}
		deleted, shown := k.has("deleted for ever"), k.has("still in a message")
		for _, key := range []storage.Key{deleted, shown} {
			k.says("file_meta", key.Ref.String(), `{"hash":"`+key.Ref.String()+`"}`)
		}
		k.says("messages", "m1", `{"file_hashes":["`+shown.Ref.String()+`"]}`)
		k.later(time.Minute)
		for _, key := range []storage.Key{deleted, shown} {
			k.says("file_meta", key.Ref.String(), "")
		}
		sent := k.has("its row is on its way")
		if done := k.collects(0, file.CollectRequest{Retention: -1, Dry: true}); done.Waiting != 1 || done.Held {
			t.Errorf("%+v", done)
		}
		k.collects(1, now)
		k.there(deleted, false)
		k.there(shown, true)
		k.there(sent, true)

		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			return db.InsertHistories(ctx, tx, db.ChangeOfHistory{HistoryID: "h2", PreviousID: "h1", At: k.clock().UnixMilli()})
		})
		if err != nil {
			t.Fatal(err)
		}
		k.later(29 * day)
		if done := k.collects(0, now); !done.Held || done.Waiting != 1 {
			t.Errorf("%+v", done)
		}
		k.there(sent, true)
		k.later(2 * day)
		k.collects(1, now)
	})
}
