package server_test

import (
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

// Somebody has begun a file and their device is gone: an owner sees what holds the
// room, and gives it to others.
func TestAnUnfinishedUploadIsShownAndReleased(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{Keys: map[string]string{"storage.workspace_quota_bytes": "4MiB"}}, func(t *testing.T, app *testkit.App) {
		f := files(app, app.Editor)
		begun := words(1, 2<<20)
		var tk ticket
		f.askToSend(begun).Is(200).Into(&tk)
		f.send(tk, begun.text[:1<<20], "Upload-Complete", "?0").Is(200)
		page := app.As(app.Owner).Get("/admin/storage").Is(200).Says("1 unfinished upload").Says("words 1.txt").Says(app.Editor.Name).Says("1 MB of 2.1 MB have arrived").Says("Waiting")
		path := "/admin/storage/release/" + tk.StorageID
		if !strings.Contains(page.Body, path) {
			t.Error("an owner is not offered to release it")
		}
		if strings.Contains(app.As(app.Editor).Get("/admin/storage").Is(200).Says("words 1.txt").Body, path) {
			t.Error("an editor is offered to release it")
		}
		app.As(app.Editor).Form(path, nil).Is(403)
		if strings.Contains(app.As(app.Stranger).Get("/admin/storage").Is(200).Body, "words 1") {
			t.Error("another workspace's owner sees it")
		}
		app.As(app.Stranger).Form(path, nil).Is(303) // nothing of theirs is called so
		files(app, app.Owner).askToSend(words(3, 3<<20)).Is(413)

		app.As(app.Owner).Form(path, nil).Is(303)
		usage, err := app.Files.Usage(t.Context(), app.Harbour)
		must(t, err)
		if usage.Reserved != 0 {
			t.Errorf("%d bytes are still reserved", usage.Reserved)
		}
		if strings.Contains(app.As(app.Owner).Get("/admin/storage").Is(200).Body, "unfinished") {
			t.Error("it is still shown")
		}
		app.Nobody().Get(strings.TrimPrefix(tk.URL, app.URL)).Is(404)
		f.commit(begun, tk.StorageID).Is(404)
		files(app, app.Owner).keep(t, words(3, 3<<20))
		app.As(app.Owner).Get("/api/admin/audit?workspace_id=" + app.Harbour + "&action=storage.upload_released").Is(200).Says(`"name":"words 1.txt"`).Says(app.Owner.ID)
		app.As(app.Owner).Form(path, nil).Is(303) // twice is once
	})
}
