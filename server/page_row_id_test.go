package server_test

import (
	"net/url"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/ui"
)

// Devices choose the ids of rows. What the protocol lets them choose has a page.
func TestAThreadWithAnyIDTheProtocolAllowsHasItsPages(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		editor := app.As(app.Editor)
		list := "/w/" + app.Harbour
		for _, id := range []string{".", "..", "~..", "a.b:c~d_e-f", strings.Repeat("x", 128)} {
			op := thread(1, "Thread "+id)
			op["pk"] = id
			op["payload"].(map[string]any)["id"] = id
			pushAs(editor, app.Harbour, op)
			at := list + "/t/" + ui.PathID(id)
			editor.Get(list).Is(200).Says(`href="` + at + `"`)
			page := editor.Get(at).Is(200).Says("Thread " + id)
			page.Says(`action="` + at + `/messages"`)
			editor.Form(at+"/messages", url.Values{"text": {"To " + id + "!"}}).Is(303)
			editor.Get(at).Is(200).Says("To " + id + "!")
			editor.Form(at+"/rename", url.Values{"title": {"Renamed " + id}}).Is(303)
			editor.Get(at).Is(200).Says("Renamed " + id)
			editor.Get(at + "/fork").Is(200)
			editor.Form(at+"/delete", url.Values{}).Is(303)
			editor.Get(at).Is(404)
		}
		editor.Get(list + "/t/" + strings.Repeat("x", 129)).Is(404)
		editor.Get(list + "/t/%74").Is(404) // one way to write an id, not several
	})
}

func TestADocumentAndAProjectWithAnyIDHaveTheirPages(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	editor := app.As(app.Editor)
	row := func(table, id string, payload map[string]any) map[string]any {
		payload["id"], payload["created_at"], payload["updated_at"] = id, 1795426200, 1795426200
		return map[string]any{"table": table, "op": "put", "pk": id, "payload": payload, "stamp": stamp(1)}
	}
	project := "p" + strings.Repeat(".", 100)
	pushAs(editor, app.Harbour, row("posts", "..", map[string]any{"title": "Two dots", "content": "Words.", "post_type": "markdown"}),
		row("projects", project, map[string]any{"name": "Dotted"}))
	documents, projects := "/w/"+app.Harbour+"/documents", "/w/"+app.Harbour+"/projects"
	link := `href="` + documents + `/~.."`
	editor.Get(documents).Is(200).Says(link)
	editor.Get(documents + "/~..").Is(200).Says("Words.")
	editor.Get(projects).Is(200).Says(`href="` + projects + "/" + project + `"`)
	editor.Form(documents+"/~../project", url.Values{"project": {project}}).Is(303)
	editor.Get(projects + "/" + project).Is(200).Says(link)
	editor.Form(projects+"/"+project+"/remove", url.Values{"entry": {"post:.."}}).Is(303)
	if got := editor.Get(projects + "/" + project).Is(200); strings.Contains(got.Body, link) {
		t.Error("the document is still in the project")
	}
}
