package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

func TestAProjectGathersThreadsAndDocuments(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		thread := startThread(t, app, app.Editor, "Keel survey", "First.")
		document := writeDocument(t, app, app.Editor, "Launch day", "High water.")
		list := "/w/" + app.Harbour + "/projects"
		b := app.Browser(app.Editor).Open(list+"?new=1", 200)
		b.Submit(list, map[string]string{"name": ""}, 422).Says("Give the project a name.")
		b.Submit(list, map[string]string{"name": "Hull 14", "description": "What follows from the survey"}, 200).Says("Hull 14").Says("Nothing in it yet")
		project := b.URL.Path
		id := project[strings.LastIndex(project, "/")+1:]
		b.Submit(project+"/add", map[string]string{"entry": "thread:" + thread[strings.LastIndex(thread, "/")+1:]}, 200).Says("Keel survey")
		b.Open(document+"/project", 200)
		b.Submit(document+"/project", map[string]string{"project": id}, 200)
		b.Open(project, 200).Says("2 threads and documents").Says("Launch day")
		home := `data-slot="home">in <a href="` + project + `">Hull 14</a>`
		for _, who := range []*testkit.Person{app.Editor, app.Viewer} {
			if read := app.Browser(who).Open(document, 200); !strings.Contains(read.Body, home) {
				t.Error("the document does not say which project it is in")
			}
		}
		if b.Open(thread, 200); !strings.Contains(b.Body, `, in <a href="`+project+`">Hull 14</a>`) {
			t.Error("the thread does not say which project it is in")
		}

		entry := "post:" + document[strings.LastIndex(document, "/")+1:]
		app.As(app.Editor).Form(project+"/order", map[string][]string{"entry": {entry}, "by": {"-1"}}).Is(303)
		b.Open(project, 200)
		if strings.Index(b.Body, "Launch day") > strings.Index(b.Body, "Keel survey") {
			t.Error("the document did not move up")
		}
		app.As(app.Editor).Form(project+"/remove", map[string][]string{"entry": {entry}}).Is(303)
		b.Open(project, 200).Says("1 thread or document")
		if b.Open(document, 200); strings.Contains(b.Body, `data-slot="home"`) {
			t.Error("the document is still in the project it was taken out of")
		}
		app.Browser(app.Viewer).Open(project, 200).Says("Keel survey").Says("You are a viewer here")

		b.Open(project+"/delete", 200)
		b.Submit(project+"/delete", nil, 200).Says("Deleted Hull 14.")
		b.Open(project, 404)
		if b.Open(thread, 200).Says("First."); strings.Contains(b.Body, "Hull 14") {
			t.Error("the thread is still in the project that was deleted")
		}
	})
}

func TestWhatHasNoTitleIsToldApartInAChoice(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		thread := startThread(t, app, app.Editor, "", "The garboard seam is thin.")
		startThread(t, app, app.Editor, "", "Two readings.")
		empty := writeDocument(t, app, app.Editor, "", "Slings at 09:00.")
		b := app.Browser(app.Editor).Open(thread+"/project", 200)
		b.Follow("New project", 200)
		b.Submit("/w/"+app.Harbour+"/projects", map[string]string{"name": "Hull 14"}, 200)
		b.Says("Thread: Untitled thread, “The garboard seam is thin.”").Says("Thread: Untitled thread, “Two readings.”").Says("Document: Untitled document, “Slings at 09:00.”")
		app.Browser(app.Editor).Open(empty+"/project", 200).Says("New project")
	})
}

func TestANoticeLeadsWhoAdministersToTheHistory(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		document := writeDocument(t, app, app.Editor, "Launch day", "High water.")
		id := document[strings.LastIndex(document, "/")+1:]
		for _, who := range []*testkit.Person{app.Owner, app.Viewer} {
			note := "conflict-" + who.ID
			op := map[string]any{"table": "notifications", "op": "put", "pk": note, "stamp": stamp(1), "payload": map[string]any{
				"id": note, "user_id": who.ID, "type": "sync.conflict", "title": "Your change was replaced", "created_at": 1795426200, "updated_at": 1795426200,
				"actions": []any{map[string]any{"id": "bring-back", "kind": "history", "target": "posts", "data": id}},
			}}
			app.As(who).JSON("POST", "/api/sync/push", push(app.Harbour, op)).Is(200).Says(`"applied"`)
		}
		activity := "/w/" + app.Harbour + "/activity"
		app.Browser(app.Owner).Open(activity, 200).Says("Your change was replaced").Follow("Bring yours back", 200).Says("High water.")
		if b := app.Browser(app.Viewer).Open(activity, 200).Says("Your change was replaced"); b.Shows("Bring yours back") {
			t.Error("somebody who does not administer the workspace is sent to its history")
		}
	})
}

