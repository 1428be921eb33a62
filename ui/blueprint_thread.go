package ui

// threadBlueprints are the list of threads, a thread and its messages.
func threadBlueprints() []Blueprint {
	list := ThreadList{Action: atWorkspace, Query: "__query__", NewURL: atWorkspace + "?new=1"}
	main := list
	main.Main = true
	start := ThreadsPage{Workspace: WorkspaceRef{ID: "__workspace__", Name: "__site__"}, List: list, CanWrite: true, New: &NewThread{
		Action: atWorkspace + "/threads", Back: atWorkspace, ThreadID: "__thread__", MessageID: "__message__", Form: Form{ID: "new"},
	}}
	rename := &Form{ID: "rename", Values: map[string]string{"title": "__title__"}}
	thread := ThreadPage{Workspace: start.Workspace, List: list, ID: "__thread__", URL: atThread, Title: "__title__", StartedBy: "__starter__", CanWrite: true,
		People:   []Writer{{ID: "__user__", Name: "__name__"}},
		Composer: Composer{Action: atThread + "/messages", MessageID: "__message__", Label: "Write to __title__", Form: Form{ID: "composer"}}}
	reading, renaming := thread, thread
	reading.CanWrite, reading.ReadOnly = false, "__why__"
	reading.Composer = Composer{}
	renaming.Rename = rename
	message := Message{ID: "__message__", Hashes: "__hashes__", Author: Writer{ID: "__user__", Name: "__name__"}, Edited: true,
		EditURL: atThread + "?edit=__message__#f-edit-text", DeleteURL: atThread + "/m/__message__/delete", ForkURL: atThread + "/fork?at=__message__"}
	other := message
	other.EditURL, other.DeleteURL = "", ""
	editing := message
	editing.Edit = &MessageEdit{Action: atThread + "/m/__message__", Back: atThread + "#m-__message__", Form: Form{ID: "edit", Values: map[string]string{"text": ""}}}
	return []Blueprint{
		{ID: "threads", Block: "pages/app/threads", View: ThreadsPage{Workspace: start.Workspace, List: main, CanWrite: true}},
		{ID: "threads-new", Block: "pages/app/threads", View: start},
		{ID: "thread", Block: "pages/app/thread", View: thread},
		{ID: "thread-reading", Block: "pages/app/thread", View: reading},
		{ID: "thread-rename", Block: "pages/app/thread", View: renaming},
		{ID: "thread-row", Block: "app/threads#row", View: ThreadRow{ID: "__thread__", URL: atThread, Title: "__title__", Preview: "__preview__", Pinned: true, Muted: true, Current: true}},
		{ID: "unread", Block: "app/threads#unread", View: "__unread__"},
		{ID: "day", Block: "app/thread#day", View: MessageDay{}},
		{ID: "message", Block: "app/thread#message", View: message},
		{ID: "message-other", Block: "app/thread#message", View: other},
		{ID: "origin", Block: "app/thread#origin", View: ThreadOrigin{Title: "__title__", URL: "/__href__", Copy: true, More: true, Messages: []Message{other}}},
		{ID: "fork", Block: "pages/app/fork", View: ForkPage{Thread: "__title__", Action: atThread + "/fork", Back: "/__href__", Quote: "__quote__", By: "__by__",
			Form: Form{ID: "fork", Values: map[string]string{"title": "__title__", "mode": "reference", "message": "__message__", "thread_id": "__fork__"}}}},
		{ID: "message-edit", Block: "app/thread#message", View: editing},
		{ID: "thread-prompt", Block: "app/thread#prompt", View: Link{Name: "__name__", URL: atDocument}},
		{ID: "choose-prompt", Block: "pages/app/thread_prompt", View: PromptPage{Thread: "__title__", Action: atThread + "/prompt", Back: atThread, NewURL: atWorkspace + "/documents?kind=prompt&new=1", Form: Form{ID: "prompt"}}},
	}
}
