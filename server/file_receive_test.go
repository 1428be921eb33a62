package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
)

// Everybody attaches the same file at the same moment. All of them succeed, and
// it is there once. Two devices of one person may have been given the same
// ticket: the slower one asks again, as devices do.
func TestOneFileSentByManyAtOnceIsThereOnce(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		a := words(1, 300<<10)
		people := []*testkit.Person{app.Owner, app.Editor, app.CoOwner}
		var all sync.WaitGroup
		for i := range 24 {
			f := files(app, people[i%len(people)])
			all.Go(func() {
				for range 50 {
					tk := f.ticket(t, a)
					if tk.AlreadyStored {
						return
					}
					r := f.send(tk, a.text)
					if r.Status == 200 {
						r = f.commit(a, tk.StorageID)
					}
					if r.Status == 200 {
						return
					}
					if r.Status != 404 && r.Status != 409 && r.Status != 422 {
						t.Errorf("sending: %d %s", r.Status, r.Body)
					}
				}
				t.Error("a device never succeeds")
			})
		}
		all.Wait()
		usage, err := app.Files.Usage(t.Context(), app.Harbour)
		must(t, err)
		if usage.Used != 300<<10 || usage.Reserved != 0 {
			t.Errorf("it uses %+v", usage)
		}
		blobPath(t, app, a)
		same(t, files(app, app.Viewer).fetch(t, a), a)
	})
}

// dial opens a connection and writes the head of an upload of a length.
func dial(t *testing.T, app *testkit.App, at string, length int, more string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", app.Addr)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	must(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%s\r\n", at, app.Addr, length, more)
	must(t, err)
	return conn
}

// offset waits until so much of an upload is here.
func waitForOffset(t *testing.T, app *testkit.App, at string, least int) {
	t.Helper()
	for range 1000 {
		var state struct{ Offset int }
		app.Nobody().Get(at).Is(200).Into(&state)
		if state.Offset >= least {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	t.Fatalf("%d bytes never arrive", least)
}

// The line broke, and the server has not noticed. The device goes on over a new
// one at once.
func TestAnUploadGoesOnWhileTheServerStillWaitsForTheOldLine(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 1<<20)
	tk := f.ticket(t, a)
	at := strings.TrimPrefix(tk.URL, app.URL)
	old := dial(t, app, at, len(a.text), "")
	_, err := old.Write(a.text[:600<<10])
	must(t, err)
	waitForOffset(t, app, at, 600<<10)
	f.send(tk, a.text[500<<10:], "Upload-Offset", "512000").Is(200)
	answer, err := http.ReadResponse(bufio.NewReader(old), nil)
	if err == nil && answer.StatusCode != 422 {
		t.Errorf("the old line is told %d", answer.StatusCode)
	}
	f.commit(a, tk.StorageID).Is(200)
	same(t, f.fetch(t, a), a)
}

// The server is stopped while a file arrives: it does not wait for ever, and
// the rest is sent after the next start.
func TestAnUploadGoesOnAfterTheServerWasStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app := testkit.Open(t, testkit.Options{Dir: dir})
	f := files(app, app.Editor)
	a := words(1, 1<<20)
	tk := f.ticket(t, a)
	at := strings.TrimPrefix(tk.URL, app.URL)
	line := dial(t, app, at, len(a.text), "")
	_, err := line.Write(a.text[:700<<10])
	must(t, err)
	waitForOffset(t, app, at, 700<<10)
	app.Stop()
	next := testkit.Open(t, testkit.Options{Dir: dir, World: &app.World, Clock: app.Clock})
	f = files(next, next.Editor)
	again := f.ticket(t, a)
	if again.Offset != 700<<10 || again.StorageID != tk.StorageID {
		t.Fatalf("the ticket is %+v", again)
	}
	f.send(again, a.text[700<<10:], "Upload-Offset", fmt.Sprint(700<<10)).Is(200)
	f.commit(a, again.StorageID).Is(200)
	same(t, f.fetch(t, a), a)
}

// The line was so slow that the ticket's time was over when the last byte came.
func TestAnUploadThatTookAnHourIsCommitted(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 300<<10)
	tk := f.ticket(t, a)
	at := strings.TrimPrefix(tk.URL, app.URL)
	line := dial(t, app, at, len(a.text), "")
	_, err := line.Write(a.text[:200<<10])
	must(t, err)
	waitForOffset(t, app, at, 200<<10)
	app.Clock.Advance(time.Hour)
	_, err = line.Write(a.text[200<<10:])
	must(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(line), nil)
	must(t, err)
	if answer.StatusCode != 200 {
		t.Fatalf("the slow line is told %d", answer.StatusCode)
	}
	f.commit(a, tk.StorageID).Is(200)
	same(t, f.fetch(t, a), a)
}

