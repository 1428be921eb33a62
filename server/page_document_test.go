package server_test

import (
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

// writeDocument writes a document in Harbour and gives its path.
func writeDocument(t *testing.T, app *testkit.App, p *testkit.Person, title, content string) string {
	t.Helper()
	list := "/w/" + app.Harbour + "/documents"
	b := app.Browser(p).Open(list+"?new=1", 200)
	b.Submit(list, map[string]string{"title": title, "content": content}, 200)
	return b.URL.Path
}

func TestADocumentIsWrittenReadAndDeletedWithoutScripts(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		path := writeDocument(t, app, app.Editor, "Launch day", "# Before 09:00\n\n- [x] Seacocks closed\n\n<script>alert(1)</script> [no](javascript:alert(1))")
		owner := app.Browser(app.Owner).Open("/w/"+app.Harbour+"/documents", 200).Says("Launch day").Says("by Ed Editor")
		owner.Open(path, 200).Says("Before 09:00").Says("Saved")
		for _, harm := range []string{"<script>alert", `href="javascript:`} {
			if strings.Contains(owner.Body, harm) {
				t.Errorf("the page has %s", harm)
			}
		}
		if !strings.Contains(owner.Body, "<h2>Before 09:00</h2>") || !strings.Contains(owner.Body, `type="checkbox"`) {
			t.Error("the Markdown is not drawn")
		}
		owner.Submit(path, map[string]string{"title": "Launch day, Kittiwake", "content": "High water is 11:42."}, 200).Says("High water is 11:42.")
		app.Browser(app.Editor).Open(path, 200).Says("Launch day, Kittiwake").Says("by Olga Owner")

		viewer := app.Browser(app.Viewer).Open(path, 200).Says("High water is 11:42.").Says("You are a viewer here")
		if viewer.Offers(path) {
			t.Error("a viewer is offered the form")
		}
		owner.Open(path+"/delete", 200).Says("Delete document Launch day, Kittiwake?").Says("For 30 days, owners and editors can bring it back")
		owner.Submit(path+"/delete", nil, 200).Says("Deleted Launch day, Kittiwake.")
		owner.Open(path, 404)
	})
}

func TestThePreviewStoresNothing(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	path := writeDocument(t, app, app.Editor, "Launch day", "As it was.")
	b := app.Browser(app.Editor).Open(path, 200)
	b.Submit(path, map[string]string{"content": "## Typed only", "preview": "on"}, 200).Says("Not saved yet")
	if !strings.Contains(b.Body, "<h3>Typed only</h3>") || b.Field(path, "content") != "## Typed only" {
		t.Error("what was typed is not shown")
	}
	app.Browser(app.Owner).Open(path, 200).Says("As it was.")
}

func TestTheLaterOfTwoEditorsSeesBothTexts(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		path := writeDocument(t, app, app.Editor, "Launch day", "High water is 11:42.")
		first, second := app.Browser(app.Editor).Open(path, 200), app.Browser(app.Owner).Open(path, 200)
		first.Submit(path, map[string]string{"content": "High water is 11:52."}, 200)
		second.Submit(path, map[string]string{"content": "High water is 12:00, says the harbour."}, 409).Says("Ed Editor saved this while you were writing").Says("High water is 11:52.")
		if second.Field(path, "content") != "High water is 12:00, says the harbour." {
			t.Error("what the second typed is lost")
		}
		app.Browser(app.Viewer).Open(path, 200).Says("High water is 11:52.")

		// They decide with both before them: the same form again replaces the other.
		second.Submit(path, map[string]string{"content": "High water is 12:00; the table said 11:52."}, 200)
		app.Browser(app.Viewer).Open(path, 200).Says("the table said 11:52.")

		// Sending the same text twice, or the text that is stored, is no conflict.
		first.Open(path, 200)
		first.Submit(path, map[string]string{"content": "Once."}, 200)
		first.Submit(path, map[string]string{"content": "Once."}, 200)
	})
}

func TestACopyOfATextIsToldApartFromWhatStands(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		path := writeDocument(t, app, app.Editor, "Launch day", "High water is 11:42.")
		first, second := app.Browser(app.Editor).Open(path, 200), app.Browser(app.Owner).Open(path, 200)
		first.Submit(path, map[string]string{"content": "High water is 11:52."}, 200)
		second.Submit(path, map[string]string{"content": "High water is 12:00."}, 409).Says("Save mine as another document")
		list := "/w/" + app.Harbour + "/documents"
		if !strings.Contains(second.Body, `formaction="`+list+`?copy=1"`) {
			t.Fatal("the button does not say that it makes a copy")
		}
		app.As(app.Owner).Form(list+"?copy=1", map[string][]string{"title": {"Launch day"}, "content": {"High water is 12:00."}}).Is(303)
		second.Open(list, 200).Says("Launch day (copy of Olga, ").Says("High water is 12:00.").Says("High water is 11:52.")
	})
}

func TestATextWhoseDocumentWasDeletedIsKept(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	path := writeDocument(t, app, app.Editor, "Launch day", "High water is 11:42.")
	writing := app.Browser(app.Editor).Open(path, 200)
	owner := app.Browser(app.Owner).Open(path+"/delete", 200)
	owner.Submit(path+"/delete", nil, 200)
	list := "/w/" + app.Harbour + "/documents"
	writing.Submit(path, map[string]string{"content": "An hour of typing."}, 404).Says("was deleted while you were writing")
	if writing.Field(list, "content") != "An hour of typing." {
		t.Fatal("what was typed is lost")
	}
	writing.Submit(list, nil, 200).Says("An hour of typing.")
}

func TestPromptsHaveAListOfTheirOwn(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	list := "/w/" + app.Harbour + "/documents"
	b := app.Browser(app.Editor).Open(list+"?kind=prompt&new=1", 200)
	b.Submit(list, map[string]string{"title": "Yard voice", "content": "Answer in short sentences."}, 200).Says("Yard voice")
	b.Open(list+"?kind=prompt", 200).Says("Yard voice")
	b.Open(list, 200).Says("No documents yet")
}
