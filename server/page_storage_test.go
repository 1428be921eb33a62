package server_test

import (
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
)

func TestTheStoragePageShowsWhatFilesUse(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		app.As(app.Owner).Get("/admin/storage").Is(200).Says("No files yet").Says("There is no bound").Says("Nothing has been collected")
		f := files(app, app.Editor)
		f.keep(t, words(1, 2500))
		f.keep(t, words(2, 500))
		page := app.As(app.Owner).Get("/admin/storage").Is(200).Says("words 1.txt").Says("3 KB").Says("Largest: Text with 3 KB, 100 % of 3 KB.").Says("By workspace").Says("Elsewhere")
		if strings.Contains(page.Body, "would go now") {
			t.Error("a collection was looked at unasked")
		}
		reader := app.As(app.Editor).Get("/admin/storage?look=on").Is(200).Says("words 1.txt").Says("Nothing would go now.")
		for _, not := range []string{"Collect now", "Check all files now", "?quota="} {
			if strings.Contains(reader.Body, not) {
				t.Errorf("an editor is offered %q", not)
			}
		}
		app.As(app.Viewer).Get("/admin/storage").Is(403)
	})
}

func TestAnOwnerOfAnotherWorkspaceSeesTheirsAlone(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	files(app, app.Editor).keep(t, words(1, 2500))
	app.As(app.Owner).Form("/admin/storage/check", nil).Is(303)
	waitFor(t, app, "1 file read, 0 damaged")
	page := app.As(app.Stranger).Get("/admin/storage").Is(200).Says("No files yet")
	runs := app.As(app.Stranger).With("HX-Request", "true").With("HX-Request-Type", "partial").Get("/admin/storage").Is(200)
	for _, not := range []string{"Harbour", "words 1", "By workspace", "Check of all files", "1 file read", app.Owner.Name} {
		if strings.Contains(page.Body, not) || strings.Contains(runs.Body, not) {
			t.Errorf("the page of another workspace's owner says %q", not)
		}
	}
}

func TestAQuotaIsSetAndHolds(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	path := "/admin/storage/quota/" + app.Harbour
	app.As(app.Owner).Get("/admin/storage?quota=" + app.Harbour).Is(200).Says("What Harbour may keep")
	app.As(app.Owner).Form(path, url.Values{"quota": {"ten"}}).Is(422).Says("Write a size such as 500 MB").Says(`value="ten"`)
	app.As(app.Editor).Form(path, url.Values{"quota": {"1 KB"}}).Is(403)
	app.As(app.Owner).Form(path, url.Values{"quota": {"1 KB"}}).Is(303)
	app.As(app.Owner).Get("/admin/storage").Is(200).Says("0 B of 1 KB")
	if r := files(app, app.Editor).askToSend(words(1, 1001)).Is(413); r.Code() != "quota_exceeded" {
		t.Error(r.Body)
	}
	app.As(app.Owner).Get("/api/admin/audit?workspace_id=" + app.Harbour + "&action=storage.quota_changed").Is(200).Says(`"quota":"1000"`)
	app.As(app.Owner).Form(path, url.Values{"quota": {""}}).Is(303)
	files(app, app.Editor).askToSend(words(1, 1001)).Is(200)
	app.As(app.Owner).Form("/admin/storage/quota/nowhere", url.Values{"quota": {"1 KB"}}).Is(404)
}

// What a deleted workspace keeps counts and is listed, but nothing of it can be set.
func TestADeletedWorkspaceIsListedWithoutAQuotaToSet(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	other := app.As(app.Owner).JSON("POST", "/api/workspaces", map[string]string{"name": "Old pier"}).Is(201).Text("workspace.id")
	app.As(app.Owner).Get("/admin/storage").Is(200).Says("?quota=" + other)
	app.As(app.Owner).JSON("DELETE", "/api/workspaces/"+other, nil).Is(200)
	page := app.As(app.Owner).Get("/admin/storage").Is(200).Says("deleted, can be restored")
	if strings.Contains(page.Body, "?quota="+other) {
		app.As(app.Owner).Get("/admin/storage?quota=" + other).Is(200)
		t.Error("the quota of a deleted workspace is offered")
	}
}

func TestACollectionOnThePageTellsHowItWent(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"storage.gc_retention": "1h"}})
	gone := words(1, 2000)
	files(app, app.Editor).keep(t, gone)
	app.Clock.Advance(time.Minute)
	unnamed(app, t, gone)
	if err := app.Keeper.CollectAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	app.Clock.Advance(2 * time.Hour)
	app.As(app.Owner).Get("/admin/storage?look=on").Is(200).Says("1 file would go now, 2 KB in all.").Says(gone.hash())
	app.As(app.Owner).Get("/admin/storage/collect").Is(200).Says("1 file goes, 2 KB, that nothing has named for 1 hour")
	app.As(app.Editor).Form("/admin/storage/collect", nil).Is(403)
	app.As(app.Owner).Form("/admin/storage/collect", nil).Is(303)
	waitFor(t, app, "1 file deleted, 2 KB freed, asked for by you")
	files(app, app.Editor).askToFetch(gone, "").Is(404)
	app.As(app.Owner).Get("/api/admin/audit?workspace_id=" + app.Harbour + "&action=storage.collected").Is(200).Says(app.Owner.ID)
	part := app.As(app.Owner).With("HX-Request", "true").With("HX-Request-Type", "partial").Get("/admin/storage").Is(200).Says("1 file deleted")
	if strings.Contains(part.Body, "<h1>") {
		t.Error("the runs come with the whole page")
	}
}

