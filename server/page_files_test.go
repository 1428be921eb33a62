package server_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// A message that names files shows them on the first paint, without scripts.
func TestAMessageShowsItsFilesAndLeadsToThem(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		plan := words(1, 2000) // 2 KB
		files(app, app.Editor).keep(t, plan)
		thread := startThread(t, app, app.Editor, "Keel survey", "First.")
		id := thread[strings.LastIndex(thread, "/")+1:]
		waiting, gone := words(2, 10).hash(), words(3, 10).hash()
		hashes, err := json.Marshal([]string{plan.hash(), waiting, gone})
		if err != nil {
			t.Fatal(err)
		}
		row := func(table, pk string, payload map[string]any) {
			payload["deleted"], payload["clock"], payload["created_at"], payload["updated_at"] = false, 1, 1795426200, 1795426200
			app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, map[string]any{"table": table, "op": "put", "pk": pk, "payload": payload, "stamp": stamp(1)})).Is(200).Says(`"applied"`)
		}
		row("file_meta", waiting, map[string]any{"hash": waiting, "name": "scan.csv", "mime_type": "text/plain", "kind": "file", "size_bytes": 10})
		row("messages", "m-files", map[string]any{"id": "m-files", "thread_id": id, "role": "user", "index": 7, "order_key": "7", "data": map[string]any{"content": "Marked them."},
			"author_user_id": app.Editor.ID, "file_hashes": string(hashes)})
		b := app.Browser(app.Viewer).Open(thread, 200).Says("Marked them.").Says(plan.name).Says("2 KB").Says("scan.csv").Says("Waiting for the sender’s device").Says("A file that was deleted")
		at := "/w/" + app.Harbour + "/files/" + ui.PathID(plan.hash())
		if !strings.Contains(b.Body, `href="`+at+`"`) || !strings.Contains(b.Body, `data-hashes=`) {
			t.Error("the message does not lead to its file")
		}
		to := app.As(app.Viewer).Get(at + "?download=1").Is(303).Header.Get("Location")
		there, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		got := app.Nobody().Get(there.RequestURI()).Is(200)
		if got.Body != string(plan.text) || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("the link gave %d bytes as %q", len(got.Body), got.Header.Get("Content-Disposition"))
		}
		there404 := "/w/" + app.Harbour + "/files/" + ui.PathID(waiting)
		app.As(app.Viewer).Get(there404).Is(404)
		list := app.Browser(app.Editor).Open("/w/"+app.Harbour+"/files", 200).Says("Waiting for the sender’s device")
		if href := `href="` + there404; strings.Contains(b.Body, href) || strings.Contains(list.Body, href+`"`) || strings.Contains(list.Body, href+"?download") {
			t.Error("a file that waits for the sender’s device is a link to a page that is not there")
		}
		list.Submit(there404+"/trash", nil, 200).Says("Moved the file to the trash.")
		app.As(app.Viewer).Get("/w/" + app.Harbour + "/files/nothing").Is(404)
		app.As(app.Stranger).Get(at).Is(404)
	})
}

