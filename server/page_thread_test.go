package server_test

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
)

// startThread starts a thread in Harbour and gives its path.
func startThread(t *testing.T, app *testkit.App, p *testkit.Person, title, text string) string {
	t.Helper()
	b := app.Browser(p).Open("/w/"+app.Harbour+"?new=1", 200)
	b.Submit("/w/"+app.Harbour+"/threads", map[string]string{"title": title, "text": text}, 200)
	return b.URL.Path
}

func TestTwoPeopleWriteInAThreadWithoutScripts(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		path := startThread(t, app, app.Editor, "Hull 14", "Ultrasound is done.\nTwo readings are thin.")
		owner := app.Browser(app.Owner).Open("/w/"+app.Harbour, 200).Says("Hull 14").Says("Ed: Ultrasound is done.")
		owner.Open(path, 200).Says("Two readings are thin.").Says("Started by Ed Editor")
		owner.Submit(path+"/messages", map[string]string{"text": "I read it <b>the same</b> way."}, 200).Says("I read it <b>the same</b> way.")
		app.Browser(app.Editor).Open(path, 200).Says("Olga Owner").Says("I read it")

		viewer := app.Browser(app.Viewer).Open(path, 200).Says("I read it").Says("You are a viewer here: you can read every thread. Olga Owner and Cora Coowner can let you write.")
		if viewer.Offers(path+"/messages") || strings.Contains(viewer.Body, "/rename") {
			t.Error("a viewer is offered a form")
		}
	})
}

func TestAFormSentTwiceWritesOnce(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(app.Editor).Open("/w/"+app.Harbour+"?new=1", 200)
	start := "/w/" + app.Harbour + "/threads"
	ids := url.Values{"thread_id": {b.Field(start, "thread_id")}, "message_id": {b.Field(start, "message_id")}, "title": {"Hull 14"}, "text": {"Once."}}
	first := app.As(app.Editor).Form(start, ids).Is(303).Header.Get("Location")
	if again := app.As(app.Editor).Form(start, ids).Is(303).Header.Get("Location"); again != first {
		t.Errorf("the second time leads to %s, the first to %s", again, first)
	}
	b.Open(first, 200)
	message := url.Values{"message_id": {b.Field(first+"/messages", "message_id")}, "text": {"Only one of these."}}
	app.As(app.Editor).Form(first+"/messages", message).Is(303)
	app.As(app.Editor).Form(first+"/messages", message).Is(303)
	b.Open(first, 200)
	if n := strings.Count(b.Body, "<p>Only one of these.</p>"); n != 1 {
		t.Errorf("the message stands there %d times", n)
	}
}

func TestWhatWasTypedStaysWhenAThreadIsRefused(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	start := "/w/" + app.Harbour + "/threads"
	b := app.Browser(app.Editor).Open("/w/"+app.Harbour+"?new=1", 200)
	long := strings.Repeat("x", 201)
	thread := b.Field(start, "thread_id")
	b.Submit(start, map[string]string{"title": long, "text": "Kept."}, 422).Says("A title has at most 200 characters")
	if b.Field(start, "title") != long || b.Field(start, "text") != "Kept." || b.Field(start, "thread_id") != thread {
		t.Error("what was typed did not come back")
	}
	path := startThread(t, app, app.Editor, "Hull 14", "First.")
	b.Open(path, 200)
	b.Submit(path+"/messages", map[string]string{"text": "   "}, 422).Says("Write something first.")
	b.Submit(path+"/messages", map[string]string{"text": strings.Repeat("y", 100_001)}, 422).Says("A message has at most")
	if len(b.Field(path+"/messages", "text")) != 100_001 {
		t.Error("the long message is lost")
	}
}

func TestAThreadIsRenamedPinnedAndDeleted(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	path := startThread(t, app, app.Editor, "Hull 14", "First.")
	startThread(t, app, app.Editor, "Later", "Second.")
	b := app.Browser(app.Owner).Open(path+"?rename=1", 200)
	b.Submit(path+"/rename", map[string]string{"title": strings.Repeat("x", 201)}, 422).Says("at most 200")
	b.Submit(path+"/rename", map[string]string{"title": "Hull 15"}, 200).At(path).Says("Hull 15")
	b.Submit(path+"/pin", map[string]string{"pinned": "true"}, 200).Says("Pinned").Says("Unpin")
	b.Submit(path+"/pin", nil, 200).Says("Pin to the top")
	b.Open(path+"/delete", 200).Says("Delete thread Hull 15?").Says("for everyone in Harbour")
	b.Submit(path+"/delete", nil, 200).At("/w/" + app.Harbour).Says("Deleted Hull 15.")
	b.Open(path, 404)
}

