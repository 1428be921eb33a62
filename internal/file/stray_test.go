package file_test

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/storagetest"
)

func TestStraysGoAndNamedOnesComeBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		named := storagetest.Keep(t, k.store, "w1", []byte("named"))
		stray := storagetest.Keep(t, k.store, "w1", []byte("stray"))
		k.says("file_meta", named.Ref.String(), `{"hash":"`+named.Ref.String()+`","mime_type":"text/plain; charset=utf-8"}`)
		k.collects(0, file.CollectRequest{Retention: 0}) // its upload may still be committed
		k.later(25 * time.Hour)
		k.collects(0, file.CollectRequest{Retention: 0})
		if blob, err := k.Find(t.Context(), named); err != nil || blob.MediaType != "text/plain" || blob.SizeBytes != 5 {
			t.Errorf("%+v, %v", blob, err)
		}
		k.uses("w1", 5, 0)
		k.later(8 * day)
		if dry := k.collects(1, file.CollectRequest{Retention: -1, Dry: true}); !dry.Files[0].Stray {
			t.Errorf("%+v", dry)
		}
		k.collects(1, file.CollectRequest{Retention: -1})
		if _, err := k.store.Stat(t.Context(), stray); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stray: %v", err)
		}
		k.there(named, true)
	})
}

// The backup is older than the files, and the files are older than a week: only
// the devices know by now which messages show them.
func TestARestoredServerKeepsFilesUntilDevicesHaveNamedThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		late := storagetest.Keep(t, k.store, "w1", []byte("a device is away for weeks"))
		gone := storagetest.Keep(t, k.store, "w1", []byte("nobody knows it"))
		k.later(8 * day)
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			return db.InsertHistories(ctx, tx, db.ChangeOfHistory{HistoryID: "h2", PreviousID: "h1", At: k.clock().UnixMilli()})
		})
		if err != nil {
			t.Fatal(err)
		}
		k.later(time.Second)
		after := storagetest.Keep(t, k.store, "w1", []byte("sent since and never committed"))
		k.later(10 * time.Minute)
		k.collects(0, file.CollectRequest{Retention: -1})
		k.later(29 * day)
		k.collects(1, file.CollectRequest{Retention: -1})
		if _, err := k.store.Stat(t.Context(), after); !fault.Is(err, fault.NotFound) {
			t.Errorf("what was sent after the restore: %v", err)
		}
		k.says("messages", "m1", `{"file_hashes":["`+late.Ref.String()+`"]}`)
		k.later(2 * day)
		k.collects(1, file.CollectRequest{Retention: -1})
		k.there(late, true)
		if _, err := k.store.Stat(t.Context(), gone); !fault.Is(err, fault.NotFound) {
			t.Errorf("what nobody knows: %v", err)
		}
	})
}

// Whoever sends bytes, commits nothing and writes a row that names them would
// have files that no quota counts and nobody has looked at.
func TestBytesThatNobodyCommittedAreNoFileBecauseARowNamesThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		quota := int64(10)
		if err := k.SetQuota(t.Context(), "w1", &quota); err != nil {
			t.Fatal(err)
		}
		names := func(content, mediaType string) storage.Key {
			key := storagetest.Keep(t, k.store, "w1", []byte(content))
			k.says("file_meta", key.Ref.String(), `{"hash":"`+key.Ref.String()+`","mime_type":"`+mediaType+`"}`)
			return key
		}
		bad := []storage.Key{names("too large for the quota", "text/plain"), names("<html>", "text/html"), names("MZ", "image/png")}
		damaged := names("damaged", "text/plain")
		k.store.Damage(damaged, func(b []byte) []byte { b[1] ^= 1; return b })
		fresh := names("fresh", "text/plain")
		k.collects(0, file.CollectRequest{Retention: 0})
		k.later(25 * time.Hour)
		if r, err := k.Reserve(t.Context(), k.upload("fresh")); err != nil || r.Stored {
			t.Fatalf("%+v, %v", r, err)
		}
		k.collects(0, file.CollectRequest{Retention: 0}) // somebody is about to commit it
		for _, key := range append(bad, damaged, fresh) {
			if blob, err := k.Find(t.Context(), key); !fault.Is(err, fault.NotFound) {
				t.Errorf("%+v, %v", blob, err)
			}
		}
		k.later(7 * day)
		k.collects(4, file.CollectRequest{Retention: -1})
		for _, key := range append(bad, damaged) {
			if _, err := k.store.Stat(t.Context(), key); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", key.Ref, err)
			}
		}
		k.there(fresh, true)
		k.uses("w1", 5, 0)
	})
}
