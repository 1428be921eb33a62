package storagetest

import (
	"bytes"
	"errors"
	"testing"

	"or3.cloud/or3/storage"
)

func damaging(b Backend) []test {
	return []test{
		{"a damaged blob is never served whole", func(t *testing.T, s storage.Store) {
			content := Content(30, 90<<10)
			key, other := Keep(t, s, "w1", content), Keep(t, s, "w2", content)
			for name, change := range map[string]func([]byte) []byte{
				"a flipped bit at its start": flip(0), "a flipped bit in its middle": flip(40 << 10), "a flipped bit at its end": flip(len(content) - 1),
				"its end missing": func(c []byte) []byte { return c[:len(c)-1] },
				"all of it gone":  func([]byte) []byte { return []byte{} },
				"something added": func(c []byte) []byte { return append(c, 0) },
			} {
				b.Damage(t, s, key, change)
				got, err := Read(t, s, key, storage.Span{})
				if !errors.Is(err, storage.ErrDamaged) {
					t.Errorf("with %s it is read without an error that says so: %v", name, err)
				}
				if len(got) >= len(content) {
					t.Errorf("with %s all of its bytes come out", name)
				}
				if err := storage.Verify(t.Context(), s, key); !errors.Is(err, storage.ErrDamaged) {
					t.Errorf("with %s it is verified: %v", name, err)
				}
				// The next upload of the same file mends it.
				Holds(t, s, Keep(t, s, "w1", content), content)
			}
			Holds(t, s, other, content)
		}},
		{"every flipped bit is found", func(t *testing.T, s storage.Store) {
			content := Content(31, 64)
			if b.Slow {
				content = content[:4]
			}
			key := Keep(t, s, "w1", content)
			for bit := range len(content) * 8 {
				once := func(c []byte) []byte {
					c[bit/8] ^= 1 << (bit % 8)
					return c
				}
				b.Damage(t, s, key, once)
				if err := storage.Verify(t.Context(), s, key); !errors.Is(err, storage.ErrDamaged) {
					t.Fatalf("bit %d: %v", bit, err)
				}
				b.Damage(t, s, key, once)
			}
			if err := storage.Verify(t.Context(), s, key); err != nil {
				t.Error(err)
			}
		}},
	}
}

func flip(at int) func([]byte) []byte {
	return func(c []byte) []byte {
		c = bytes.Clone(c)
		c[at] ^= 1
		return c
	}
}