func TestFilesAreRenamedTrashedRestoredAndDeletedWithoutScripts(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		plan, scan := words(1, 2000), words(2, 10)
		files(app, app.Editor).keep(t, plan)
		files(app, app.Editor).keep(t, scan)
		list := "/w/" + app.Harbour + "/files"
		at := list + "/" + ui.PathID(plan.hash())
		b := app.Browser(app.Editor).Open(list, 200).Says("2 files").Says(plan.name)
		b.Open(list+"?rename="+plan.hash(), 200)
		b.Submit(at+"/rename", map[string]string{"name": " "}, 422).Says("Give the file a name.")
		b.Submit(at+"/rename", map[string]string{"name": strings.Repeat("x", engine.MaxFileName+1)}, 422).Says("at most 255 characters")
		b.Submit(at+"/rename", map[string]string{"name": "hull  14.txt"}, 200).Says("hull 14.txt")
		if b.Open(list+"?q=HULL", 200); strings.Contains(b.Body, scan.name) || !strings.Contains(b.Body, "hull 14.txt") {
			t.Error("finding by a part of the name does not find that file alone")
		}
		b.Open(list+"?q=hull&sort=name&view=list&rename="+plan.hash(), 200)
		b.Submit(at+"/rename?q=hull&sort=name&view=list", map[string]string{"name": ""}, 422).Says("Give the file a name.")
		if !strings.Contains(b.Body, `value="hull"`) {
			t.Error("a name that was refused loses what was looked for")
		}
		b.Submit(at+"/rename?q=hull&sort=name&view=list", map[string]string{"name": "hull 14.txt"}, 200)
		if to := b.URL.RequestURI(); to != list+"?q=hull&sort=name&view=list" {
			t.Errorf("after renaming one is at %s", to)
		}
		b.Open(list, 200)
		b.Submit(at+"/trash", nil, 200)
		if strings.Contains(b.Body, "hull 14.txt") {
			t.Error("a file in the trash is listed among the others")
		}
		if !strings.Contains(b.Body, "1 file, 10 B") {
			t.Error("the head counts more than the tab shows")
		}
		b.Says("2 KB used: all of it by files, also in the trash")
		b.Open(list+"?kind=trash&view=list", 200).Follow("Delete for ever…", 200).Follow("Keep it", 200)
		if to := b.URL.RequestURI(); to != list+"?kind=trash&view=list" {
			t.Errorf("who keeps a file is at %s", to)
		}
		b.Open(list+"?kind=trash", 200).Says("hull 14.txt").Says("1 file, 2 KB. They stay here until somebody deletes them for ever")
		b.Submit(at+"/restore?kind=trash", nil, 200).Says("Restored the file.").Says("The trash is empty")
		if b.Open(list, 200).Says("2 files, 2 KB"); strings.Contains(b.Body, "file-room") {
			t.Error("what the head says is said again below it")
		}
		b.Open(list, 200).Submit(at+"/trash", nil, 200)
		b.Open(at+"/delete", 200).Says("Delete hull 14.txt for ever?")
		b.Submit(at+"/delete", nil, 200).Says("Deleted the file for ever.")
		b.Open(list, 200).Says("1 file").Says("10 B by files, also in the trash, 2 KB by previews and by deleted files that are not collected yet")
		b.Open(list+"?q=hull&view=list", 200).Follow("Clear the filter", 200)
		if to := b.URL.RequestURI(); to != list+"?view=list" {
			t.Errorf("who clears what was looked for is at %s", to)
		}
		b.Open(list+"?kind=image", 200).Says("No files yet")
		app.As(app.Editor).Form(at+"/rename", map[string][]string{"name": {"x"}}).Is(404)
		for _, act := range []string{"/trash", "/restore", "/delete"} {
			app.As(app.Editor).Form(at+act, nil).Is(404)
		}
		viewer := app.Browser(app.Viewer).Open(list, 200).Says("You are a viewer here")
		if strings.Contains(viewer.Body, "/trash") {
			t.Error("a viewer is offered to delete a file")
		}
	})
}

// A name that was written with lines and control characters, as a device may,
// is one line wherever it is shown, and in the header that saves it.
func TestAFileNameIsOneLineWhereverItIsShown(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	plan := words(1, 20)
	app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, map[string]any{"table": "file_meta", "op": "put", "pk": plan.hash(), "stamp": stamp(1), "payload": map[string]any{"hash": plan.hash(),
		"name": "hull\r\n14\u001b[2J\u202efdp.txt", "mime_type": "text/plain", "kind": "file", "size_bytes": 20, "deleted": false, "clock": 1, "created_at": 1795426200, "updated_at": 1795426200}})).Is(200).Says(`"applied"`)
	files(app, app.Editor).keep(t, plan)
	list := "/w/" + app.Harbour + "/files"
	app.As(app.Viewer).Get(list).Is(200).Says(`data-slot="open">hull 14[2Jfdp.txt</a>`)
	app.As(app.Owner).Get("/admin/storage").Is(200).Says("hull 14[2Jfdp.txt")
	saved, err := url.Parse(app.As(app.Viewer).Get(list + "/" + ui.PathID(plan.hash()) + "?download=1").Is(303).Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if got := app.Nobody().Get(saved.RequestURI()).Is(200).Header.Get("Content-Disposition"); got != `attachment; filename="hull 14[2Jfdp.txt"` {
		t.Errorf("it is saved with %s", got)
	}
}

