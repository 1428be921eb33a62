package server

import (
	"encoding/json"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/inspect"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// filesPage is /w/:id/files; ?q=, ?kind= and ?view=list choose what is shown
// and how, ?rename= opens a form, ?room= is the line about room alone.
func (s *Server) filesPage(r *request) error {
	if err := s.follow(r, r.Param("id")); err != nil {
		return err
	}
	if r.Query("room") != "" && s.files != nil {
		room, err := s.fileRoom(r)
		if err != nil {
			return err
		}
		return r.Fragment(fiber.StatusOK, "app/files#room", room)
	}
	return s.showFiles(r, fiber.StatusOK, r.Query("rename"), filesForms{})
}

// fileKinds are the tabs of the list, by ?kind=.
var fileKinds = []struct{ kind, label string }{{"", "All"}, {"image", "Images"}, {"pdf", "PDF"}, {"other", "Other"}, {"trash", "Trash"}}

// isOfKind reports whether a file stands below a tab.
func isOfKind(f engine.ListedFile, kind string) bool {
	if f.Trashed || kind == "trash" {
		return f.Trashed && kind == "trash"
	}
	return kind == "" || f.Kind == kind || kind == "other" && f.Kind != "image" && f.Kind != "pdf"
}

// filesForms are forms of the page that came back.
type filesForms struct {
	rename *ui.Form
	add    *ui.Form
}

func (s *Server) showFiles(r *request, status int, renamed string, refused filesForms) error {
	id := r.Param("id")
	shell, err := r.inside(ui.LayoutApp, id, "files")
	if err != nil {
		return err
	}
	list := "/w/" + id + "/files"
	view := ui.FilesPage{Workspace: ui.WorkspaceRef{ID: id, Name: shell.Workspace.Name}, Action: list, Query: r.Query("q"), Kind: r.Query("kind"), List: r.Query("view") == "list", Sort: fileSort(r.Query("sort"))}
	if view.ReadOnly, err = s.whyNotWrite(r, id); err != nil {
		return err
	}
	view.CanWrite = view.ReadOnly == ""
	if view.CanWrite {
		view.Add = r.filePick(pick(refused.add, ui.Form{ID: "add"}), nil)
	}
	shown := r.filesShown()
	files, older, err := s.engine.Files(r.Ctx(), id, engine.FilesQuery{Search: view.Query, Before: shown.before})
	if fault.Is(err, fault.Invalid) {
		return notFound()
	}
	if err != nil {
		return err
	}
	sortFiles(files, view.Sort)
	if view.Room, err = s.fileRoom(r); err != nil {
		return err
	}
	view.Tabs = ui.Tabs{Label: "Kinds of files"}
	for _, k := range fileKinds {
		n := 0
		for _, f := range files {
			if isOfKind(f, k.kind) {
				n++
			}
		}
		view.Tabs.Items = append(view.Tabs.Items, ui.Tab{Label: k.label, URL: shown.ofKind(k.kind).at(list), Count: ui.Number(n), Current: k.kind == view.Kind})
	}
	view.AllURL = shown.from("").of("").at(list)
	view.GridURL, view.ListURL = shown.asRows(false).at(list), shown.asRows(true).at(list)
	var size int64
	clock := r.clock()
	for _, f := range files {
		if !isOfKind(f, view.Kind) {
			continue
		}
		size += f.SizeBytes
		item := ui.FileItem{File: r.fileView(f), Place: list + "/" + ui.PathID(f.Hash), Added: clock.At(f.AddedAt), By: authorName(f.AddedBy), Trashed: f.Trashed, CanWrite: view.CanWrite, Back: shown.at(list)}
		if view.CanWrite && f.Hash == renamed && !f.Trashed {
			form := pick(refused.rename, ui.Form{ID: "file", Values: map[string]string{"name": f.Name}})
			item.Rename = &form
		}
		view.Rows = append(view.Rows, item)
	}
	view.Facts = ui.Plural(len(view.Rows), "file", "files") + ", " + ui.Bytes(size)
	if view.Room != nil && !view.Room.Bound() && view.Room.Used == size {
		view.Room = nil // the head says as much already
	}
	if older != "" {
		view.Older = shown.from(older).at(list)
	}
	switch {
	case shown.before != "":
		view.Newest = shown.from("").at(list)
		view.Facts = "Older ones: " + view.Facts
	case older != "":
		view.Facts = "The newest " + view.Facts + ". Older ones follow behind the end of the list"
	}
	if view.Kind == "trash" && len(view.Rows) > 0 {
		view.Facts += ". They stay here until somebody deletes them for ever"
	}
	return r.Page(status, shell, view)
}

// filesShown is what of the list is shown and how: what its address says.
type filesShown struct {
	query, kind, sort string
	rows              bool
	before            string // shows what is older than this cursor
}

func (r *request) filesShown() filesShown {
	return filesShown{query: r.Query("q"), kind: r.Query("kind"), sort: fileSort(r.Query("sort")), rows: r.Query("view") == "list", before: r.Query("before")}
}

// of is it with something else looked for.
func (f filesShown) of(query string) filesShown { f.query = query; return f }

// ofKind is another tab of it.
func (f filesShown) ofKind(kind string) filesShown { f.kind = kind; return f }

// asRows is it in rows, or tiles.
func (f filesShown) asRows(rows bool) filesShown { f.rows = rows; return f }

// from is it from another place on.
func (f filesShown) from(before string) filesShown { f.before = before; return f }

func (f filesShown) at(list string) string {
	place := url.Values{}
	setUnless(place, "q", f.query, "")
	setUnless(place, "kind", f.kind, "")
	setUnless(place, "sort", f.sort, "")
	setUnless(place, "before", f.before, "")
	if f.rows {
		place.Set("view", "list")
	}
	return withQuery(list, place)
}

// fileView is a file as pages show it; one that is on its way says so, and leads
// nowhere yet.
func (r *request) fileView(f engine.ListedFile) ui.File {
	v := ui.File{Hash: f.Hash, Name: f.Name, Icon: ui.FileIcon(f.MediaType), Note: ui.FileType(f.MediaType, f.Name) + ", " + ui.Bytes(f.SizeBytes), URL: "/w/" + r.Param("id") + "/files/" + ui.PathID(f.Hash)}
	if v.Name == "" {
		v.Name = "file" + inspect.Extension(f.MediaType)
	}
	v.Image = f.Kind == "image" && f.Width > 0 && inspect.Shown(f.MediaType)
	v.Width, v.Height = ui.Fit(f.Width, f.Height)
	if f.PageCount > 0 {
		v.Note += ", " + ui.Plural(f.PageCount, "page", "pages")
	}
	switch {
	case f.StorageID == "":
		v.URL = ""
		v.Note += ". Waiting for the sender’s device"
	case v.Image || f.Kind == "image" && inspect.Shown(f.MediaType):
		v.Src = v.URL
	}
	if f.Trashed {
		v.Note += ". In the trash"
	}
	return v
}

// attached are the files of a message.
func (r *request) attached(m engine.Message, files map[string]engine.ListedFile) (shown []ui.File, hashes string) {
	if len(m.Files) == 0 {
		return nil, ""
	}
	for _, hash := range m.Files {
		f, ok := files[hash]
		if !ok {
			shown = append(shown, ui.File{Hash: hash, Name: "A file that was deleted", Icon: "file-text", Note: "It is gone for everyone."})
			continue
		}
		shown = append(shown, r.fileView(f))
	}
	text, _ := json.Marshal(m.Files)
	return shown, string(text)
}

// filePage leads to a file's bytes: shown where that is safe, with ?download=1
// saved. The URL it leads to lives for minutes and asks for the right again.
func (s *Server) filePage(r *request) error {
	disposition := storage.Inline
	if r.Query("download") != "" {
		disposition = storage.Attachment
	}
	ticket, err := s.presignDownload(r, downloadRequest{WorkspaceID: r.Param("id"), Hash: r.RowID("file"), Disposition: string(disposition)})
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) {
		return notFound()
	}
	if err != nil {
		return err
	}
	return r.c.Redirect(ticket.URL, fiber.StatusSeeOther)
}