func TestTheSidebarListsTheProjectsChangedLastByName(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		threads, list := "/w/"+app.Harbour, "/w/"+app.Harbour+"/projects"
		if b := app.Browser(app.Viewer).Open(threads, 200); !strings.Contains(b.Body, `data-slot="nav-projects"`) || b.Shows("New project") {
			t.Error("a viewer is offered to make a project, or has no list")
		}
		for i := range ui.MostNavProjects + 1 { // the names run against the time
			app.Clock.Advance(time.Minute)
			b := app.Browser(app.Editor).Open(list+"?new=1", 200)
			b.Submit(list, map[string]string{"name": fmt.Sprintf("Hull %02d <i>", ui.MostNavProjects+1-i)}, 200)
		}
		b := app.Browser(app.Editor).Open(threads, 200)
		_, nav, _ := strings.Cut(b.Body, `data-slot="nav-projects"`)
		nav, more, _ := strings.Cut(nav, "</ul>")
		at := 0
		for i := range ui.MostNavProjects {
			next := strings.Index(nav, fmt.Sprintf("<span>Hull %02d &lt;i&gt;</span>", i+1))
			if next < at || next == -1 {
				t.Fatalf("Hull %02d is missing, or not in its place: %s", i+1, nav)
			}
			at = next
		}
		if strings.Contains(nav, "Hull 11") || strings.Contains(more, `data-slot="nav-more" hidden`) {
			t.Error("the project that was changed first is listed, or nothing says that there are others")
		}
		if other := app.Browser(app.Stranger).Open("/w/"+app.Elsewhere, 200); strings.Contains(other.Body, "Hull 01") {
			t.Error("the sidebar shows another workspace's projects")
		}
	})
}

func TestAThreadGoesOnInAForkAndInABranch(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		thread := startThread(t, app, app.Editor, "Keel survey", "Two readings are thin.")
		owner := app.Browser(app.Owner).Open(thread, 200)
		owner.Submit(thread+"/messages", map[string]string{"text": "We cut out frames 11 to 13."}, 200)
		for _, mode := range []string{"copy", "reference"} {
			owner.Open(thread+"/fork", 200).Says("We cut out frames 11 to 13.")
			owner.Submit(thread+"/fork", map[string]string{"title": "By " + mode, "mode": mode}, 200).Says("By " + mode).Says("Two readings are thin.").Says("We cut out frames 11 to 13.").Says("Keel survey")
			owner.Submit(owner.URL.Path+"/messages", map[string]string{"text": "Only here, " + mode + "."}, 200).Says("Only here, " + mode + ".")
		}
		owner.Open(thread+"/fork", 200)
		owner.Submit(thread+"/fork", map[string]string{"title": "Not yet", "mode": "reference"}, 200).Says("No messages of its own yet").Says("A branch, nothing of its own yet").Says("Two readings are thin.")
		if owner.Shows("No messages yet") {
			t.Error("a branch that shows messages says that it has none")
		}
		owner.Open(thread, 200)
		if strings.Contains(owner.Body, "<p>Only here") {
			t.Error("the parent shows what was written in its forks")
		}
	})
}

func TestAThreadHasASystemPrompt(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	thread := startThread(t, app, app.Editor, "Keel survey", "First.")
	list := "/w/" + app.Harbour + "/documents"
	b := app.Browser(app.Editor).Open(list+"?kind=prompt&new=1", 200)
	b.Submit(list, map[string]string{"title": "Yard voice", "content": "Short sentences."}, 200)
	prompt := b.URL.Path[strings.LastIndex(b.URL.Path, "/")+1:]
	b.Open(list+"/"+prompt+"/project", 200).Says("Of the prompt Yard voice").Says("A prompt is in one project at most.")
	b.Open(thread+"/prompt", 200).Says("Yard voice")
	b.Submit(thread+"/prompt", map[string]string{"prompt": prompt}, 200)
	b.Open(thread+"/prompt", 200)
	if b.Field(thread+"/prompt", "prompt") != prompt {
		t.Error("the prompt was not kept")
	}
	if read := app.Browser(app.Viewer).Open(thread, 200); !strings.Contains(read.Body, `, with the prompt <a href="`+list+"/"+prompt+`">Yard voice</a>`) {
		t.Error("the thread does not say which prompt it has")
	}
	document := writeDocument(t, app, app.Editor, "No prompt", "x")
	app.As(app.Editor).Form(thread+"/prompt", map[string][]string{"prompt": {document[strings.LastIndex(document, "/")+1:]}}).Is(422)
	b.Open(list+"/"+prompt+"/delete", 200).Says("1 thread uses it and goes on without.")
	b.Submit(list+"/"+prompt+"/delete", nil, 200)
	if b.Open(thread, 200); strings.Contains(b.Body, `data-slot="prompt"`) {
		t.Error("the thread still has the prompt that was deleted")
	}
}

