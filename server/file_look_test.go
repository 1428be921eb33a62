package server_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/sync/engine"
)

func pngOf(t testing.TB, w, h int) attachment {
	t.Helper()
	p := image.NewGray(image.Rect(0, 0, w, h))
	for i := range p.Pix {
		p.Pix[i] = byte(i * 7)
	}
	p.SetGray(0, 0, color.Gray{1})
	var b bytes.Buffer
	must(t, png.Encode(&b, p))
	return attachment{b.Bytes(), "image/png", "plan of the house.png"}
}

var pdfOf = attachment{[]byte("%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n2 0 obj <</Type/Pages/Kids[]/Count 7>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF"), "application/pdf", "report.pdf"}

// Its size, its pages and a small picture of it come with the file, whatever
// the device claims.
func TestAnImageAndAPDFAreLookedInto(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := pngOf(t, 900, 600)
	tk := f.ticket(t, a)
	f.send(tk, a.text).Is(200)
	f.JSON("POST", "/api/storage/commit", map[string]any{"workspace_id": app.Harbour, "hash": a.hash(), "storage_id": tk.StorageID, "mime_type": a.kind,
		"size_bytes": len(a.text), "name": a.name, "kind": "file", "width": 5, "height": 6, "page_count": 7}).Is(200)
	known, err := app.Engine.File(t.Context(), engine.Ref{WorkspaceID: app.Harbour, ID: a.hash()})
	must(t, err)
	if known.Width != 900 || known.Height != 600 || known.PageCount != 0 || known.Kind != "image" || known.Name != a.name {
		t.Errorf("known is %+v", known)
	}
	var at struct{ URL string }
	f.JSON("POST", "/api/storage/presign-download", map[string]any{"workspace_id": app.Harbour, "hash": known.PreviewHash, "disposition": "inline"}).Is(200).Into(&at)
	small := app.Nobody().Get(strings.TrimPrefix(at.URL, app.URL)).Is(200)
	shown, _, err := image.Decode(strings.NewReader(small.Body))
	if err != nil || shown.Bounds().Dx() != 320 || small.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the preview is a %s, %v", small.Header.Get("Content-Type"), err)
	}

	f.keep(t, pdfOf)
	known, err = app.Engine.File(t.Context(), engine.Ref{WorkspaceID: app.Harbour, ID: pdfOf.hash()})
	must(t, err)
	if known.PageCount != 7 || known.Kind != "pdf" || known.PreviewHash != "" {
		t.Errorf("of the PDF known is %+v", known)
	}
}

// The server died between the books of a commit and its row, and the device's row
// came meanwhile: whoever asks for the file next has it looked into.
func TestACommitThatBrokeOffIsDescribedWhenTheFileIsAskedForAgain(t *testing.T) {
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		f := files(app, app.Editor)
		for i, ask := range []func(a attachment){
			func(a attachment) { f.askToSend(a).Is(200).Says(`"already_stored":true`) },
			func(a attachment) {
				if o := f.together(t, a)[0]; !o.AlreadyStored {
					t.Errorf("sent with others: %+v", o)
				}
			},
		} {
			a := pngOf(t, 900, 600+i)
			tk := f.ticket(t, a)
			f.send(tk, a.text).Is(200)
			key := keyOf(t, app, a)
			u := file.Upload{UserID: app.Editor.ID, Key: key, Size: int64(len(a.text)), MediaType: a.kind}
			must(t, app.Files.Commit(t.Context(), tk.StorageID, u, func(context.Context) (storage.Blob, error) {
				return storage.Blob{Key: key, Size: u.Size}, nil
			}))
			f.JSON("POST", "/api/sync/push", map[string]any{"workspace_id": app.Harbour, "ops": []any{map[string]any{"table": "file_meta", "op": "put", "pk": a.hash(), "stamp": stamp(i),
				"payload": map[string]any{"hash": a.hash(), "name": "mine.png", "mime_type": a.kind, "kind": "image", "size_bytes": len(a.text), "ref_count": 1, "created_at": 1, "updated_at": 1, "clock": 1}}}}).Is(200).Says(`"applied"`)
			known := func() engine.FileFacts {
				facts, err := app.Engine.File(t.Context(), engine.Ref{WorkspaceID: app.Harbour, ID: a.hash()})
				must(t, err)
				return facts
			}
			if known := known(); known.StorageID != "stored" || known.PreviewHash != "" {
				t.Fatalf("before: %+v", known)
			}
			ask(a)
			if known := known(); known.Width != 900 || known.PreviewHash == "" || known.Name != "mine.png" {
				t.Errorf("after: %+v", known)
			}
		}
	})
}

