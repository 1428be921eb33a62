package ui

// searchBlueprints are the page of the search, a group of results and a result.
func searchBlueprints() []Blueprint {
	values := map[string]string{"q": "__query__"}
	return []Blueprint{
		{ID: "find", Block: "pages/app/find", View: FindPage{Workspace: WorkspaceRef{ID: "__workspace__", Name: "__site__"}, Action: atWorkspace + "/search", Form: Form{Values: values}}},
		{ID: "find-group", Block: "app/find#group", View: FindGroup{Name: "__name__", More: true}},
		{ID: "find-hit", Block: "app/find#hit", View: FindHit{URL: "/__href__", Icon: "messages-square", Title: "__title__", Line: "__line__", By: "__by__"}},
	}
}
