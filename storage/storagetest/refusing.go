package storagetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

func refusing() []test {
	content := Content(20, 100<<10)
	key := Key("w1", content)
	receive := func(t *testing.T, s storage.Store, body io.Reader) error {
		t.Helper()
		_, err := s.Receive(t.Context(), incoming("w1", content, body))
		if err == nil {
			t.Fatal("it is received")
		}
		Lacks(t, s, key)
		return err
	}
	return []test{
		{"other content than announced is refused", func(t *testing.T, s storage.Store) {
			for _, at := range []int{0, 50 << 10, len(content) - 1} {
				wrong := bytes.Clone(content)
				wrong[at] ^= 1
				err := receive(t, s, bytes.NewReader(wrong))
				var e *fault.Error
				if !errors.As(err, &e) || e.Kind != fault.Invalid || e.Fields["hash"] == "" {
					t.Errorf("one wrong bit at %d: %v", at, err)
				}
			}
		}},
		{"more than announced is refused", func(t *testing.T, s storage.Store) {
			is(t, receive(t, s, io.MultiReader(bytes.NewReader(content), bytes.NewReader([]byte{0}))), fault.Oversized, "one byte more")
			is(t, receive(t, s, io.MultiReader(bytes.NewReader(content), endless{})), fault.Oversized, "bytes without an end")
		}},
		{"less than announced is refused", func(t *testing.T, s storage.Store) {
			for _, n := range []int{0, 1, len(content) - 1} {
				err := receive(t, s, bytes.NewReader(content[:n]))
				if is(t, err, fault.Invalid, "too little"); !storage.IsStopped(err) {
					t.Errorf("after %d bytes: %v", n, err)
				}
			}
		}},
		{"a body that breaks leaves nothing", func(t *testing.T, s storage.Store) {
			broken := errors.New("the line is cut")
			err := receive(t, s, io.MultiReader(bytes.NewReader(content[:70<<10]), iotest.ErrReader(broken)))
			if !errors.Is(err, broken) || !storage.IsStopped(err) {
				t.Errorf("it says %v", err)
			}
			err = receive(t, s, io.MultiReader(bytes.NewReader(content), iotest.ErrReader(broken)))
			if !errors.Is(err, broken) {
				t.Errorf("when it breaks after its last byte it says %v", err)
			}
			known := fault.New(fault.RateLimited, "Slowly.")
			is(t, receive(t, s, io.MultiReader(bytes.NewReader(content[:1000]), iotest.ErrReader(known))), fault.RateLimited, "a body that knows why")
		}},
		{"a receive that is cancelled leaves nothing", func(t *testing.T, s storage.Store) {
			ctx, cancel := context.WithCancel(t.Context())
			// Far from the end: what has gone out when it is cancelled may arrive.
			body := io.MultiReader(bytes.NewReader(content[:10<<10]), doing(cancel), bytes.NewReader(content[10<<10:]))
			if _, err := s.Receive(ctx, incoming("w1", content, body)); !errors.Is(err, context.Canceled) {
				t.Errorf("it ends with %v", err)
			}
			Lacks(t, s, key)
		}},
		{"a refused upload leaves the blob that is there", func(t *testing.T, s storage.Store) {
			Keep(t, s, "w1", content)
			wrong := bytes.Clone(content)
			wrong[5] ^= 8
			_, err := s.Receive(t.Context(), incoming("w1", content, bytes.NewReader(wrong)))
			is(t, err, fault.Invalid, "other content")
			Holds(t, s, key, content)
		}},
		{"what is no key is refused", refusesKeys},
	}
}

func refusesKeys(t *testing.T, s storage.Store) {
	content := Content(21, 100)
	good := Key("w1", content)
	for name, key := range map[string]storage.Key{
		"no hash": {Workspace: "w1"}, "no workspace": {Ref: good.Ref}, "a path": {Workspace: "../w1", Ref: good.Ref}, "a slash": {Workspace: "a/b", Ref: good.Ref},
		"a dot": {Workspace: ".", Ref: good.Ref}, "a long one": {Workspace: string(bytes.Repeat([]byte("a"), 65)), Ref: good.Ref}, "a NUL": {Workspace: "a\x00", Ref: good.Ref},
	} {
		_, err := s.Receive(t.Context(), storage.Incoming{Key: key, Size: 100, Body: bytes.NewReader(content)})
		is(t, err, fault.Invalid, "receiving for "+name)
		_, err = s.Stat(t.Context(), key)
		is(t, err, fault.Invalid, "looking up "+name)
		_, err = s.Open(t.Context(), key, storage.Span{})
		is(t, err, fault.Invalid, "opening "+name)
		is(t, s.Delete(t.Context(), key), fault.Invalid, "deleting "+name)
	}
	for name, in := range map[string]storage.Incoming{
		"a negative size": {Key: good, Size: -1}, "a negative offset": {Key: good, Size: 100, Offset: -1, Upload: "u"}, "an offset behind the end": {Key: good, Size: 100, Offset: 101, Upload: "u"},
		"an offset of no upload": {Key: good, Size: 100, Offset: 1}, "an upload that is a path": {Key: good, Size: 100, Upload: "../u"},
	} {
		in.Body = bytes.NewReader(content)
		_, err := s.Receive(t.Context(), in)
		is(t, err, fault.Invalid, "receiving with "+name)
	}
	Lacks(t, s, good)
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// doing does something when it is read, and is empty.
type doing func()

func (d doing) Read([]byte) (int, error) {
	d()
	return 0, io.EOF
}