// All of it had arrived when the server was started anew, or the answer was
// lost on its way: nothing is sent a second time.
func TestAFileThatArrivedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app := testkit.Open(t, testkit.Options{Dir: dir})
	f := files(app, app.Editor)
	a := words(1, 100<<10)
	tk := f.ticket(t, a)
	f.send(tk, a.text).Is(200)
	if again := f.ticket(t, a); again.Offset != 100<<10 || again.StorageID == tk.StorageID {
		t.Errorf("the answer was lost: %+v", again)
	}
	app.Stop()
	next := testkit.Open(t, testkit.Options{Dir: dir, World: &app.World, Clock: app.Clock})
	f = files(next, next.Editor)
	again := f.ticket(t, a)
	if again.Offset != 100<<10 {
		t.Fatalf("after the restart: %+v", again)
	}
	f.commit(a, again.StorageID).Is(200)
	same(t, f.fetch(t, a), a)
	// One whose bytes are known to be damaged has to come.
	spoil(t, next, a)
	_, err := next.Keeper.Check(t.Context())
	must(t, err)
	if r := f.ticket(t, a); r.Offset != 0 || r.AlreadyStored {
		t.Errorf("of a damaged one: %+v", r)
	}
}

// Whatever becomes of an upload, no byte of its body is ever taken for a
// request: the connection ends with the answer.
func TestABodyIsNeverTakenForARequest(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	smuggled := "GET /api/auth/session HTTP/1.1\r\nHost: x\r\n\r\n"
	a := words(1, 1000)
	tk := f.ticket(t, a)
	good := strings.TrimPrefix(tk.URL, app.URL)
	for name, at := range map[string]string{
		"a wrong URL": "/api/storage/fs/upload?token=x", "a good one with too much": good,
	} {
		for _, more := range []string{"", "Expect: 100-continue\r\n", "Content-Encoding: gzip\r\n", "Connection: keep-alive\r\n"} {
			body := strings.Repeat(smuggled, 40)
			line := dial(t, app, at, len(body), more)
			_, err := io.WriteString(line, body)
			must(t, err)
			text, _ := io.ReadAll(line)
			answers := strings.Count(strings.ReplaceAll(string(text), "HTTP/1.1 100 Continue", ""), "HTTP/1.1 ")
			if answers != 1 || bytes.Contains(text, []byte(`"session"`)) {
				t.Errorf("%s, %q: %d answers: %s", name, more, answers, text)
			}
		}
	}
}

func TestAnUploadMayComeInChunks(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 500<<10)
	tk := f.ticket(t, a)
	req, err := http.NewRequest("PUT", tk.URL, struct{ io.Reader }{bytes.NewReader(a.text)})
	must(t, err)
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	req.Header.Set("Expect", "100-continue")
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, res.Body.Close())
	if res.StatusCode != 200 {
		t.Fatalf("status %d", res.StatusCode)
	}
	f.commit(a, tk.StorageID).Is(200)
	same(t, f.fetch(t, a), a)
	for name, head := range map[string]string{
		"two lengths":          "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
		"another encoding":     "Transfer-Encoding: gzip\r\n",
		"a length that is not": "Content-Length: 0x5\r\n",
	} {
		conn, err := net.Dial("tcp", app.Addr)
		must(t, err)
		must(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
		_, err = fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/plain\r\n%s\r\nhello", strings.TrimPrefix(f.ticket(t, words(2, 5)).URL, app.URL), app.Addr, head)
		must(t, err)
		text, _ := io.ReadAll(conn)
		_ = conn.Close()
		if !strings.HasPrefix(string(text), "HTTP/1.1 400 ") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// A page of another origin that was allowed to call the API sends files, too.
func TestAnAllowedOriginSendsFiles(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"server.allowed_origins": "https://app.example"}})
	f := files(app, app.Editor)
	a := words(1, 100)
	tk := f.ticket(t, a)
	r := f.send(tk, a.text, "Origin", "https://app.example", "Sec-Fetch-Site", "cross-site").Is(200)
	if r.Header.Get("Access-Control-Allow-Origin") != "https://app.example" || !strings.Contains(r.Header.Get("Access-Control-Expose-Headers"), "Upload-Offset") {
		t.Errorf("its headers are %v", r.Header)
	}
	// The URL has the scheme and the host that the browser itself names.
	var at struct{ URL string }
	app.As(app.Editor).With("Origin", "https://"+app.Addr).With("Host", app.Addr).With("Sec-Fetch-Site", "same-origin").
		JSON("POST", "/api/storage/presign-upload", map[string]any{"workspace_id": app.Harbour, "hash": words(2, 1).hash(), "mime_type": "text/plain", "size_bytes": 1}).Is(200).Into(&at)
	if u, err := url.Parse(at.URL); err != nil || u.Scheme != "https" || u.Host != app.Addr {
		t.Errorf("the URL is %s", at.URL)
	}
}

func TestWithoutStorageItsRoutesAreNotThere(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"storage.enabled": "false"}})
	f := files(app, app.Editor)
	f.askToSend(words(1, 1)).Is(404)
	app.Nobody().Do("PUT", "/api/storage/fs/upload?token=x", "text/plain", []byte("x")).Is(404)
	app.Nobody().Get("/readyz").Is(200)
}

// A piece of nothing is a connection and a sync, too.
func TestPiecesOfUploadsAreCounted(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Limits: true})
	f := files(app, app.Editor)
	a := words(1, 10)
	tk := f.ticket(t, a)
	for range 600 {
		if r := f.send(tk, nil, "Upload-Complete", "?0"); r.Status != 200 {
			t.Fatalf("a piece: %d %s", r.Status, r.Body)
		}
	}
	if r := f.send(tk, nil, "Upload-Complete", "?0"); r.Status != 429 || r.Header.Get("Retry-After") == "" {
		t.Errorf("one more: %d %s", r.Status, r.Body)
	}
}
