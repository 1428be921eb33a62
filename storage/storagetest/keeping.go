package storagetest

import (
	"bytes"
	"crypto/md5" // the older devices' names
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/iotest"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

func keeping() []test {
	return []test{
		{"what is kept comes back", func(t *testing.T, s storage.Store) {
			for i, size := range []int{0, 1, 31, 4096, 300<<10 + 7} {
				content := Content(uint64(i), size)
				Holds(t, s, Keep(t, s, "w1", content), content)
			}
		}},
		{"bytes that come one by one are kept", func(t *testing.T, s storage.Store) {
			content := Content(1, 3000)
			if _, err := s.Receive(t.Context(), incoming("w1", content, iotest.OneByteReader(bytes.NewReader(content)))); err != nil {
				t.Fatal(err)
			}
			Holds(t, s, Key("w1", content), content)
		}},
		{"a legacy name is kept and checked", func(t *testing.T, s storage.Store) {
			content := Content(2, 1000)
			sum := md5.Sum(content)
			ref, err := storage.ParseRef(hex.EncodeToString(sum[:]))
			if err != nil {
				t.Fatal(err)
			}
			in := incoming("w1", content, bytes.NewReader(content))
			in.Ref = ref
			if _, err := s.Receive(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			Holds(t, s, in.Key, content)
			Lacks(t, s, Key("w1", content))
			in.Body, in.Workspace = bytes.NewReader(Content(3, 1000)), "w2"
			_, err = s.Receive(t.Context(), in)
			is(t, err, fault.Invalid, "receiving other content under a legacy name")
			Lacks(t, s, in.Key)
		}},
		{"a span is read alone", readsSpans},
		{"the same content twice is one blob", func(t *testing.T, s storage.Store) {
			content := Content(4, 5000)
			Keep(t, s, "w1", content)
			Holds(t, s, Keep(t, s, "w1", content), content)
			if n := len(list(t, s, "")); n != 1 {
				t.Errorf("%d blobs are listed", n)
			}
		}},
		{"the same content at once is one blob", manyAtOnce},
		{"workspaces do not know each other", func(t *testing.T, s storage.Store) {
			content := Content(5, 5000)
			Keep(t, s, "w1", content)
			Lacks(t, s, Key("w2", content))
			Keep(t, s, "w2", content)
			if err := s.Delete(t.Context(), Key("w1", content)); err != nil {
				t.Fatal(err)
			}
			Lacks(t, s, Key("w1", content))
			Holds(t, s, Key("w2", content), content)
		}},
		{"ids that differ in case alone are two workspaces", func(t *testing.T, s storage.Store) {
			content := Content(6, 500)
			Keep(t, s, "Work-a_B", content)
			Lacks(t, s, Key("work-a_b", content))
			Keep(t, s, "work-a_b", content)
			if n := len(list(t, s, "Work-a_B")); n != 1 {
				t.Errorf("the one has %d blobs", n)
			}
			if n := len(list(t, s, "")); n != 2 {
				t.Errorf("both have %d blobs", n)
			}
		}},
		{"what is deleted is gone, also twice", func(t *testing.T, s storage.Store) {
			content, other := Content(7, 500), Content(8, 500)
			key := Keep(t, s, "w1", content)
			Keep(t, s, "w1", other)
			for range 2 {
				if err := s.Delete(t.Context(), key); err != nil {
					t.Fatal(err)
				}
				Lacks(t, s, key)
			}
			Holds(t, s, Key("w1", other), other)
			Holds(t, s, Keep(t, s, "w1", content), content)
		}},
	}
}

func readsSpans(t *testing.T, s storage.Store) {
	content := Content(9, 70000)
	key := Keep(t, s, "w1", content)
	for _, c := range []struct{ offset, length, from, to int64 }{
		{0, 0, 0, 70000}, {0, 70000, 0, 70000}, {0, 70001, 0, 70000}, {0, 1, 0, 1}, {1, 0, 1, 70000},
		{69999, 1, 69999, 70000}, {69999, 5, 69999, 70000}, {40000, 20000, 40000, 60000},
	} {
		got, err := Read(t, s, key, storage.Span{Offset: c.offset, Length: c.length})
		if err != nil || !bytes.Equal(got, content[c.from:c.to]) {
			t.Errorf("reading %d bytes from %d: %d bytes, %v", c.length, c.offset, len(got), err)
		}
	}
	opened, err := s.Open(t.Context(), key, storage.Span{Offset: 10, Length: 20})
	if err != nil {
		t.Fatal(err)
	}
	if opened.Size != 70000 || opened.Span != (storage.Span{Offset: 10, Length: 20}) {
		t.Errorf("a part of it is opened as %+v", opened)
	}
	var out bytes.Buffer
	if n, err := io.Copy(&out, opened.Body); n != 20 || err != nil || !bytes.Equal(out.Bytes(), content[10:30]) {
		t.Errorf("copying a part gives %d bytes, %v", n, err)
	}
	if err := opened.Body.Close(); err != nil {
		t.Error(err)
	}
	for _, span := range []storage.Span{{Offset: 70000}, {Offset: 70000, Length: 1}, {Offset: 1 << 40}} {
		_, err := s.Open(t.Context(), key, span)
		var e *fault.Error
		if !errors.As(err, &e) || e.Status != http.StatusRequestedRangeNotSatisfiable {
			t.Errorf("opening it at %d: %v", span.Offset, err)
		}
	}
}

func manyAtOnce(t *testing.T, s storage.Store) {
	content := Content(10, 200<<10)
	errs := make([]error, 24)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			in := incoming("w1", content, bytes.NewReader(content))
			if i%2 == 0 {
				in.Upload = fmt.Sprintf("upload-%d", i)
			}
			_, errs[i] = s.Receive(t.Context(), in)
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	Holds(t, s, Key("w1", content), content)
	if n := len(list(t, s, "")); n != 1 {
		t.Errorf("%d blobs are listed", n)
	}
}