// waitFor asks for the page until it says something.
func waitFor(t *testing.T, app *testkit.App, text string) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		page := app.As(app.Owner).Get("/admin/storage").Is(200)
		if strings.Contains(page.Body, text) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the page does not say %q:\n%s", text, page.Body)
		}
	}
}

func TestThePageSaysWhichFilesAreDamagedAndWhatToDo(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	flipped, missing := words(1, 40_000), words(2, 300)
	f.keep(t, flipped)
	f.keep(t, missing)
	spoil(t, app, flipped)
	if err := os.Remove(onDisk(t, app, missing)); err != nil {
		t.Fatal(err)
	}
	app.As(app.Editor).Form("/admin/storage/check", nil).Is(403)
	app.As(app.Owner).Form("/admin/storage/check", nil).Is(303)
	waitFor(t, app, "2 files read, 2 damaged")
	app.As(app.Owner).Get("/admin").Is(200).Says("2 files are damaged").Says("See storage").Says("2 files, 40 KB, 2 damaged")
	app.As(app.Owner).Get("/admin/storage").Says("2 damaged files").Says("words 1.txt").Says("Changed").Says("Missing").Says("Attach the same file once more")
	f.keep(t, flipped)
	f.keep(t, missing)
	app.As(app.Owner).Get("/admin/storage").Is(200).Says("No file of Harbour is known to be damaged.")
}

func TestWithoutStorageThereIsNoPageOfIt(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"storage.enabled": "false"}})
	app.As(app.Owner).Get("/admin/storage").Is(404)
	if page := app.As(app.Owner).Get("/admin").Is(200); strings.Contains(page.Body, "/admin/storage") {
		t.Error("the sidebar leads to a page that is not there")
	}
}

func TestNobodyHasTheServerReadAllRowsAgainAndAgain(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Limits: true})
	files(app, app.Editor).keep(t, words(1, 100))
	for range 10 {
		app.As(app.Editor).Get("/admin/storage?look=on").Is(200)
		app.As(app.Owner).Get("/admin/storage/collect").Is(200)
	}
	app.As(app.Editor).Get("/admin/storage?look=on").Is(429)
	app.As(app.Owner).Get("/admin/storage/collect").Is(429)
	app.As(app.Editor).Get("/admin/storage").Is(200)
	app.As(app.Owner).Get("/admin/storage?look=on").Is(200)
}

func TestAnOwnerMakesRoomOfWhatWasDeletedForEver(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		gone := words(1, 2000)
		files(app, app.Editor).keep(t, gone)
		app.Clock.Advance(time.Minute)
		page := app.As(app.Owner).Get("/admin/storage/collect").Is(200)
		if strings.Contains(page.Body, `name="early"`) {
			t.Error("what waits is offered, and nothing waits")
		}
		unnamed(app, t, gone)
		app.As(app.Owner).Form("/admin/storage/quota/"+app.Harbour, url.Values{"quota": {"3 KB"}}).Is(303)
		files(app, app.Editor).askToSend(words(2, 1500)).Is(413).Says("The file has 2 KB, and the workspace has room for 1 KB. Delete files for ever, then have an owner collect them under Admin, Storage, or ask for more room.")
		app.As(app.Owner).Get("/admin/storage/collect").Is(200).Says("Also what waits for the end of the 30 days: 1 file, 2 KB.").Says("Nobody can bring these back then.").Says(`name="early"`)
		app.As(app.Owner).Form("/admin/storage/collect", nil).Is(303)
		waitFor(t, app, "0 files deleted, 0 B freed, 1 marked")
		files(app, app.Editor).askToFetch(gone, "").Is(200)
		app.As(app.Editor).Form("/admin/storage/collect", url.Values{"early": {"true"}}).Is(403)
		app.As(app.Owner).Form("/admin/storage/collect", url.Values{"early": {"true"}}).Is(303)
		waitFor(t, app, "1 file deleted, 2 KB freed, asked for by you")
		files(app, app.Editor).askToFetch(gone, "").Is(404)
		files(app, app.Editor).askToSend(words(2, 1500)).Is(200)
	})
}

func TestWhoIsToldToMakeRoomIsToldHow(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"storage.workspace_quota_bytes": "2KB"}})
	files(app, app.Editor).keep(t, words(1, 2000))
	list := "/w/" + app.Harbour + "/files"
	app.As(app.Owner).Get(list).Is(200).Says("There is no room left").Says(`<a class="link" href="/admin/storage/collect">collect them</a>`)
	app.As(app.Editor).Get(list).Is(200).Says("then have an owner collect them under Admin, Storage")
}
