package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

func resuming(b Backend) []test {
	content := Content(40, 250<<10)
	key := Key("w1", content)
	cut := errors.New("the line is cut")

	// send sends bytes from an offset and breaks off before the end.
	send := func(t *testing.T, s storage.Store, upload string, from, to int) error {
		t.Helper()
		in := incoming("w1", content, io.Reader(bytes.NewReader(content[from:to])))
		in.Upload, in.Offset = upload, int64(from)
		if to < len(content) {
			in.Body = io.MultiReader(in.Body, iotest.ErrReader(cut))
		}
		_, err := s.Receive(t.Context(), in)
		return err
	}
	stop := func(t *testing.T, s storage.Store, upload string, from, to int) {
		t.Helper()
		if err := send(t, s, upload, from, to); !storage.IsStopped(err) || !errors.Is(err, cut) {
			t.Fatalf("an upload that breaks off ends with %v", err)
		}
		Lacks(t, s, key)
	}
	arrived := func(t *testing.T, s storage.Store, key storage.Key, upload string, want int) {
		t.Helper()
		if n, err := resumer(t, s).Received(t.Context(), key, upload); err != nil || n != int64(want) {
			t.Errorf("%d bytes of %s are here, %v; want %d", n, upload, err, want)
		}
	}
	tests := []test{
		{"an upload goes on where it stopped", func(t *testing.T, s storage.Store) {
			arrived(t, s, key, "u1", 0)
			at := 0
			for _, next := range []int{1, 70 << 10, 200<<10 + 3, len(content) - 1} {
				stop(t, s, "u1", at, next)
				arrived(t, s, key, "u1", next)
				at = next
			}
			if err := send(t, s, "u1", at, len(content)); err != nil {
				t.Fatal(err)
			}
			Holds(t, s, key, content)
			arrived(t, s, key, "u1", 0)
		}},
		{"an upload may go back", func(t *testing.T, s storage.Store) {
			stop(t, s, "u1", 0, 100<<10)
			stop(t, s, "u1", 50<<10, 80<<10)
			arrived(t, s, key, "u1", 80<<10)
			stop(t, s, "u1", 0, 10)
			arrived(t, s, key, "u1", 10)
			if err := send(t, s, "u1", 0, len(content)); err != nil {
				t.Fatal(err)
			}
			Holds(t, s, key, content)
		}},
		{"an upload that goes on elsewhere is told where", func(t *testing.T, s storage.Store) {
			stop(t, s, "u1", 0, 1000)
			for upload, have := range map[string]int{"u1": 1000, "u2": 0} {
				err := send(t, s, upload, 1001, 2000)
				var e *fault.Error
				if !errors.As(err, &e) || e.Kind != fault.Conflict || e.Fields["offset"] != fmt.Sprint(have) {
					t.Errorf("going on behind byte %d: %v", have, err)
				}
				arrived(t, s, key, upload, have)
			}
		}},
		{"uploads do not mix", func(t *testing.T, s storage.Store) {
			stop(t, s, "u1", 0, 1000)
			stop(t, s, "u2", 0, 2000)
			arrived(t, s, key, "u1", 1000)
			arrived(t, s, key, "u2", 2000)
			arrived(t, s, key, "U1", 0)
			arrived(t, s, Key("w2", content), "u1", 0)
			arrived(t, s, Key("w1", content[1:]), "u1", 0)
			if err := send(t, s, "u2", 2000, len(content)); err != nil {
				t.Fatal(err)
			}
			arrived(t, s, key, "u1", 1000)
		}},
		{"one upload over two lines at once waits", func(t *testing.T, s storage.Store) {
			in := incoming("w1", content, nil)
			in.Upload = "u1"
			second := doing(func() { is(t, send(t, s, "u1", 0, 10), fault.Conflict, "the second line") })
			in.Body = io.MultiReader(bytes.NewReader(content[:1000]), second, bytes.NewReader(content[1000:]))
			if _, err := s.Receive(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			Holds(t, s, key, content)
		}},
		{"wrong content is found however it came", func(t *testing.T, s storage.Store) {
			wrong := bytes.Clone(content)
			wrong[10] ^= 1
			in := incoming("w1", content, io.MultiReader(bytes.NewReader(wrong[:1000]), iotest.ErrReader(cut)))
			in.Upload = "u1"
			if _, err := s.Receive(t.Context(), in); !storage.IsStopped(err) {
				t.Fatal(err)
			}
			is(t, send(t, s, "u1", 1000, len(content)), fault.Invalid, "the rest of a wrong file")
			Lacks(t, s, key)
			arrived(t, s, key, "u1", 0)
		}},
		{"a cancelled upload goes on", func(t *testing.T, s storage.Store) {
			ctx, cancel := context.WithCancel(t.Context())
			in := incoming("w1", content, io.MultiReader(bytes.NewReader(content[:1000]), doing(cancel), bytes.NewReader(content[1000:])))
			in.Upload = "u1"
			if _, err := s.Receive(ctx, in); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			n, err := resumer(t, s).Received(t.Context(), key, "u1")
			if err != nil || n == 0 {
				t.Fatalf("%d bytes are here, %v", n, err)
			}
			if err := send(t, s, "u1", int(n), len(content)); err != nil {
				t.Fatal(err)
			}
			Holds(t, s, key, content)
		}},
		{"a discarded upload is forgotten", func(t *testing.T, s storage.Store) {
			stop(t, s, "u1", 0, 1000)
			for range 2 {
				if err := resumer(t, s).Discard(t.Context(), key, "u1"); err != nil {
					t.Fatal(err)
				}
			}
			arrived(t, s, key, "u1", 0)
			is(t, resumer(t, s).Discard(t.Context(), key, ""), fault.Invalid, "discarding an upload without a name")
		}},
		{"an abandoned upload is swept", func(t *testing.T, s storage.Store) {
			other := Content(41, 100)
			Keep(t, s, "w1", other)
			stop(t, s, "u1", 0, 1000)
			sweeper, ok := storage.As[storage.Sweeper](s)
			if !ok {
				t.Fatal("what keeps uploads must be able to sweep them")
			}
			if n, err := sweeper.Sweep(t.Context(), time.Now().Add(-time.Hour)); n != 0 || err != nil {
				t.Errorf("%d young uploads are swept, %v", n, err)
			}
			arrived(t, s, key, "u1", 1000)
			if n, err := sweeper.Sweep(t.Context(), time.Now().Add(time.Hour)); n != 1 || err != nil {
				t.Errorf("%d uploads are swept, %v", n, err)
			}
			arrived(t, s, key, "u1", 0)
			Holds(t, s, Key("w1", other), other)
		}},
	}
	if b.Reopen != nil {
		tests = append(tests, test{"an upload goes on after a restart", func(t *testing.T, s storage.Store) {
			stop(t, s, "u1", 0, 100<<10)
			s = b.Reopen(t, s)
			arrived(t, s, key, "u1", 100<<10)
			if err := send(t, s, "u1", 100<<10, len(content)); err != nil {
				t.Fatal(err)
			}
			Holds(t, b.Reopen(t, s), key, content)
		}})
	}
	return tests
}

func resumer(t *testing.T, s storage.Store) storage.Resumer {
	t.Helper()
	r, ok := storage.As[storage.Resumer](s)
	if !ok {
		t.Fatal("the store does not resume")
	}
	return r
}
