package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/backup"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/memory"
	"or3.cloud/or3/storage/storagetest"
)

// keeps puts a file into the store and the books.
func keeps(t *testing.T, d *db.DB, s storage.Store, content []byte) storage.Key {
	t.Helper()
	key := storagetest.Keep(t, s, "w1", content)
	err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := db.InsertBlob(ctx, tx, &db.Blob{WorkspaceID: "w1", Hash: key.Ref.String(), SizeBytes: int64(len(content)), MediaType: "image/png", Provider: "memory", CreatedBy: "u1", CreatedAt: 1})
		if err == nil {
			err = db.AddStorageUsage(ctx, tx, "w1", int64(len(content)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// lists has w1 list files.
func lists(t *testing.T, d *db.DB, keys ...storage.Key) {
	t.Helper()
	err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		for _, key := range keys {
			_, err := tx.NewRaw(`INSERT INTO sync_rows (workspace_id, table_name, pk, payload, deleted, clock, hlc, op_id, device_id, user_id, created_by, server_version, written_at)
				VALUES ('w1', 'file_meta', ?, '{}', 0, 1, '', ?, 'd', 'u1', 'u1', 1, 1)`, key.Ref.String(), key.Ref.String()).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return db.RecountListed(ctx, tx, "w1")
	})
	if err != nil {
		t.Fatal(err)
	}
}

func with(s storage.Store, carry bool) backup.Options {
	o := options()
	o.Files = &backup.Store{Store: s, Provider: "memory", Carry: carry}
	return o
}

// restored restores a backup into a new database and a store.
func restored(t *testing.T, path string, o backup.Options) (*db.DB, backup.Restored) {
	t.Helper()
	url := dbtest.SQLiteURL(t)
	sqlite, err := db.SQLiteFile(url)
	if err != nil {
		t.Fatal(err)
	}
	file, err := backup.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	done, err := backup.Restore(t.Context(), file, backup.Target{URL: url, SQLite: sqlite, Stopped: func(context.Context, bun.IDB) error { return nil }}, false, o)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, url), done
}

func named(t *testing.T, d *db.DB) map[string]bool {
	t.Helper()
	list, err := db.BlobsAfter(t.Context(), d.Read(), "w1", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for i := range list {
		all[list[i].Hash] = true
	}
	return all
}

func TestABackupCarriesFilesBitForBit(t *testing.T) {
	for kind, url := range kinds() {
		t.Run(kind, func(t *testing.T) {
			d, from, to := dbtest.Open(t, url(t)), &memory.Store{}, &memory.Store{}
			fill(t, d)
			whole, empty := storagetest.Content(1, 700_000), []byte{}
			keys := []storage.Key{keeps(t, d, from, whole), keeps(t, d, from, empty)}
			flipped, missing := keeps(t, d, from, storagetest.Content(2, 300_000)), keeps(t, d, from, []byte("missing"))
			from.Damage(flipped, func(b []byte) []byte { b[200_000] ^= 1; return b })
			if err := from.Delete(t.Context(), missing); err != nil {
				t.Fatal(err)
			}
			lists(t, d, keys[0], flipped)
			path := filepath.Join(t.TempDir(), "or3.backup")
			made, err := backup.Write(t.Context(), d, path, with(from, true))
			if err != nil {
				t.Fatal(err)
			}
			// The fourth is the row of fill, which names nothing.
			if f := made.Manifest.Files; !f.Carried || f.Count != 4 || len(f.Without) != 2 {
				t.Errorf("the manifest says %+v", f)
			}
			into, done := restored(t, path, with(to, true))
			if done.Files != 2 || done.FilesGone != 3 {
				t.Errorf("%+v", done)
			}
			storagetest.Holds(t, to, keys[0], whole)
			storagetest.Holds(t, to, keys[1], empty)
			if rows := named(t, into); len(rows) != 2 || !rows[keys[0].Ref.String()] || !rows[keys[1].Ref.String()] {
				t.Errorf("the books name %v", rows)
			}
			if usage, _, err := into.ReadStorageUsage(t.Context(), "w1", 1); err != nil || usage.UsedBytes != 700_000 {
				t.Errorf("%+v, %v", usage, err)
			}
			if n, err := db.ListedBytes(t.Context(), into.Read(), "w1"); err != nil || n != 700_000 {
				t.Errorf("%d bytes are listed, %v", n, err)
			}
		})
	}
}

func TestABackupWithoutFilesKeepsThoseThatAreThere(t *testing.T) {
	d, store := dbtest.Open(t, dbtest.SQLiteURL(t)), &memory.Store{}
	fill(t, d)
	there, gone := keeps(t, d, store, []byte("there")), keeps(t, d, store, []byte("gone"))
	path := filepath.Join(t.TempDir(), "or3.backup")
	made, err := backup.Write(t.Context(), d, path, with(store, false))
	if err != nil || made.Manifest.Files.Carried || made.Manifest.Files.Count != 2 {
		t.Fatalf("%+v, %v", made.Manifest.Files, err)
	}
	if err := store.Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	into, _ := restored(t, path, with(store, false))
	if rows := named(t, into); len(rows) != 1 || !rows[there.Ref.String()] {
		t.Errorf("the books name %v", rows)
	}
}

// What is known to be damaged was opened again after a restore that had read
// nothing of it.
func TestARestoreTakesNoMarkOfDamageFromWhatItHasNotRead(t *testing.T) {
	for _, carry := range []bool{false, true} {
		d, store := dbtest.Open(t, dbtest.SQLiteURL(t)), &memory.Store{}
		fill(t, d)
		damaged, right := keeps(t, d, store, []byte("damaged")), keeps(t, d, store, []byte("right"))
		store.Damage(damaged, func(b []byte) []byte { b[1] ^= 1; return b })
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			return errors.Join(db.MarkBlobDamaged(ctx, tx, "w1", damaged.Ref.String(), 5), db.MarkBlobDamaged(ctx, tx, "w1", right.Ref.String(), 5))
		})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "or3.backup")
		if _, err := backup.Write(t.Context(), d, path, with(store, carry)); err != nil {
			t.Fatal(err)
		}
		into, _ := restored(t, path, with(store, carry))
		for key, marked := range map[storage.Key]bool{damaged: true, right: !carry} {
			if blob, err := db.FindBlob(t.Context(), into.Read(), "w1", key.Ref.String()); err != nil || (blob.DamagedAt != nil) != marked || blob.CheckedAt != 0 {
				t.Errorf("with its files %t: %+v, %v", carry, blob, err)
			}
		}
	}
}

