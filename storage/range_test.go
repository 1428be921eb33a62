package storage_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

func TestARangeHeaderIsReadAsTheStandardSays(t *testing.T) {
	for _, c := range []struct {
		header  string
		size    int64
		span    storage.Span
		partial bool
		behind  bool
	}{
		{header: "", size: 100},
		{header: "bytes=0-", size: 100, span: storage.Span{Length: 100}, partial: true},
		{header: "bytes=0-0", size: 100, span: storage.Span{Length: 1}, partial: true},
		{header: "bytes=10-19", size: 100, span: storage.Span{Offset: 10, Length: 10}, partial: true},
		{header: "Bytes = 10-19", size: 100, span: storage.Span{Offset: 10, Length: 10}, partial: true},
		{header: "bytes=99-", size: 100, span: storage.Span{Offset: 99, Length: 1}, partial: true},
		{header: "bytes=50-1000", size: 100, span: storage.Span{Offset: 50, Length: 50}, partial: true},
		{header: "bytes=50-99999999999999999999999", size: 100, span: storage.Span{Offset: 50, Length: 50}, partial: true},
		{header: "bytes=-1", size: 100, span: storage.Span{Offset: 99, Length: 1}, partial: true},
		{header: "bytes=-1000", size: 100, span: storage.Span{Length: 100}, partial: true},
		{header: "bytes=100-", size: 100, behind: true},
		{header: "bytes=99999999999999999999999-", size: 100, behind: true},
		{header: "bytes=-0", size: 100, behind: true},
		{header: "bytes=0-", size: 0, behind: true},
		{header: "bytes=-5", size: 0, behind: true},
		// What cannot be read, and what need not be answered, is the whole.
		{header: "bytes=5-4", size: 100}, {header: "bytes=-", size: 100}, {header: "bytes=", size: 100}, {header: "bytes", size: 100},
		{header: "bytes=a-b", size: 100}, {header: "bytes=+1-2", size: 100}, {header: "bytes=--1", size: 100}, {header: "bytes=0x1-2", size: 100},
		{header: "bytes=0-1,5-6", size: 100}, {header: "lines=1-2", size: 100}, {header: "bytes=1 -2", size: 100}, {header: "bytes=\u0661-2", size: 100},
	} {
		span, partial, err := storage.ParseRange(c.header, c.size)
		var e *fault.Error
		behind := errors.As(err, &e) && e.Status == http.StatusRequestedRangeNotSatisfiable
		if span != c.span || partial != c.partial || behind != c.behind || err != nil && !behind {
			t.Errorf("%q of %d bytes is %+v, %t, %v", c.header, c.size, span, partial, err)
		}
	}
	if got := (storage.Span{Offset: 10, Length: 5}).ContentRange(100); got != "bytes 10-14/100" {
		t.Errorf("the answer's header is %s", got)
	}
}

// Whatever a header says, the answer lies inside the blob, and one range is
// understood as Go's own file server understands it.
func FuzzParseRange(f *testing.F) {
	for _, seed := range []string{"bytes=0-", "bytes=-5", "bytes=5-4", "bytes=0-0,2-3", "bytes= 1-2", "bytes=1-2 ", "bytes=18446744073709551616-", "items=0-1"} {
		f.Add(seed, int64(100))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size &= 1<<16 - 1; size < 0 {
			return
		}
		span, partial, err := storage.ParseRange(header, size)
		if err != nil && (partial || span != storage.Span{}) {
			t.Fatalf("%q of %d is %+v and %v", header, size, span, err)
		}
		if !partial {
			return
		}
		if span.Offset < 0 || span.Length < 1 || span.Offset+span.Length > size {
			t.Fatalf("%q of %d is %+v", header, size, span)
		}
		if fitted, err := span.Within(size); fitted != span || err != nil {
			t.Fatalf("%+v fits into %d as %+v, %v", span, size, fitted, err)
		}
		if !strings.HasPrefix(header, "bytes=") || len(header) > 20 { // Go is stricter about the unit and about numbers
			return
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Range", header)
		w := httptest.NewRecorder()
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(strings.Repeat("x", int(size))))
		if w.Code != http.StatusPartialContent || w.Header().Get("Content-Range") != span.ContentRange(size) {
			t.Fatalf("%q of %d is %+v here, and %d %s there", header, size, span, w.Code, w.Header().Get("Content-Range"))
		}
	})
}

func TestConditionsAreJudgedByTheName(t *testing.T) {
	ref := storage.RefOf([]byte("x"))
	tag := ref.ETag()
	for header, want := range map[string]bool{
		tag: true, "W/" + tag: true, `"other", ` + tag: true, "*": true, "": false, `"other"`: false, ref.String(): false, tag + "x": false,
	} {
		if ref.NotModified(header) != want {
			t.Errorf("If-None-Match: %s is %t", header, !want)
		}
	}
	for header, want := range map[string]bool{tag: true, "": true, "W/" + tag: false, `"other"`: false, "Sat, 01 Nov 2025 10:00:00 GMT": false} {
		if ref.SameRange(header) != want {
			t.Errorf("If-Range: %s is %t", header, !want)
		}
	}
}
