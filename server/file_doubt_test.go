package server_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
)

// Somebody has reserved half of what a workspace may keep, with a byte of each file. Once
// they may not write any more, the room is there for others, and what is
// arriving ends.
func TestWhoLosesTheRightToWriteHoldsNoRoom(t *testing.T) {
	t.Parallel()
	for what, end := range map[string]func(app *testkit.App){
		"removed": func(app *testkit.App) {
			app.As(app.Owner).JSON("DELETE", "/api/workspaces/"+app.Harbour+"/members/"+app.Editor.ID, nil).Is(200)
		},
		"demoted": func(app *testkit.App) {
			app.As(app.Owner).JSON("PATCH", "/api/workspaces/"+app.Harbour+"/members/"+app.Editor.ID, map[string]any{"role": "viewer"}).Is(200)
		},
		"disabled": func(app *testkit.App) {
			app.As(app.Admin).JSON("POST", "/api/admin/users/"+app.Editor.ID+"/disable", nil).Is(200)
		},
	} {
		t.Run(what, func(t *testing.T) {
			app := testkit.Open(t, testkit.Options{Keys: map[string]string{"storage.workspace_quota_bytes": "4MiB"}})
			f := files(app, app.Editor)
			begun := words(1, 1<<20)
			f.send(f.ticket(t, begun), begun.text[:1], "Upload-Complete", "?0").Is(200)
			arriving := words(2, 1<<20)
			tk := f.ticket(t, arriving)
			at := strings.TrimPrefix(tk.URL, app.URL)
			line := dial(t, app, at, len(arriving.text), "")
			_, err := line.Write(arriving.text[:500<<10])
			must(t, err)
			waitForOffset(t, app, at, 500<<10)
			theirs := words(3, 3<<20)
			files(app, app.Owner).askToSend(theirs).Is(413)

			end(app)
			if _, err := io.ReadAll(line); err != nil {
				t.Errorf("what is arriving does not end: %v", err)
			}
			for range 1000 {
				usage, err := app.Files.Usage(t.Context(), app.Harbour)
				must(t, err)
				if usage.Reserved == 0 {
					break
				}
				<-time.After(5 * time.Millisecond)
			}
			files(app, app.Owner).keep(t, theirs)
			app.Nobody().Get(at).Is(404)
		})
	}
}

// The URL is for the device that asked, and is never another program's.
func TestAURLForAFileIsTheWebs(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 10)
	body := map[string]any{"workspace_id": app.Harbour, "hash": a.hash(), "mime_type": a.kind, "size_bytes": len(a.text)}
	r := f.With("Origin", "javascript://"+app.Addr).JSON("POST", "/api/storage/presign-upload", body).Is(200)
	if url := r.Text("url"); !strings.HasPrefix(url, "http://") {
		t.Errorf("it is %s", url)
	}
}

// A size that is not said is not zero.
func TestATicketNeedsASize(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 10)
	for name, size := range map[string]any{"null": nil, "none": "none", "below": -1} {
		body := map[string]any{"workspace_id": app.Harbour, "hash": a.hash(), "mime_type": a.kind, "size_bytes": size}
		if size == "none" {
			delete(body, "size_bytes")
		}
		if fields := f.JSON("POST", "/api/storage/presign-upload", body).Is(422).Text("error.fields.size_bytes"); fields == "" {
			t.Errorf("%s: the field is not named", name)
		}
	}
	empty := attachment{name: "empty.txt", kind: "text/plain"}
	f.JSON("POST", "/api/storage/presign-upload", map[string]any{"workspace_id": app.Harbour, "hash": empty.hash(), "mime_type": empty.kind, "size_bytes": 0}).Is(200)
}
