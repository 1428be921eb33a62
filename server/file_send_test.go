package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/testkit"
)

func TestAFileIsSentSafely(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"storage.allowed_mime_types": "*/*"}})
	f := files(app, app.Editor)
	a := pngOf(t, 10, 10)
	for _, one := range []struct {
		attachment
		ask, disposition, kind string
	}{
		{a, "", `attachment; filename="plan of the house.png"`, "image/png"},
		{a, "inline", `inline; filename="plan of the house.png"`, "image/png"},
		{pdfOf, "inline", `inline; filename="report.pdf"`, "application/pdf"},
		{attachment{[]byte("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), "image/svg+xml", "x.svg"}, "inline", `attachment; filename="x.svg"`, "application/octet-stream"},
		{attachment{[]byte("<script>alert(1)</script>"), "text/html", "x.html"}, "inline", `attachment; filename="x.html"`, "application/octet-stream"},
		{attachment{[]byte("# Hi <script>"), "text/markdown", "Übersicht\r\nX: y.md"}, "inline", `attachment; filename="_bersicht X_ y.md"; filename*=UTF-8''%C3%9Cbersicht%20X_%20y.md`, "text/markdown; charset=utf-8"},
	} {
		f.keep(t, one.attachment)
		r := app.Nobody().Get(f.url(t, one.attachment, one.ask))
		same(t, r, one.attachment)
		for name, want := range map[string]string{"Content-Disposition": one.disposition, "Content-Type": one.kind, "X-Content-Type-Options": "nosniff", "ETag": `"` + one.hash() + `"`,
			"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=300", "Cross-Origin-Resource-Policy": "same-origin"} {
			if r.Header.Get(name) != want {
				t.Errorf("%s %s: %s is %q, want %q", one.name, one.ask, name, r.Header.Get(name), want)
			}
		}
		if policy := r.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "allow-") {
			t.Errorf("%s: its policy is %s", one.name, policy)
		}
	}
}

func TestAPartOfAFileAndConditions(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 3<<20)
	f.keep(t, a)
	at := f.url(t, a, "")
	tag := `"` + a.hash() + `"`
	for _, one := range []struct {
		header []string
		status int
		part   string
		span   string
	}{
		{[]string{"Range", "bytes=0-99"}, 206, string(a.text[:100]), "bytes 0-99/3145728"},
		{[]string{"Range", "bytes=1000000-"}, 206, string(a.text[1000000:]), "bytes 1000000-3145727/3145728"},
		{[]string{"Range", "bytes=-5"}, 206, string(a.text[len(a.text)-5:]), "bytes 3145723-3145727/3145728"},
		{[]string{"Range", "bytes=0-"}, 206, string(a.text), "bytes 0-3145727/3145728"},
		{[]string{"Range", "bytes=0-1,5-6"}, 200, string(a.text), ""},
		{[]string{"Range", "bytes=3145728-"}, 416, "", "bytes */3145728"},
		{[]string{"Range", "bytes=0-99", "If-Range", tag}, 206, string(a.text[:100]), "bytes 0-99/3145728"},
		{[]string{"Range", "bytes=0-99", "If-Range", `"other"`}, 200, string(a.text), ""},
		{[]string{"If-None-Match", tag}, 304, "", ""},
		{[]string{"If-None-Match", `"other"`}, 200, string(a.text), ""},
		{[]string{"If-Match", tag}, 200, string(a.text), ""},
		{[]string{"If-Match", `"other"`}, 412, "", ""},
	} {
		who := app.Nobody()
		for i := 0; i < len(one.header); i += 2 {
			who = who.With(one.header[i], one.header[i+1])
		}
		r := who.Get(at)
		if r.Status != one.status || r.Status < 400 && r.Body != one.part || r.Header.Get("Content-Range") != one.span {
			t.Errorf("%v: %d, %d bytes, %s", one.header, r.Status, len(r.Body), r.Header.Get("Content-Range"))
		}
	}
	head := app.Nobody().Do("HEAD", at, "", nil)
	if head.Status != 200 || head.Header.Get("Content-Length") != "3145728" || head.Header.Get("ETag") != tag {
		t.Errorf("asked for its head alone: %d %v", head.Status, head.Header)
	}
}