// A small image has no preview, and one that cannot be decoded has nothing at all:
// whoever asks for them again does not have them looked into again, until a row
// says less than was found.
func TestAnImageWithoutAPreviewIsLookedIntoOnce(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	editor := engine.Actor{UserID: app.Editor.ID, CanWrite: true}
	// again is a file whose row was deleted, and which comes back without its bytes.
	again := func(a attachment) {
		must(t, app.Engine.DeleteFile(t.Context(), editor, engine.Ref{WorkspaceID: app.Harbour, ID: a.hash()}))
		f.askToSend(a).Is(200).Says(`"already_stored":true`)
	}
	small, broken, other := pngOf(t, 30, 20), pngOf(t, 900, 600), pngOf(t, 900, 601)
	broken.text = broken.text[:60]
	for _, a := range []attachment{small, broken} {
		f.keep(t, a)
		again(a)
	}
	back := app.Server.TakeLooks()
	f.keep(t, other) // nobody could look into it yet
	again(other)
	app.Log.Reset()
	f.askToSend(other).Is(200)
	if len(app.Log.Lines("could be found out")) == 0 {
		t.Error("an image that was never looked into is not tried again")
	}
	app.Log.Reset()
	for _, a := range []attachment{small, broken} {
		f.askToSend(a).Is(200).Says(`"already_stored":true`)
		if o := f.together(t, a)[0]; !o.AlreadyStored {
			t.Errorf("sent with others: %+v", o)
		}
	}
	if looked := app.Log.Lines("could be found out"); len(looked) > 0 {
		t.Errorf("they are looked into again: %v", looked)
	}
	back()

	ref := engine.Ref{WorkspaceID: app.Harbour, ID: small.hash()}
	must(t, app.Engine.DeleteFile(t.Context(), editor, ref))
	f.JSON("POST", "/api/sync/push", map[string]any{"workspace_id": app.Harbour, "ops": []any{map[string]any{"table": "file_meta", "op": "put", "pk": small.hash(),
		"stamp":   stamp(9),
		"payload": map[string]any{"hash": small.hash(), "name": "mine.png", "mime_type": small.kind, "kind": "image", "size_bytes": len(small.text), "created_at": 1, "updated_at": 1}}}}).Is(200).Says(`"applied"`)
	f.askToSend(small).Is(200).Says(`"already_stored":true`)
	known, err := app.Engine.File(t.Context(), ref)
	must(t, err)
	if known.Width != 30 || known.Height != 20 {
		t.Errorf("after a device has described it anew, known is %+v", known)
	}
}

// Somebody's images take the server long. Other people's files do not wait for
// them: they come without a preview.
func TestAFileDoesNotWaitForSomebodyElsesImages(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	back := app.Server.TakeLooks()
	defer back()
	f := files(app, app.Editor)
	a := pngOf(t, 900, 600)
	f.keep(t, a)
	known, err := app.Engine.File(t.Context(), engine.Ref{WorkspaceID: app.Harbour, ID: a.hash()})
	must(t, err)
	if known.PreviewHash != "" || known.SizeBytes != int64(len(a.text)) {
		t.Errorf("known is %+v", known)
	}
	same(t, f.fetch(t, a), a)
}