func TestAListOfMoreThanItShowsSaysSo(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	list := "/w/" + app.Harbour + "/files"
	add := func(from, to int) {
		var ops []any
		for i := from; i < to; i++ {
			hash := fmt.Sprintf("sha256:%064x", i+1)
			ops = append(ops, map[string]any{"table": "file_meta", "op": "put", "pk": hash, "stamp": stamp(1), "payload": map[string]any{"hash": hash, "name": fmt.Sprintf("scan %04d.csv", i), "mime_type": "text/plain",
				"kind": "file", "size_bytes": 10, "deleted": false, "clock": 1, "created_at": 1795426200 + i, "updated_at": 1795426200 + i}})
		}
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, ops...)).Is(200)
	}
	for i := 0; i < 2000; i += 100 {
		add(i, i+100)
	}
	if page := app.As(app.Viewer).Get(list + "?q=scan+0000").Is(200).Says("1 file, 10 B"); strings.Contains(page.Body, "newest") {
		t.Error("one file is called the newest ones")
	}
	if page := app.As(app.Viewer).Get(list).Is(200).Says("2,000 files, 20 KB"); strings.Contains(page.Body, "Older ones") {
		t.Error("files that are all listed are called the newest ones")
	}
	add(2000, 2001)
	b := app.Browser(app.Viewer).Open(list+"?sort=name&view=list", 200).Says("The newest 2,000 files, 20 KB. Older ones follow behind the end of the list")
	b.Follow("Show older", 200).Says("Older ones: 1 file, 10 B").Says("scan 0000.csv")
	if !strings.Contains(b.Body, `value="name" selected`) {
		t.Error("the order is lost on the way to older ones")
	}
	b.Follow("Show the newest", 200).Says("The newest 2,000 files")
	app.As(app.Viewer).Get(list + "?before=nowhere").Is(404)
	app.As(app.Viewer).Get(list + "?q=scan+0000").Is(200).Says("scan 0000.csv")
}

func TestTheListSaysHowMuchRoomThereIsAndIsOrdered(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{Keys: map[string]string{"storage.workspace_quota_bytes": "10KB"}}, func(t *testing.T, app *testkit.App) {
		list := "/w/" + app.Harbour + "/files"
		large, small, middle := words(3, 5000), words(1, 10), words(2, 300)
		for _, a := range []attachment{large, small, middle} {
			files(app, app.Editor).keep(t, a)
			app.Clock.Advance(2 * time.Second)
		}
		app.As(app.Viewer).Get(list).Is(200).Says("5 KB of 10 KB used")
		for sort, want := range map[string][]attachment{"": {middle, small, large}, "old": {large, small, middle}, "name": {small, middle, large}, "size": {large, middle, small}} {
			page := app.As(app.Viewer).Get(list + "?sort=" + sort).Is(200).Body
			at := -1
			for _, a := range want {
				next := strings.Index(page, `data-file="`+a.hash())
				if next <= at {
					t.Errorf("%q: %s stands in the wrong place", sort, a.name)
				}
				at = next
			}
		}
		files(app, app.Editor).keep(t, words(4, 4000))
		app.As(app.Editor).Get(list).Is(200).Says("Nearly full: 690 B left.")
		files(app, app.Editor).keep(t, words(5, 690))
		full := app.As(app.Editor).Get(list + "?room=1").Is(200).Says("There is no room left").Says("ask who runs the server")
		if strings.Contains(full.Body, "<h1>") {
			t.Error("the room comes with the whole page")
		}
		app.As(app.Owner).Get(list).Is(200).Says("/admin/storage?quota=" + app.Harbour)
		renaming := app.As(app.Editor).Get(list + "?kind=other&sort=size&view=list&rename=" + url.QueryEscape(small.hash())).Is(200).Body
		if !strings.Contains(renaming, `href="`+list+`?kind=other&amp;sort=size&amp;view=list">Keep it`) {
			t.Error("who keeps a name does not come back to the same list")
		}
	})
}
