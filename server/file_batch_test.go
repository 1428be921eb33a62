package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/sync/engine"
)

// outcome is what is said of one of several files.
type outcome struct {
	Hash          string `json:"hash"`
	OK            bool   `json:"ok"`
	AlreadyStored bool   `json:"already_stored"`
	StorageID     string `json:"storage_id"`
	Error         struct {
		Code    string            `json:"code"`
		Message string            `json:"message"`
		Fields  map[string]string `json:"fields"`
	} `json:"error"`
}

func (o outcome) String() string {
	switch {
	case o.OK:
		return "ok"
	case o.AlreadyStored:
		return "stored"
	}
	return o.Error.Code
}

// line is what the first line of a request with several files says of one.
func line(a attachment) map[string]any {
	return map[string]any{"hash": a.hash(), "mime_type": a.kind, "size_bytes": len(a.text), "name": a.name, "kind": kindOf(a.kind)}
}

// parcel makes the body of a request with several files.
func parcel(t testing.TB, workspace string, list []map[string]any, contents ...[]byte) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"workspace_id": workspace, "files": list})
	must(t, err)
	return append(append(text, '\n'), bytes.Join(contents, nil)...)
}

func (f filer) sendBody(body []byte) *testkit.Response {
	return f.Do("POST", "/api/storage/upload-batch", "application/vnd.or3.files", body)
}

// together sends several files at once.
func (f filer) together(t testing.TB, list ...attachment) []outcome {
	t.Helper()
	lines, contents := make([]map[string]any, len(list)), make([][]byte, len(list))
	for i, a := range list {
		lines[i], contents[i] = line(a), a.text
	}
	return outcomes(t, f.sendBody(parcel(t, f.workspace, lines, contents...)).Is(200), len(list))
}

func outcomes(t testing.TB, r *testkit.Response, n int) []outcome {
	t.Helper()
	var reply struct{ Files []outcome }
	r.Into(&reply)
	if len(reply.Files) != n {
		t.Fatalf("%d files are told of, want %d: %s", len(reply.Files), n, r.Body)
	}
	return reply.Files
}

// listed is what the files of the workspace's list add up to, however it is found
// out.
func listed(t testing.TB, app *testkit.App) int64 {
	t.Helper()
	n, err := db.ListedBytes(t.Context(), app.DB.Read(), app.Harbour)
	must(t, err)
	sum, err := db.SumListedBytes(t.Context(), app.DB.Read(), app.Harbour)
	must(t, err)
	if n != sum {
		t.Errorf("listed files are counted as %d bytes and have %d", n, sum)
	}
	return n
}

func idle(t testing.TB, app *testkit.App, used int64) {
	t.Helper()
	usage, err := app.Files.Usage(t.Context(), app.Harbour)
	must(t, err)
	if usage.Used != used || usage.Reserved != 0 {
		t.Errorf("it uses %+v, want %d and nothing reserved", usage, used)
	}
	listed(t, app)
	left, err := filepath.Glob(filepath.Join(app.Config.Storage.Dir, "incoming", "*", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("on the way in are still %v, %v", left, err)
	}
}

func TestSmallFilesComeTogether(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		f := files(app, app.Editor)
		var list []attachment
		total := int64(0)
		for i := range 100 {
			a := words(uint64(i), []int{0, 1, 100, 10 << 10, 70 << 10}[i%5]+i)
			list, total = append(list, a), total+int64(len(a.text))
		}
		for _, o := range f.together(t, list...) {
			if !o.OK || o.StorageID == "" {
				t.Fatalf("a file: %+v", o)
			}
		}
		idle(t, app, total)
		for i, a := range list {
			known, err := app.Engine.File(t.Context(), engine.Ref{WorkspaceID: app.Harbour, ID: a.hash()})
			must(t, err)
			if known.Name != a.name || known.MediaType != "text/plain" || known.SizeBytes != int64(len(a.text)) || known.Provider != "disk" || known.StorageID == "" {
				t.Fatalf("of file %d is known %+v", i, known)
			}
			same(t, files(app, app.Viewer).fetch(t, a), a)
		}
		for _, o := range f.together(t, list[:10]...) {
			if !o.AlreadyStored || o.OK {
				t.Errorf("sent again: %+v", o)
			}
		}
		idle(t, app, total)
		f.askToSend(list[3]).Is(200).Says(`"already_stored":true`)

		// Another workspace has them, and nobody learns of it.
		stranger := files(app, app.Stranger).in(app.Elsewhere)
		for _, o := range stranger.together(t, list[:3]...) {
			if !o.OK {
				t.Errorf("in another workspace: %+v", o)
			}
		}
		f.in(app.Elsewhere).sendBody(parcel(t, app.Elsewhere, []map[string]any{line(list[0])}, list[0].text)).Is(404)
		files(app, app.Viewer).sendBody(parcel(t, app.Harbour, []map[string]any{line(list[0])}, list[0].text)).Is(403)
	})
}

