package server_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/storage"
)

// sendTo puts a body to a path with headers.
func sendTo(app *testkit.App, tk ticket, contentType string, body []byte) *testkit.Response {
	return app.Nobody().Do("PUT", strings.TrimPrefix(tk.URL, app.URL), contentType, body)
}

func TestBytesThatAreNotTheFileAreNotKept(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 300<<10)
	other := words(2, 300<<10)
	tk := f.ticket(t, a)

	wrong := f.send(tk, other.text).Is(422)
	if wrong.Code() != "validation_error" || !strings.Contains(wrong.Text("error.fields.hash"), "send it again") {
		t.Errorf("wrong bytes: %s", wrong.Body)
	}
	f.send(tk, append(append([]byte{}, a.text...), 'x')).Is(413)
	if r := sendTo(app, tk, "image/png", a.text); r.Status != 415 || r.Code() != "unsupported" {
		t.Errorf("with another type: %d %s", r.Status, r.Body)
	}
	f.send(tk, nil).Is(422)
	f.commit(a, tk.StorageID).Is(422).Says(`"offset":"0"`)

	short := f.send(tk, a.text[:100<<10]).Is(422)
	if short.Text("error.fields.offset") != "102400" || short.Header.Get("Upload-Offset") != "102400" {
		t.Errorf("too few bytes: %s %v", short.Body, short.Header)
	}
	f.commit(a, tk.StorageID).Is(422).Says(`"offset":"102400"`)
	if got := app.Nobody().Get(strings.TrimPrefix(tk.URL, app.URL)).Is(200); got.Text("offset") != "102400" || got.Text("complete") != "false" || got.Header.Get("Upload-Offset") != "102400" {
		t.Errorf("asked for, the upload is at %s", got.Body)
	}
	f.send(tk, a.text[200<<10:], "Upload-Offset", "204800").Is(409).Says(`"offset":"102400"`)
	f.send(tk, a.text[100<<10:], "Upload-Offset", "-1").Is(422)
	f.send(tk, a.text[100<<10:], "Upload-Offset", "102400").Is(200)
	f.commit(a, tk.StorageID).Is(200)
	same(t, f.fetch(t, a), a)
}

func TestAnUploadComesInPieces(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(3, 250<<10)
	tk := f.ticket(t, a)
	for at := 0; at < len(a.text); at += 100 << 10 {
		end := min(at+100<<10, len(a.text))
		r := f.send(tk, a.text[at:end], "Upload-Offset", fmt.Sprint(at), "Upload-Complete", "?0").Is(200)
		if r.Text("offset") != fmt.Sprint(end) || r.Text("ok") != fmt.Sprint(end == len(a.text)) {
			t.Fatalf("the piece at %d: %s", at, r.Body)
		}
	}
	f.commit(a, tk.StorageID).Is(200)
	same(t, f.fetch(t, a), a)
}

// The device was away for longer than its URL lived, and the app began anew.
func TestAnUploadGoesOnWithANewTicket(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(4, 200<<10)
	first := f.ticket(t, a)
	f.send(first, a.text[:150<<10]).Is(422)
	app.Clock.Advance(3 * time.Hour)
	f.send(first, a.text[150<<10:], "Upload-Offset", "153600").Is(404)
	second := f.ticket(t, a)
	if second.Offset != 150<<10 || second.StorageID != first.StorageID {
		t.Fatalf("the ticket after an interruption is %+v", second)
	}
	if stranger := files(app, app.Owner).ticket(t, a); stranger.Offset != 0 || stranger.StorageID == first.StorageID {
		t.Errorf("somebody else's ticket is %+v", stranger)
	}
	f.send(second, a.text[150<<10:], "Upload-Offset", "153600").Is(200)

	// All of it is here, and the app began anew once more before it committed.
	app.Clock.Advance(15 * time.Second)
	third := f.ticket(t, a)
	if third.Offset != 200<<10 || third.StorageID != first.StorageID {
		t.Fatalf("the ticket before the commit is %+v", third)
	}
	f.commit(a, third.StorageID).Is(200)
	same(t, f.fetch(t, a), a)
}

// The disk is full before the rest comes. What came before makes room, too, as
// does what was reserved.
func TestAnUploadThatDoesNotFitLeavesNothing(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(4, 200<<10)
	tk := f.ticket(t, a)
	f.send(tk, a.text[:150<<10]).Is(422)
	app.Server.FillStore()
	f.send(tk, a.text[150<<10:], "Upload-Offset", "153600").Is(507)
	parts, err := filepath.Glob(filepath.Join(app.Config.Storage.Dir, "incoming", "*", "*"))
	if err != nil || len(parts) > 0 {
		t.Errorf("left are %v, %v", parts, err)
	}
	if usage, err := app.Files.Usage(t.Context(), app.Harbour); err != nil || usage.Reserved != 0 {
		t.Errorf("it uses %+v, %v", usage, err)
	}
}