func (r *request) fileRef() engine.Ref {
	return engine.Ref{WorkspaceID: r.Param("id"), ID: r.RowID("file")}
}

func filesPath(r *request) string { return "/w/" + r.Param("id") + "/files" }

// filesBack is the list as the person had it when they sent a form of it.
func filesBack(r *request) string { return r.filesShown().at(filesPath(r)) }

type fileForm struct {
	Name string `form:"name" label:"The name" validate:"max=1000"`
}

// renameFile gives a file another name.
func (s *Server) renameFile(r *request, f submitted[fileForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		err := s.engine.RenameFile(r.Ctx(), r.writer(), r.fileRef(), f.Values.Name)
		if err == nil {
			return r.Redirect(filesBack(r))
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("file")
	return s.showFiles(r, status, r.RowID("file"), filesForms{rename: &form})
}

// trashFile puts a file into the trash, restoreFile takes it out.
func (s *Server) trashFile(r *request, _ submitted[nothing]) error {
	if err := s.engine.TrashFile(r.Ctx(), r.writer(), r.fileRef(), true); err != nil {
		return err
	}
	return r.done(filesBack(r), "Moved the file to the trash. It stays there, to be restored, until somebody deletes it for ever.")
}

func (s *Server) restoreFile(r *request, _ submitted[nothing]) error {
	if err := s.engine.TrashFile(r.Ctx(), r.writer(), r.fileRef(), false); err != nil {
		return err
	}
	return r.done(filesBack(r), "Restored the file.")
}

// deleteFilePage asks before a file is deleted for ever.
func (s *Server) deleteFilePage(r *request) error {
	f, err := s.engine.File(r.Ctx(), r.fileRef())
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutPlain, r.Param("id"), "")
	if err != nil {
		return err
	}
	back := filesBack(r)
	return r.Page(fiber.StatusOK, shell, ui.ConfirmPage{Back: back, Confirm: ui.Confirm{
		ID: "delete", Title: "Delete " + ui.Preview(f.Name, 80) + " for ever?", URL: r.filesShown().at(filesPath(r) + "/" + ui.PathID(r.RowID("file")) + "/delete"), Keep: "Keep it", Do: "Delete for ever", Danger: true,
		Text: "It goes for everyone in " + shell.Workspace.Name + ", and messages that have it say that it was deleted. " + backFor30Days,
	}})
}

// deleteFile deletes a file for ever.
func (s *Server) deleteFile(r *request, _ submitted[nothing]) error {
	if err := s.engine.DeleteFile(r.Ctx(), r.writer(), r.fileRef()); err != nil {
		return err
	}
	return r.done(filesBack(r), "Deleted the file for ever.")
}

// filesOf reads what is attached to the messages of a page.
func (s *Server) filesOf(r *request, messages []engine.Message) (map[string]engine.ListedFile, error) {
	if !slices.ContainsFunc(messages, func(m engine.Message) bool { return len(m.Files) > 0 }) {
		return nil, nil
	}
	return s.engine.FilesOf(r.Ctx(), r.Param("id"), messages)
}