// The same content many times in one request: it is kept once, and neither lies
// about it nor refusals of it cost a round of their own.
func TestOneContentManyTimesCostsNoRoundEach(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	var heard atomic.Int32
	file.UploadBefore.On(app.Bus, hook.Options{Name: "test"}, func(context.Context, file.Event) { heard.Add(1) })
	good, lie := words(1, 5000), words(2, 5000)
	send := func(at func(i int) (map[string]any, []byte)) map[string]int {
		lines, contents, codes := make([]map[string]any, 100), make([][]byte, 100), map[string]int{}
		for i := range lines {
			lines[i], contents[i] = at(i)
		}
		for _, o := range outcomes(t, f.sendBody(parcel(t, f.workspace, lines, contents...)).Is(200), 100) {
			codes[o.String()]++
		}
		return codes
	}
	if codes := send(func(i int) (map[string]any, []byte) {
		if i%33 == 32 {
			return line(good), good.text
		}
		return line(good), lie.text
	}); codes["validation_error"] != 97 || codes["ok"] != 1 || codes["stored"] != 2 || heard.Load() != 1 {
		t.Errorf("lies: %v, begun %d times", codes, heard.Load())
	}
	wrong := attachment{text: []byte("no image"), kind: "image/png", name: "a.png"}
	if codes := send(func(int) (map[string]any, []byte) { return line(wrong), wrong.text }); codes["unsupported"] != 100 {
		t.Errorf("what is no image: %v", codes)
	}
	if n := heard.Load(); n != 4 {
		t.Errorf("%d were begun, want one and three tries of the other", n)
	}
	idle(t, app, 5000)
}

// A name is on one line, whichever way its file comes, and in whatever a header says.
func TestANameWithALineEndIsOnOneLine(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	alone, one, other := words(1, 10), words(2, 10), words(3, 10)
	for _, a := range []*attachment{&alone, &one} {
		a.name = "a\r\nSet-Cookie: b=c\t.txt"
	}
	f.keep(t, alone)
	f.together(t, one, other)
	other.name = "a\x00.txt"
	f.askToSend(other).Is(422)
	f.sendBody(parcel(t, f.workspace, []map[string]any{line(other)}, other.text)).Is(422)
	for _, a := range []attachment{alone, one} {
		known, err := app.Engine.File(t.Context(), engine.Ref{WorkspaceID: app.Harbour, ID: a.hash()})
		must(t, err)
		if known.Name != "a Set-Cookie: b=c .txt" {
			t.Errorf("its name is %q", known.Name)
		}
		if r := f.fetch(t, a); r.Header.Get("Set-Cookie") != "" || strings.ContainsAny(r.Header.Get("Content-Disposition"), "\r\n\t") {
			t.Errorf("it comes with %v", r.Header)
		}
	}
}

// A file that was begun by a ticket comes with others after all: it goes on as
// that upload, and nothing of it stays on the way in.
func TestAFileThatWasBegunByATicketComesWithOthers(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		f := files(app, app.Editor)
		begun, asked, whole := words(1, 50<<10), words(2, 1000), words(3, 2000)
		f.send(f.ticket(t, begun), begun.text[:20<<10]).Is(422)
		f.ticket(t, asked)
		f.send(f.ticket(t, whole), whole.text).Is(200)
		files(app, app.Owner).ticket(t, asked)
		for i, o := range f.together(t, begun, asked, whole, words(4, 10)) {
			if !o.OK {
				t.Errorf("file %d: %+v", i, o)
			}
		}
		app.Clock.Advance(16 * 60e9) // of whole another tab might have been about to commit
		idle(t, app, 50<<10+1000+2000+10)
		for _, a := range []attachment{begun, asked, whole} {
			same(t, f.fetch(t, a), a)
		}
	})
}

// The bytes of a file are damaged on the disk: sent with others, it is mended.
func TestADamagedFileIsMendedByOneThatComesWithOthers(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 5000)
	f.together(t, a, words(2, 10))
	spoil(t, app, a)
	_, err := app.Keeper.Check(t.Context())
	must(t, err)
	f.askToFetch(a, "").Is(500)
	if got := f.together(t, a, words(2, 10)); !got[0].OK || !got[1].AlreadyStored {
		t.Errorf("it is %v and %v", got[0], got[1])
	}
	same(t, f.fetch(t, a), a)
	idle(t, app, 5010)
}

// Everybody hears of each file what they hear of one that comes alone, and an
// image has a preview.
func TestFilesThatComeTogetherAreToldOfAndLookedInto(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	var mu sync.Mutex
	heard := map[string]int{}
	for _, one := range []hook.Action[file.Event]{file.UploadBefore, file.UploadReceived, file.UploadAfter} {
		one.On(app.Bus, hook.Options{Name: "test"}, func(_ context.Context, e file.Event) {
			mu.Lock()
			defer mu.Unlock()
			heard[fmt.Sprint(one.Name, " ", e.Hash)]++
		})
	}
	picture, bad := pngOf(t, 800, 400), words(9, 100)
	list := []attachment{words(1, 100), picture, words(2, 100)}
	lines := []map[string]any{line(list[0]), line(picture), line(list[2]), line(bad)}
	lines[1]["storage_id"] = "mine"
	got := outcomes(t, f.sendBody(parcel(t, app.Harbour, lines, list[0].text, picture.text, list[2].text, words(8, 100).text)).Is(200), 4)
	if got[1].StorageID != "mine" || got[3].OK {
		t.Errorf("they are %+v", got)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, a := range list {
		for _, name := range []string{file.UploadBefore.Name, file.UploadReceived.Name, file.UploadAfter.Name} {
			if n := heard[name+" "+a.hash()]; n != 1 {
				t.Errorf("%s of %s is told %d times", name, a.name, n)
			}
		}
	}
	if heard[file.UploadReceived.Name+" "+bad.hash()] != 0 {
		t.Error("a file that did not come is told of")
	}
	known, err := app.Engine.File(t.Context(), engine.Ref{WorkspaceID: app.Harbour, ID: picture.hash()})
	must(t, err)
	if known.Width != 800 || known.Height != 400 || known.PreviewHash == "" || known.StorageID != "mine" || known.Kind != "image" {
		t.Errorf("of the image is known %+v", known)
	}
}

func keyOf(t testing.TB, app *testkit.App, a attachment) storage.Key {
	t.Helper()
	ref, err := storage.ParseRef(a.hash())
	must(t, err)
	return storage.Key{Workspace: app.Harbour, Ref: ref}
}