// What was no such file, or broke off before its first byte, is not here and
// reserves no more than its ticket.
func TestAnUploadThatWasRefusedReservesNoMoreThanItsTicket(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	wrong, empty, half := words(1, 1000), words(2, 1000), words(3, 1000)
	f.send(f.ticket(t, wrong), words(9, 1000).text).Is(422)
	f.send(f.ticket(t, empty), nil).Is(422)
	f.send(f.ticket(t, half), half.text[:500]).Is(422)
	back := app.Server.TakeUploads(app.Owner.ID)
	defer back()
	busy := files(app, app.Owner)
	busy.send(busy.ticket(t, words(4, 1000)), words(4, 1000).text).Is(503)
	app.Clock.Advance(20 * time.Minute)
	if usage, err := app.Files.Usage(t.Context(), app.Harbour); err != nil || usage.Reserved != 1000 {
		t.Errorf("it uses %+v, %v", usage, err)
	}
}

func TestAnUploadIsCommittedOnce(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(5, 1000)
	tk := f.ticket(t, a)
	f.send(tk, a.text).Is(200)
	f.JSON("POST", "/api/storage/commit", map[string]any{"workspace_id": app.Harbour, "hash": a.hash(), "storage_id": tk.StorageID, "mime_type": "text/plain", "size_bytes": 999, "name": "x", "kind": "file"}).Is(404)
	f.JSON("POST", "/api/storage/commit", map[string]any{"workspace_id": app.Harbour, "hash": a.hash(), "storage_id": tk.StorageID, "mime_type": "image/png", "size_bytes": 1000, "name": "x", "kind": "file"}).Is(404)
	files(app, app.Owner).commit(a, tk.StorageID).Is(404)
	f.commit(a, tk.StorageID).Is(200)
	if r := f.commit(a, tk.StorageID); r.Status != 409 || r.Code() != "conflict" {
		t.Errorf("committed again: %d %s", r.Status, r.Body)
	}
	f.send(tk, a.text).Is(409)
	app.Nobody().Get(strings.TrimPrefix(tk.URL, app.URL)).Is(409)
}

// The wrong URLs of this test say the same, letter for letter.
func TestAWrongURLSaysNothing(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a, stored := words(6, 1000), words(7, 1000)
	f.keep(t, stored)
	tk := f.ticket(t, a)
	up, down := strings.TrimPrefix(tk.URL, app.URL), f.url(t, stored, "")
	token := func(path string) string { _, t, _ := strings.Cut(path, "token="); return t }
	const upload, download = "/api/storage/fs/upload", "/api/storage/fs/download"

	app.Nobody().Get(download + "?token=" + token(down)).Is(200)
	want := plainError(app.Nobody().Get(download + "?token=nonsense").Is(404))
	flipped := []byte(token(up))
	flipped[20] ^= 1
	for what, r := range map[string]*testkit.Response{
		"no token":                app.Nobody().Get(download),
		"an upload's to download": app.Nobody().Get(download + "?token=" + token(up)),
		"a download's to upload":  app.Nobody().Do("PUT", upload+"?token="+token(down), "text/plain", a.text),
		"a download's offset":     app.Nobody().Get(upload + "?token=" + token(down)),
		"changed":                 app.Nobody().Do("PUT", upload+"?token="+string(flipped), "text/plain", a.text),
		"very long":               app.Nobody().Get(download + "?token=" + strings.Repeat("A", 5000)),
	} {
		if r.Status != 404 || plainError(r) != want {
			t.Errorf("%s: %d %s, want %s", what, r.Status, r.Body, want)
		}
	}

	app.Clock.Advance(4*time.Minute + 59*time.Second)
	app.Nobody().Get(down).Is(200)
	app.Clock.Advance(time.Second)
	if r := app.Nobody().Get(down); r.Status != 404 || plainError(r) != want {
		t.Errorf("an expired download: %d %s", r.Status, r.Body)
	}
	app.Clock.Advance(10 * time.Minute)
	if r := f.send(tk, a.text); r.Status != 404 || plainError(r) != want {
		t.Errorf("an expired upload: %d %s", r.Status, r.Body)
	}
}

// A URL is given to a person. It dies with their right, at once.
func TestARemovedMembersURLIsDead(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	stored, a := words(8, 1000), words(9, 1000)
	files(app, app.Owner).keep(t, stored)
	f := files(app, app.Editor)
	tk, down := f.ticket(t, a), f.url(t, stored, "")
	want := plainError(app.Nobody().Get("/api/storage/fs/download?token=x"))

	_, err := app.Workspaces.SetRole(t.Context(), app.Owner.Session, app.Harbour, app.Editor.ID, policies.Viewer)
	must(t, err)
	if r := f.send(tk, a.text); r.Status != 404 || plainError(r) != want {
		t.Errorf("an upload of somebody who may only read now: %d %s", r.Status, r.Body)
	}
	app.Nobody().Get(down).Is(200)
	must(t, app.Workspaces.RemoveMember(t.Context(), app.Owner.Session, app.Harbour, app.Editor.ID))
	if r := app.Nobody().Get(down); r.Status != 404 || plainError(r) != want {
		t.Errorf("a download of somebody who was removed: %d %s", r.Status, r.Body)
	}
	disabled := files(app, app.Viewer).url(t, stored, "")
	must(t, app.Accounts.DisableUser(t.Context(), app.Owner.Session, app.Viewer.ID))
	if r := app.Nobody().Get(disabled); r.Status != 404 || plainError(r) != want {
		t.Errorf("a download of somebody who was disabled: %d %s", r.Status, r.Body)
	}
}

