package file_test

import (
	"fmt"
	"testing"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/storagetest"
)

// A workspace has more files than are looked at at once: each is marked, counted
// and collected, once, whatever slice it is in, and so are bytes that no book
// names.
func TestACollectionInSlicesSeesEveryFile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		k.InSlicesOf(2)
		var named, gone, strays []storage.Key
		for i := range 9 {
			key := k.has(fmt.Sprint("file ", i))
			if i%3 == 0 {
				named = append(named, key)
				k.says("messages", fmt.Sprint("m", i), `{"file_hashes":"[\"`+key.Ref.String()+`\"]"}`)
			} else {
				gone = append(gone, key)
			}
		}
		for i := range 5 {
			content := fmt.Sprint("stray ", i)
			u := k.upload(content)
			if _, err := k.receive(u, content)(t.Context()); err != nil {
				t.Fatal(err)
			}
			strays = append(strays, u.Key)
		}
		k.later(2 * time.Hour)
		if done := k.collects(0, file.CollectRequest{Retention: -1}); done.Marked != 6 || done.Waiting != 6 {
			t.Errorf("the first look: %+v", done)
		}
		k.later(31 * day)
		if dry := k.collects(11, file.CollectRequest{Retention: -1, Dry: true}); len(dry.Files) != 11 || dry.More {
			t.Errorf("a dry run: %+v", dry)
		}
		if done := k.collects(4, file.CollectRequest{Retention: -1, Limit: 4}); !done.More {
			t.Errorf("of eleven four: %+v", done)
		}
		if done := k.collects(7, file.CollectRequest{Retention: -1}); done.More {
			t.Errorf("the rest: %+v", done)
		}
		for _, key := range named {
			k.there(key, true)
		}
		for _, key := range append(gone, strays...) {
			k.there(key, false)
		}
	})
}

// The books were lost, or are an old backup's: the store has far more than they
// name. Of these, too, only so many are in memory at once.
func TestACollectionInSlicesSeesEveryStray(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newKept(t, d)
		k.InSlicesOf(3)
		var named, lost, strays []storage.Key
		for i := range 5 {
			key := k.has(fmt.Sprint("file ", i))
			k.says("messages", fmt.Sprint("m", i), `{"file_hashes":"[\"`+key.Ref.String()+`\"]"}`)
			named = append(named, key)
		}
		for i := range 20 {
			key := storagetest.Keep(t, k.store, "w1", fmt.Append(nil, "stray ", i))
			if i%4 == 0 {
				k.says("file_meta", key.Ref.String(), `{"hash":"`+key.Ref.String()+`","mime_type":"text/plain"}`)
				lost = append(lost, key)
			} else {
				strays = append(strays, key)
			}
		}
		most := 0
		k.OnLooking(func(files int) { most = max(most, files) })
		k.later(40 * day)
		if dry := k.collects(15, file.CollectRequest{Retention: -1, Dry: true}); len(dry.Files) != 15 || dry.More {
			t.Errorf("a dry run: %+v", dry)
		}
		k.collects(15, file.CollectRequest{Retention: -1})
		if most > 6 {
			t.Errorf("%d files were in memory at once", most)
		}
		for _, key := range append(named, lost...) {
			k.there(key, true)
		}
		for _, key := range strays {
			if _, err := k.store.Stat(t.Context(), key); !fault.Is(err, fault.NotFound) {
				t.Errorf("a stray: %v", err)
			}
		}
	})
}