// A byte that turns in the backup is found before anything is touched.
func TestAFileThatChangedInTheBackupIsRefused(t *testing.T) {
	d, store := dbtest.Open(t, dbtest.SQLiteURL(t)), &memory.Store{}
	fill(t, d)
	content := storagetest.Content(1, 100_000)
	keeps(t, d, store, content)
	path := filepath.Join(t.TempDir(), "or3.backup")
	if _, err := backup.Write(t.Context(), d, path, with(store, true)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, content[:64])
	text[at+50_000] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := backup.Open(t.Context(), path, options()); err == nil {
		_ = f.Close()
		t.Error("a changed backup opens")
	}
}

// Files come and go while a backup is made: whatever it names has its bytes.
func TestABackupDuringUploadsAndDeletionsNamesOnlyWhatItHas(t *testing.T) {
	d, from, to := dbtest.Open(t, dbtest.SQLiteURL(t)), &memory.Store{}, &memory.Store{}
	fill(t, d)
	var keys []storage.Key
	for i := range 20 {
		keys = append(keys, keeps(t, d, from, fmt.Appendf(nil, "file %d", i)))
	}
	o := with(from, true)
	busy := &busyStore{Store: from, do: func(n int) { // between two files that are copied
		keeps(t, d, from, fmt.Appendf(nil, "late %d", n))
		if err := from.Delete(t.Context(), keys[len(keys)-1-n/2]); err != nil {
			t.Error(err)
		}
	}}
	o.Files.Store = busy
	path := filepath.Join(t.TempDir(), "or3.backup")
	if _, err := backup.Write(t.Context(), d, path, o); err != nil {
		t.Fatal(err)
	}
	into, _ := restored(t, path, with(to, true))
	rows := named(t, into)
	if len(rows) == 0 {
		t.Error("the books name nothing")
	}
	for hash := range rows {
		ref, err := storage.ParseRef(hash)
		if err != nil {
			t.Fatal(err)
		}
		if err := storage.Verify(t.Context(), to, storage.Key{Workspace: "w1", Ref: ref}); err != nil {
			t.Errorf("%s is named and: %v", hash, err)
		}
	}
}

type busyStore struct {
	storage.Store
	n  int
	do func(n int)
}

func (b *busyStore) Open(ctx context.Context, key storage.Key, span storage.Span) (*storage.Content, error) {
	b.n++
	b.do(b.n)
	return b.Store.Open(ctx, key, span)
}

// A restore that is refused because a server runs has not touched its files.
func TestARestoreBesideARunningServerLeavesItsFilesAlone(t *testing.T) {
	d, from, to := dbtest.Open(t, dbtest.SQLiteURL(t)), &memory.Store{}, &memory.Store{}
	fill(t, d)
	keeps(t, d, from, []byte("a file"))
	path := filepath.Join(t.TempDir(), "or3.backup")
	if _, err := backup.Write(t.Context(), d, path, with(from, true)); err != nil {
		t.Fatal(err)
	}
	url := dbtest.PostgresURL(t)
	filled(t, url)
	file, err := backup.Open(t.Context(), path, options())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	running := errors.New("a server uses this database")
	if _, err := backup.Restore(t.Context(), file, backup.Target{URL: url, Stopped: func(context.Context, bun.IDB) error { return running }}, false, with(to, true)); !errors.Is(err, running) {
		t.Errorf("%v", err)
	}
	for b := range to.Enumerate(t.Context(), "") {
		t.Errorf("%s was written", b.Ref)
	}
}