func TestAMutedThreadIsMarkedInItsRowForWhoMutedIt(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		const mark = `data-slot="muted"`
		path := startThread(t, app, app.Editor, "Hull 14", "First.")
		startThread(t, app, app.Editor, "Sails", "Second.")
		viewer := app.Browser(app.Viewer).Open(path, 200)
		if strings.Contains(viewer.Body, mark) {
			t.Error("a thread nobody muted is marked")
		}
		viewer.Submit(path+"/mute", map[string]string{"muted": "true"}, 200)
		for _, at := range []string{path, "/w/" + app.Harbour, "/w/" + app.Harbour + "?q=hull"} {
			viewer.Open(at, 200)
			_, row, _ := strings.Cut(viewer.Body, `<a class="thread-row" href="`+path)
			if row, _, _ = strings.Cut(row, "</a>"); !strings.Contains(row, mark) || !strings.Contains(row, "Muted") || strings.Count(viewer.Body, mark) != 1 {
				t.Errorf("%s does not mark this thread alone: %s", at, row)
			}
		}
		if b := app.Browser(app.Owner).Open(path, 200); strings.Contains(b.Body, mark) {
			t.Error("it is marked for somebody else")
		}
		viewer.Open(path, 200)
		viewer.Submit(path+"/mute", map[string]string{"muted": ""}, 200)
		if viewer.Open("/w/"+app.Harbour, 200); strings.Contains(viewer.Body, mark) {
			t.Error("it is marked after it was unmuted")
		}
	})
}

func TestOnlyItsAuthorChangesAMessage(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	path := startThread(t, app, app.Editor, "Hull 14", "Frist.")
	b := app.Browser(app.Editor).Open(path, 200)
	at := strings.Index(b.Body, `href="`+path+`?edit=`)
	if at < 0 {
		t.Fatal("the author is offered no edit")
	}
	message := b.Body[at+len(`href="`+path+`?edit=`):][:36]
	edit := path + "/m/" + message
	b.Open(path+"?edit="+message, 200)
	if b.Field(edit, "text") != "Frist." {
		t.Errorf("the form holds %q", b.Field(edit, "text"))
	}
	b.Submit(edit, map[string]string{"text": " "}, 422).Says("Write something first.")
	app.Clock.Advance(2 * time.Second)
	b.Submit(edit, map[string]string{"text": "First."}, 200).Says("First.").Says("Edited")

	if owner := app.Browser(app.Owner).Open(path, 200); strings.Contains(owner.Body, "?edit=") {
		t.Error("somebody else is offered to edit it")
	}
	app.As(app.Owner).Form(edit, url.Values{"text": {"Mine."}}).Is(403)
	app.As(app.Owner).Form(edit+"/delete", url.Values{}).Is(403)
	app.As(app.Viewer).Form(edit, url.Values{"text": {"Mine."}}).Is(403)
	other := startThread(t, app, app.Editor, "Other", "Else.")
	app.As(app.Editor).Form(other+"/m/"+message, url.Values{"text": {"Moved."}}).Is(404)
	b.Open(edit+"/delete", 200).Says("Delete your message?").Says("“First.”")
	b.Submit(edit+"/delete", nil, 200).At(path).Says("Deleted your message.")
}

func TestALongThreadIsReadPageByPage(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	path := startThread(t, app, app.Editor, "Log", "message 0 ends")
	as := app.As(app.Editor)
	for i := 1; i < 130; i++ {
		as.Form(path+"/messages", url.Values{"text": {fmt.Sprintf("message %d ends", i)}}).Is(303)
	}
	b := app.Browser(app.Viewer).Open(path, 200).Says("message 129 ends")
	if b.Shows("message 69 ends") {
		t.Error("the page shows more than a page")
	}
	if heads := strings.Count(b.Body, "message-author"); heads != 3 {
		t.Errorf("60 messages at once have %d heads, want one for every 20", heads)
	}
	if b.Follow("Earlier messages", 200).Says("message 69 ends").Says("Later messages"); strings.Contains(b.Body, "?read=") {
		t.Error("an earlier page notes that the end was read")
	}
	b.Follow("Earlier messages", 200).Says("message 0 ends").Says("Started by Ed Editor")
	b.Follow("Later messages", 200).Says("message 10 ends").Follow("Later messages", 200).Says("message 129 ends")
	b.Open(path+"?before=nonsense", 404)
}