func TestWhatTheServerDoesNotTakeIsSaidBeforeItIsSent(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"storage.max_file_size_bytes": "10000", "storage.workspace_quota_bytes": "15000"}})
	f := files(app, app.Editor)
	if r := f.askToSend(words(1, 10001)); r.Status != 413 || r.Code() != "oversized" {
		t.Errorf("too large: %d %s", r.Status, r.Body)
	}
	script := words(2, 10)
	script.kind = "text/html"
	if r := f.askToSend(script); r.Status != 415 || r.Code() != "unsupported" {
		t.Errorf("a type that is not taken: %d %s", r.Status, r.Body)
	}
	for _, kind := range []string{"nonsense", "text/", "image/png\r\nX: y"} {
		script.kind = kind
		if r := f.askToSend(script); r.Status != 422 && r.Status != 415 {
			t.Errorf("the type %q: %d %s", kind, r.Status, r.Body)
		}
	}
	f.keep(t, words(3, 9000))
	if r := f.askToSend(words(4, 6001)); r.Status != 413 || r.Code() != "quota_exceeded" {
		t.Errorf("over the quota: %d %s", r.Status, r.Body)
	}
	f.ticket(t, words(5, 6000))                                      // what is reserved counts
	if r := f.askToSend(words(6, 1)); r.Code() != "quota_exceeded" { // the last byte is taken
		t.Errorf("over the quota with what is under way: %d %s", r.Status, r.Body)
	}
	f.askToSend(words(3, 9000)).Is(200).Says("already_stored")
	app.Clock.Advance(15 * time.Minute)
	f.ticket(t, words(6, 1))
}

// What says that it is an image has to be one. It is found out at the commit,
// and does not stay.
func TestAMislabelledFileIsNotTaken(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	for _, a := range []attachment{
		{[]byte("<html><script>alert(1)</script>"), "image/png", "x.png"},
		{[]byte("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), "image/jpeg", "x.jpg"},
		{[]byte("MZ\x00\x00\x01\x02 a program"), "text/plain", "x.txt"},
		{[]byte("no pdf at all"), "application/pdf", "x.pdf"},
		{nil, "image/gif", "x.gif"},
	} {
		tk := f.ticket(t, a)
		f.send(tk, a.text).Is(200)
		if r := f.commit(a, tk.StorageID); r.Status != 415 || r.Code() != "unsupported" {
			t.Errorf("%s that is %.10q: %d %s", a.kind, a.text, r.Status, r.Body)
		}
		f.askToFetch(a, "").Is(404)
		f.commit(a, tk.StorageID).Is(404)
		ref, err := storage.ParseRef(a.hash())
		must(t, err)
		if _, err := app.Store.Stat(t.Context(), storage.Key{Workspace: app.Harbour, Ref: ref}); err == nil {
			t.Errorf("%s that is %.10q: its bytes are still there", a.kind, a.text)
		}
	}
	usage, err := app.Files.Usage(t.Context(), app.Harbour)
	must(t, err)
	if usage.Used != 0 || usage.Reserved != 0 {
		t.Errorf("it uses %+v", usage)
	}
}

// What a commit writes into the rows is what the server knows, and the name.
func TestACommitDescribesTheFile(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 1234)
	f.keep(t, a)
	var pulled struct {
		Changes []struct {
			Table   string          `json:"table"`
			PK      string          `json:"pk"`
			Payload json.RawMessage `json:"payload"`
		} `json:"changes"`
	}
	f.JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 100, "tables": []string{"file_meta"}}).Is(200).Into(&pulled)
	if len(pulled.Changes) != 1 || pulled.Changes[0].PK != a.hash() {
		t.Fatalf("pulled are %+v", pulled)
	}
	var row map[string]any
	must(t, json.Unmarshal(pulled.Changes[0].Payload, &row))
	for name, want := range map[string]any{"hash": a.hash(), "name": a.name, "mime_type": "text/plain", "kind": "file", "size_bytes": 1234.0, "storage_provider_id": "disk"} {
		if row[name] != want {
			t.Errorf("%s is %v, want %v", name, row[name], want)
		}
	}
	if row["storage_id"] == "" || row["created_at"] == nil {
		t.Errorf("the row is %v", row)
	}
}