// A device has described the file before its bytes came, with a name of its
// own: the name stays.
func TestANameThatSomebodyGaveStays(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 100)
	f.keep(t, a)
	_, err := app.Engine.DescribeFile(t.Context(), engine.Actor{UserID: app.Editor.ID, CanWrite: true}, engine.Ref{WorkspaceID: app.Harbour, ID: a.hash()}, engine.FileFacts{Name: "Another"})
	must(t, err)
	if got := f.fetch(t, a).Header.Get("Content-Disposition"); got != `attachment; filename="words 1.txt"` {
		t.Errorf("it is sent with %s", got)
	}
}

func TestHooksHearOfFilesAndMayNarrow(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	heard := map[string]file.Event{}
	for _, one := range []hook.Action[file.Event]{file.UploadBefore, file.UploadReceived, file.UploadAfter, file.DownloadBefore, file.DownloadAfter} {
		one.On(app.Bus, hook.Options{Name: "test"}, func(_ context.Context, e file.Event) { heard[one.Name] = e })
	}
	a := pngOf(t, 10, 10)
	f.keep(t, a)
	same(t, f.fetch(t, a), a)
	for _, name := range []string{"storage.files.upload:action:before", "storage.files.upload:action:received", "storage.files.upload:action:after",
		"storage.files.download:action:before", "storage.files.download:action:after"} {
		e := heard[name]
		if e.Hash != a.hash() || e.WorkspaceID != app.Harbour || e.SizeBytes != int64(len(a.text)) || e.UserID != app.Editor.ID || strings.Contains(name, "upload") != (e.StorageID != "") {
			t.Errorf("%s tells %+v", name, e)
		}
	}

	file.URLFilter.On(app.Bus, hook.Options{Name: "wide", Priority: 1}, func(_ context.Context, o file.URLOptions) (file.URLOptions, error) {
		o.ExpiryMS, o.Disposition = o.ExpiryMS*100, "inline"
		return o, nil
	})
	tk := f.askToFetch(words(9, 1), "") // not there: filters change nothing about that
	tk.Is(404)
	if r := f.askToFetch(a, "attachment").Is(200); !strings.HasPrefix(r.Text("expires_at"), app.Clock.Now().Add(5*60e9).UTC().Format("2006-01-02T15:04")) ||
		!strings.HasPrefix(app.Nobody().Get(strings.TrimPrefix(r.Text("url"), app.URL)).Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("a filter has widened a URL: %s", r.Body)
	}
	file.URLFilter.On(app.Bus, hook.Options{Name: "narrow"}, func(_ context.Context, o file.URLOptions) (file.URLOptions, error) {
		o.ExpiryMS, o.Disposition = 1000, "attachment"
		return o, nil
	})
	if r := f.askToFetch(a, "inline").Is(200); r.Text("expires_at") != app.Clock.Now().Add(1e9).UTC().Format("2006-01-02T15:04:05Z") ||
		!strings.HasPrefix(app.Nobody().Get(strings.TrimPrefix(r.Text("url"), app.URL)).Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("a filter has not narrowed a URL: %s", r.Body)
	}

	file.PolicyFilter.On(app.Bus, hook.Options{Name: "no", Priority: 1}, func(_ context.Context, p file.Policy) (file.Policy, error) {
		p.Allowed, p.Reason = false, "Not on a Sunday."
		return p, nil
	})
	file.PolicyFilter.On(app.Bus, hook.Options{Name: "yes"}, func(_ context.Context, p file.Policy) (file.Policy, error) {
		p.Allowed = true
		return p, nil
	})
	if r := f.askToSend(words(2, 5)); r.Status != 403 || !strings.Contains(r.Body, "Not on a Sunday.") {
		t.Errorf("a refused upload: %d %s", r.Status, r.Body)
	}
}