func TestTheListIsSearchedByTitle(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	startThread(t, app, app.Editor, "Keel survey", "One.")
	startThread(t, app, app.Editor, "Insurance", "Two.")
	b := app.Browser(app.Viewer).Open("/w/"+app.Harbour+"?q=KEEL", 200).Says("Keel survey")
	if b.Shows("Insurance") {
		t.Error("the search shows what does not match")
	}
	b.Open("/w/"+app.Harbour+"?q=keal", 200).Says("Nothing matches “keal”")
	b.Open("/search?q=keel", 200).Says("Keel survey")
	app.As(app.Stranger).Get("/search?q=keel").Is(200)
	if app.Browser(app.Stranger).Open("/search?q=keel", 200).Shows("Keel survey") {
		t.Error("the search shows another workspace's thread")
	}
}

func TestThreadsOfOthersDoNotExist(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	path := startThread(t, app, app.Editor, "Secret", "One.")
	for _, p := range []*testkit.Person{app.Stranger, app.Former, app.Admin} {
		app.As(p).Get(path).Is(404)
		app.As(p).Get("/w/" + app.Harbour).Is(404)
		app.As(p).Form(path+"/messages", url.Values{"text": {"x"}}).Is(404)
	}
	foreign := strings.Replace(path, app.Harbour, app.Elsewhere, 1)
	app.As(app.Stranger).Get(foreign).Is(404)
	app.As(app.Stranger).Form(foreign+"/delete", url.Values{}).Is(404)
	app.As(app.Viewer).Form(path+"/messages", url.Values{"text": {"x"}}).Is(403)
	app.As(app.Viewer).Form("/w/"+app.Harbour+"/threads", url.Values{"title": {"x"}, "text": {"y"}}).Is(403)
	app.As(app.Editor).Get("/w/" + app.Harbour + "/t/no-such-thread").Is(404).Says("Nothing here")
}

func TestTheAddressDecidesTheWorkspace(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(app.Owner).Open("/w/"+app.Annex, 200).Says("Annex")
	b.Open("/admin/workspaces", 200).Says("Annex, 1 member")
	b.Open("/", 200).At("/w/" + app.Annex)
}

// A page alone reads nothing, because the app may have loaded it in the background:
// without scripts the browser notes what was shown, and nothing that came later.
func TestAPageNotesWhatItShowedAsRead(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		path := startThread(t, app, app.Editor, "Hull 14", "The first words.")
		viewer, b := app.As(app.Viewer).With("Sec-Fetch-Site", "same-origin"), app.Browser(app.Viewer)
		says := func(text string) {
			t.Helper()
			app.Clock.Advance(time.Minute)
			app.As(app.Editor).Form(path+"/messages", url.Values{"text": {text}}).Is(303)
		}
		note := func(words string) string {
			t.Helper()
			_, rest, found := strings.Cut(b.Open(path, 200).Says(words).Body, `<noscript><img src="`)
			if !found {
				t.Fatal("the page notes nothing")
			}
			address, _, _ := strings.Cut(rest, `"`)
			return html.UnescapeString(address)
		}
		unread := func(want string) {
			t.Helper()
			b.Open("/w/"+app.Harbour, 200)
			if got := strings.Count(b.Body, `class="unread"`); want == "" && got > 0 || want != "" && !strings.Contains(b.Body, `<span class="unread">`+want+`<`) {
				t.Errorf("the list does not say %q unread", want)
			}
		}
		viewer.Get(note("The first words.")).Is(204)
		unread("")
		says("The second words.")
		unread("1")
		seen := note("The second words.")
		unread("1") // the page alone notes nothing
		says("The third words.")
		viewer.Get(seen).Is(204)
		unread("1")
		viewer.Get(note("The third words.")).Is(204)
		unread("")
		viewer.Get(path + "?read=nonsense").Is(404)
		app.As(app.Stranger).With("Sec-Fetch-Site", "same-origin").Get(seen).Is(404)

		// Another site's picture of that address notes nothing.
		says("The fourth words.")
		seen = note("The fourth words.")
		host, _, _ := strings.Cut(strings.TrimPrefix(app.URL, "http://"), "/")
		for _, headers := range [][2]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "none"}, {"Origin", "http://evil.example"}, {"Origin", "null"},
			{"Referer", "http://evil.example/" + host}, {"Referer", "http://" + host + ".evil.example/"}, {"Referer", "https://" + host + "/"}, {"X-Nothing", "said"},
		} {
			if a := app.As(app.Viewer).With(headers[0], headers[1]).Get(seen); a.Status != 403 {
				t.Errorf("%s: %d", headers, a.Status)
			}
		}
		unread("1")
		app.As(app.Viewer).With("Referer", app.URL+path).Get(seen).Is(204) // plain HTTP sends no Sec-Fetch-Site
		unread("")
	})
}
