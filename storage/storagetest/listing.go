package storagetest

import (
	"context"
	"errors"
	"testing"

	"or3.cloud/or3/storage"
)

func listing() []test {
	return []test{
		{"an empty store lists nothing", func(t *testing.T, s storage.Store) {
			if found := list(t, s, ""); len(found) != 0 {
				t.Errorf("it lists %v", found)
			}
			if found := list(t, s, "w1"); len(found) != 0 {
				t.Errorf("a workspace lists %v", found)
			}
		}},
		{"every blob is listed once", func(t *testing.T, s storage.Store) {
			want := map[storage.Key]int64{}
			for i := range 30 {
				content := Content(uint64(100+i), i*37)
				want[Keep(t, s, []string{"w1", "w2", "W2"}[i%3], content)] = int64(len(content))
			}
			for _, workspace := range []string{"", "w1", "w2", "W2", "w3"} {
				found := list(t, s, workspace)
				for key, size := range want {
					if blob, ok := found[key]; ok != (workspace == "" || key.Workspace == workspace) || ok && (blob.Size != size || blob.Stored.IsZero()) {
						t.Errorf("of %q, %v is listed as %+v", workspace, key, blob)
					}
				}
			}
			if found := list(t, s, ""); len(found) != len(want) {
				t.Errorf("%d are listed, not %d", len(found), len(want))
			}
		}},
		{"listing ends when the caller has enough", func(t *testing.T, s storage.Store) {
			for i := range 5 {
				Keep(t, s, "w1", Content(uint64(200+i), 10))
			}
			seen := 0
			for _, err := range s.Enumerate(t.Context(), "w1") {
				if err != nil {
					t.Fatal(err)
				}
				if seen++; seen == 2 {
					break
				}
			}
			if seen != 2 {
				t.Errorf("%d were seen", seen)
			}
		}},
		{"listing ends with its context", func(t *testing.T, s storage.Store) {
			Keep(t, s, "w1", Content(210, 10))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			var last error
			for _, err := range s.Enumerate(ctx, "w1") {
				last = err
			}
			if !errors.Is(last, context.Canceled) {
				t.Errorf("it ends with %v", last)
			}
		}},
	}
}

func list(t *testing.T, s storage.Enumerator, workspace string) map[storage.Key]storage.Blob {
	t.Helper()
	found := map[storage.Key]storage.Blob{}
	for blob, err := range s.Enumerate(t.Context(), workspace) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := found[blob.Key]; twice {
			t.Errorf("%v is listed twice", blob.Key)
		}
		found[blob.Key] = blob
	}
	return found
}
