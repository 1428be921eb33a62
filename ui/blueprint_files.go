package ui

// fileBlueprints are files in messages, in forms and in the list of all.
func fileBlueprints() []Blueprint {
	file := File{Hash: "__file__", Name: "__name__", Note: "__note__", Icon: "file-text", URL: atFile}
	image := file
	image.Image = true
	item := FileItem{File: file, Place: atFile, By: "__by__", CanWrite: true, Back: atWorkspace + "/files"}
	trashed, reading, renaming := item, item, item
	trashed.Trashed = true
	reading.CanWrite = false
	renaming.Rename = &Form{ID: "file", Values: map[string]string{"name": "__name__"}}
	return []Blueprint{
		{ID: "file", Block: "app/files#file", View: file},
		{ID: "file-image", Block: "app/files#file", View: image},
		{ID: "files", Block: "pages/app/files", View: FilesPage{Workspace: WorkspaceRef{ID: "__workspace__", Name: "__site__"}, Action: atWorkspace + "/files", Query: "__query__", CanWrite: true,
			GridURL: atWorkspace + "/files", ListURL: atWorkspace + "/files?view=list", Rows: []FileItem{item}}},
		{ID: "file-item", Block: "app/files#item", View: item},
		{ID: "file-item-trashed", Block: "app/files#item", View: trashed},
		{ID: "file-item-reading", Block: "app/files#item", View: reading},
		{ID: "file-item-rename", Block: "app/files#item", View: renaming},
	}
}