func TestTheSearchLooksInsideEverythingOfTheWorkspace(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		startThread(t, app, app.Editor, "Kittiwake Übergabe", "The garboard seam is thin.")
		writeDocument(t, app, app.Editor, "Launch day", "High water over the \"garboard\" at 11:42.")
		search := "/w/" + app.Harbour + "/search?q="
		b := app.Browser(app.Viewer).Open(search+"GARBOARD", 200).Says("2 results").Says("The garboard seam is thin.").Says("Kittiwake Übergabe").Says("Launch day")
		if strings.Count(b.Body, `data-slot="when"><time `) != 2 || strings.Count(b.Body, "by Ed Editor") != 2 {
			t.Error("a result does not say when it was and whose it is")
		}
		if n := strings.Count(b.Body, "<mark>garboard</mark>"); n != 2 {
			t.Errorf("the word is marked %d times, not twice", n)
		}
		b.Open(search+"%C3%9CBERGABE+kittiwake", 200).Says("1 result").Says("Kittiwake Übergabe").Says("started by Ed Editor")
		app.Browser(app.Editor).Open(search+"seam", 200).Says("by you")
		b.Open(search+"role", 200).Says("Nothing matches “role”")
		app.Browser(app.Stranger).Open("/w/"+app.Elsewhere+"/search?q=garboard", 200).Says("Nothing matches")
	})
}

func TestEarlierNoticesAreALinkAway(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		for i := range 51 {
			if err := app.Engine.Tell(t.Context(), app.Harbour, app.Viewer.ID, engine.Notice{Type: "mention", Title: fmt.Sprintf("Notice %02d", i)}); err != nil {
				t.Fatal(err)
			}
			app.Clock.Advance(time.Minute)
		}
		activity := "/w/" + app.Harbour + "/activity"
		b := app.Browser(app.Viewer).Open(activity, 200).Says("51 unread").Says("Notice 50").Says("Notice 01")
		if b.Shows("Notice 00") || b.Shows("Show the latest") {
			t.Error("the first page shows the earliest notice, or a way to itself")
		}
		b.Follow("Show earlier", 200).Says("Notice 00").Says("51 unread")
		if b.Shows("Notice 01") || b.Shows("Show earlier") {
			t.Error("the last page shows what the one before it does, or a way on")
		}
		_, row, _ := strings.Cut(b.Body, `data-id="`)
		id, _, _ := strings.Cut(row, `"`)
		b.Submit(activity+"/"+id+"/read?"+b.URL.RawQuery, nil, 200).Says("Notice 00").Says("50 unread")
		b.Follow("Show the latest", 200).Says("Notice 50")
		app.As(app.Viewer).Get(activity + "?before=nonsense").Is(404)
	})
}

func TestNoticesBelongToTheirPerson(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		for _, title := range []string{"Dev answered", "Dev wrote to you"} {
			if err := app.Engine.Tell(t.Context(), app.Harbour, app.Viewer.ID, engine.Notice{Type: "mention", Title: title}); err != nil {
				t.Fatal(err)
			}
		}
		activity := "/w/" + app.Harbour + "/activity"
		app.Browser(app.Owner).Open(activity, 200).Says("Nothing new")
		b := app.Browser(app.Viewer).Open(activity, 200).Says("2 unread").Says("Dev answered")
		if !strings.Contains(b.Body, `<span class="nav-count">2<span class="sr"> unread</span></span>`) {
			t.Error("the sidebar does not count what is unread")
		}
		b.Submit(activity+"/read", nil, 200).Says("You have read everything.")
		if strings.Contains(b.Body, "nav-count") {
			t.Error("the sidebar counts what was read")
		}
		b.Submit(activity+"/clear", nil, 200).Says("Nothing new")
	})
}
