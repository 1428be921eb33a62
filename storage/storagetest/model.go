package storagetest

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// modelled plays any sequence of calls against a map.
func modelled() []test {
	return []test{{"any sequence of calls ends as it should", func(t *testing.T, s storage.Store) {
		rapid.Check(t, func(r *rapid.T) { play(t, r, s) })
	}}}
}

func play(t *testing.T, r *rapid.T, s storage.Store) {
	held := map[storage.Key][]byte{}
	for _, err := range emptied(t, s) {
		if err != nil {
			r.Fatal(err)
		}
	}
	draw := func() (string, []byte) {
		n := rapid.IntRange(0, 3).Draw(r, "content")
		return rapid.SampledFrom([]string{"w1", "w2"}).Draw(r, "workspace"), Content(uint64(300+n), n*700)
	}
	r.Repeat(map[string]func(*rapid.T){
		"receive": func(*rapid.T) {
			workspace, content := draw()
			if _, err := s.Receive(t.Context(), incoming(workspace, content, bytes.NewReader(content))); err != nil {
				r.Fatal(err)
			}
			held[Key(workspace, content)] = content
		},
		"receive something else": func(*rapid.T) {
			workspace, content := draw()
			if _, err := s.Receive(t.Context(), incoming(workspace, content, bytes.NewReader(append(bytes.Clone(content), 1)))); !fault.Is(err, fault.Oversized) {
				r.Fatal(err)
			}
		},
		"delete": func(*rapid.T) {
			workspace, content := draw()
			if err := s.Delete(t.Context(), Key(workspace, content)); err != nil {
				r.Fatal(err)
			}
			delete(held, Key(workspace, content))
		},
		"": func(*rapid.T) {
			listed := 0
			for blob, err := range s.Enumerate(t.Context(), "") {
				if err != nil {
					r.Fatal(err)
				}
				listed++
				content, ok := held[blob.Key]
				got, err := Read(t, s, blob.Key, storage.Span{})
				if !ok || err != nil || !bytes.Equal(got, content) {
					r.Fatalf("%v is listed and reads as %d bytes, %v; held: %t", blob.Key, len(got), err, ok)
				}
			}
			if listed != len(held) {
				r.Fatalf("%d are listed, %d are held", listed, len(held))
			}
		},
	})
}

// emptied deletes everything: each sequence begins with an empty store.
func emptied(t *testing.T, s storage.Store) (errs []error) {
	var keys []storage.Key
	for blob, err := range s.Enumerate(t.Context(), "") {
		keys, errs = append(keys, blob.Key), append(errs, err)
	}
	for _, key := range keys {
		errs = append(errs, s.Delete(t.Context(), key))
	}
	return errs
}
