package ui

// documentBlueprints are the lists of documents and prompts and the page of one.
func documentBlueprints() []Blueprint {
	all := []Blueprint{{ID: "document-row", Block: "app/documents#row", View: DocumentRow{URL: atDocument, Title: "__title__", Preview: "__preview__", By: "__by__"}}}
	for _, prompt := range []bool{false, true} {
		of, list := "document", atWorkspace+"/documents"
		if prompt {
			of, list = "prompt", list+"?kind=prompt"
		}
		fresh := atWorkspace + "/documents?new=1"
		if prompt {
			fresh = list + "&new=1"
		}
		workspace := WorkspaceRef{ID: "__workspace__", Name: "__site__"}
		values := map[string]string{"title": "__title__", "content": "", "base": "", "post_id": "", "kind": ""}
		page := DocumentPage{Workspace: workspace, ID: "__document__", Prompt: prompt, Title: "__title__", URL: atDocument, List: list, Mode: DocumentBoth, SavedBy: "you", CanWrite: true,
			Form: Form{ID: "document", Values: values}, Projects: atDocument + "/project"}
		read, start, theirs := page, page, page
		read.Mode, read.ReadOnly = DocumentRead, "__why__"
		start.ID, start.URL, start.Title, start.Mode = "", atWorkspace+"/documents", "New "+of, DocumentWrite
		start.Form.Values = map[string]string{"title": "", "content": "", "base": "", "post_id": "", "kind": ""}
		theirs.Theirs = &DocumentTheirs{By: "Another device", Title: "__theirs__", CopyURL: atWorkspace + "/documents?copy=1", Keep: atDocument + "?theirs=1"}
		all = append(all,
			Blueprint{ID: of + "s", Block: "pages/app/documents", View: DocumentsPage{Workspace: workspace, Prompts: prompt, Action: atWorkspace + "/documents", Query: "__query__", Total: 1, NewURL: fresh,
				Rows: []DocumentRow{{URL: atDocument, Title: "__title__", By: "you"}},
				Tabs: Tabs{Label: "Kinds of documents", Items: []Tab{{Label: "Documents", URL: atWorkspace + "/documents", Current: !prompt}, {Label: "Prompts", URL: atWorkspace + "/documents?kind=prompt", Current: prompt}}}}},
			Blueprint{ID: of, Block: "pages/app/document", View: page},
			Blueprint{ID: of + "-read", Block: "pages/app/document", View: read},
			Blueprint{ID: of + "-new", Block: "pages/app/document", View: start},
			Blueprint{ID: of + "-theirs", Block: "pages/app/document", View: theirs},
		)
	}
	return all
}