// Somebody, or something, has changed the bytes on the disk. Nobody gets them
// as the file; the server says so, and takes the right ones.
func TestADamagedFileIsNeverSentWhole(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(t *testing.T, path string){
		"a bit flipped": func(t *testing.T, path string) { flip(t, path) },
		"truncated":     func(t *testing.T, path string) { must(t, os.Truncate(path, 100)) },
		"gone":          func(t *testing.T, path string) { must(t, os.Remove(path)) },
	} {
		for _, size := range []int{1000, 3 << 20, 20 << 20} {
			app := testkit.Open(t, testkit.Options{})
			f := files(app, app.Editor)
			a := words(uint64(size), size)
			f.keep(t, a)
			at := f.url(t, a, "")
			harm(t, blobPath(t, app, a))
			res, err := http.Get(app.URL + at)
			must(t, err)
			text, readErr := io.ReadAll(res.Body)
			must(t, res.Body.Close())
			switch {
			case res.StatusCode == 200 && size <= 16<<20, res.StatusCode == 200 && !errors.Is(readErr, io.ErrUnexpectedEOF):
				t.Errorf("%s, %d bytes: %d, %d bytes, %v", name, size, res.StatusCode, len(text), readErr)
			case res.StatusCode != 200 && res.StatusCode != 500:
				t.Errorf("%s, %d bytes: %d %s", name, size, res.StatusCode, text)
			}
			f.askToFetch(a, "").Is(500).Says("damaged on the server")
			tk := f.ticket(t, a)
			if tk.AlreadyStored {
				t.Fatalf("%s, %d bytes: nobody is asked for the file", name, size)
			}
			f.send(tk, a.text).Is(200)
			f.commit(a, tk.StorageID).Is(200)
			same(t, f.fetch(t, a), a)
		}
	}
}

// A file that was just sent is sent again without being hashed, until somebody
// has written to it.
func TestAFileThatWasSentAndThenDamagedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1000, 3 << 20, 20 << 20} {
		app := testkit.Open(t, testkit.Options{})
		f := files(app, app.Editor)
		a := words(uint64(size), size)
		f.keep(t, a)
		path := blobPath(t, app, a)
		before := time.Now().Add(-time.Hour)
		must(t, os.Chtimes(path, before, before))
		at := f.url(t, a, "")
		for range 3 {
			same(t, app.Nobody().Get(at), a)
		}
		flip(t, path)
		res, err := http.Get(app.URL + at)
		must(t, err)
		text, readErr := io.ReadAll(res.Body)
		must(t, res.Body.Close())
		if res.StatusCode == 200 && (size <= 16<<20 || !errors.Is(readErr, io.ErrUnexpectedEOF)) {
			t.Errorf("%d bytes: %d, %d bytes, %v", size, res.StatusCode, len(text), readErr)
		}
		f.askToFetch(a, "").Is(500).Says("damaged on the server")
	}
}

// Somebody on a slow line still reads the bytes that were damaged, while another
// device has sent the file again: it stays mended.
func TestAMendedFileStaysMendedWhileSomebodyReadsTheOldBytes(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 24<<20)
	f.keep(t, a)
	spoil(t, app, a)
	at := f.url(t, a, "")
	found := make(chan struct{})
	file.Failed.On(app.Bus, hook.Options{Name: "test"}, func(_ context.Context, e file.ErrorEvent) {
		if e.Code == "damaged" && e.Doing == "download" {
			close(found)
		}
	})
	line, err := net.Dial("tcp", app.Addr)
	must(t, err)
	defer func() { _ = line.Close() }()
	_, err = fmt.Fprintf(line, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", at, app.Addr)
	must(t, err)
	_, err = io.ReadFull(line, make([]byte, 4<<10))
	must(t, err)
	app.Clock.Advance(time.Second)
	_, err = app.Keeper.Check(t.Context())
	must(t, err)
	app.Clock.Advance(time.Second)
	f.keep(t, a)
	_, _ = io.Copy(io.Discard, line)
	select {
	case <-found:
	case <-time.After(30 * time.Second):
		t.Error("nobody finds the damage")
	}
	same(t, f.fetch(t, a), a)
}

// blobPath is where a file of Harbour lies on the disk.
func blobPath(t *testing.T, app *testkit.App, a attachment) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(app.Config.Storage.Dir, "blobs", "*", "sha256", "*", strings.TrimPrefix(a.hash(), "sha256:")))
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("it lies at %v", found)
	}
	return found[0]
}

func flip(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	text[len(text)/2] ^= 4
	must(t, os.WriteFile(path, text, 0o600))
}
