package ui

import "strings"

// File is an attached file, in a message or in the form of one.
type File struct {
	Hash   string
	Name   string // never empty
	Note   string // "PDF, 2.1 MB"
	Icon   string
	URL    string // opens it; "" where it cannot be opened yet
	Src    string // of the image to show; "" shows none
	Width  int64  // of the place the image takes; 0 is not known
	Height int64
	Image  bool // there is, or will be, an image to show
}

// The largest an image is shown in a message, in CSS pixels.
const (
	imageWidth  = 420
	imageHeight = 300
)

// Fit is the place an image takes in a message, so that nothing moves when it
// comes. The app's half is fit in files/words.ts.
func Fit(width, height int64) (w, h int64) {
	if width <= 0 || height <= 0 {
		return 0, 0
	}
	if width > imageWidth {
		width, height = imageWidth, max(1, (height*imageWidth+width/2)/width)
	}
	if height > imageHeight {
		width, height = max(1, (width*imageHeight+height/2)/height), imageHeight
	}
	return width, height
}

// FileIcon stands for a file by its media type.
func FileIcon(mediaType string) string {
	switch {
	case strings.HasPrefix(mediaType, "image/"):
		return "image"
	case mediaType == "text/csv", strings.Contains(mediaType, "spreadsheet"), strings.Contains(mediaType, "excel"):
		return "table"
	}
	return "file-text"
}

// FileType is a media type as people say it, from the type and the name.
func FileType(mediaType, name string) string {
	if at := strings.LastIndexByte(name, '.'); at > 0 && len(name)-at <= 6 && !strings.ContainsAny(name[at:], " ") {
		return strings.ToUpper(name[at+1:])
	}
	kind, sub, _ := strings.Cut(mediaType, "/")
	if sub != "" && sub != "plain" && len(sub) <= 6 {
		return strings.ToUpper(sub)
	}
	switch kind {
	case "text", "image", "audio", "video":
		return strings.ToUpper(kind[:1]) + kind[1:]
	}
	return "File"
}

// FilePick is the field that picks files where scripts do not: in the form of a
// message, of a new thread, and of the list.
type FilePick struct {
	ID    string
	Hint  string
	Error string
	Kept  []File // came with a form that is shown again, and go with it next time
}

// FileRoom is how much of its quota a workspace uses.
type FileRoom struct {
	Used    int64  // with what is being uploaded
	Listed  int64  // of it, by files that the list shows, those in the trash included
	Coming  int64  // of it, by uploads under way
	Quota   int64  // negative: no bound
	MoreURL string // where this person gives it more room; "" for who may not
	// CollectURL is where this person makes room of what was deleted for ever; ""
	// for who may not.
	CollectURL string
}

// Bound says that there is a quota.
func (f FileRoom) Bound() bool { return f.Quota >= 0 }

// By says what uses the room, so that who adds up the list can follow it.
func (f FileRoom) By() string {
	if f.Listed == f.Used && f.Used > 0 {
		return "all of it by files, also in the trash"
	}
	var by []string
	if f.Listed > 0 {
		by = append(by, Bytes(f.Listed)+" by files, also in the trash")
	}
	if f.Coming > 0 {
		by = append(by, Bytes(f.Coming)+" by uploads under way")
	}
	if rest := f.Used - f.Listed - f.Coming; rest > 0 {
		by = append(by, Bytes(rest)+" by previews and by deleted files that are not collected yet")
	}
	return strings.Join(by, ", ")
}

// Left is the room that is left.
func (f FileRoom) Left() int64 { return max(0, f.Quota-f.Used) }

// Full says that nothing fits any more, Tight that it soon will be so.
func (f FileRoom) Full() bool { return f.Bound() && f.Left() == 0 }

// Tight says that less than a tenth is left.
func (f FileRoom) Tight() bool { return f.Bound() && !f.Full() && f.Left() < f.Quota/10 }

// FilesPage is /w/:id/files: the files of a workspace.
type FilesPage struct {
	Workspace WorkspaceRef
	Action    string
	Add       *FilePick // adds files without scripts; nil for who may not, and where none are kept
	Tabs      Tabs
	Query     string
	Kind      string // "", image, pdf, other or trash
	List      bool   // rows instead of tiles
	Sort      string // "" the newest first, old, name or size
	Room      *FileRoom
	Rows      []FileItem
	Facts     string // "128 files, 3.2 GB"
	AllURL    string // the list without what is looked for
	GridURL   string
	ListURL   string
	Older     string // leads to older files that are not shown
	Newest    string // leads back from older files to the newest
	CanWrite  bool
	ReadOnly  string
}

// FileItem is a file of the list.
type FileItem struct {
	File
	Place    string // of its forms, also where it cannot be opened yet
	Added    Time
	By       string // who added it
	Trashed  bool
	CanWrite bool
	Rename   *Form  // its form, when open: name
	Back     string // the list as it is shown
}

// Where is the part of the list's address that its forms keep: "?kind=image".
func (f FileItem) Where() string {
	if _, query, ok := strings.Cut(f.Back, "?"); ok {
		return "?" + query
	}
	return ""
}

// PageName implements View.
func (FilesPage) PageName() string { return "app/files" }

// PageTitle implements View.
func (FilesPage) PageTitle() string { return "Files" }

// Menu is what one can do to the file.
func (f FileItem) Menu() Menu {
	menu := Menu{ID: "file-" + f.Hash, Label: "More for " + f.Name, Icon: "ellipsis", Style: "quiet", Align: "end", Title: f.Name}
	if f.URL != "" {
		menu.Items = append(menu.Items, MenuItem{Label: "Download", Icon: "download", URL: f.URL + "?download=1"})
	}
	switch at := f.Place; {
	case !f.CanWrite:
	case f.Trashed:
		menu.Items = append(menu.Items, MenuItem{Label: "Restore", Icon: "undo-2", URL: at + "/restore" + f.Where(), Post: true},
			MenuItem{Label: "Delete for ever…", Icon: "trash-2", URL: at + "/delete" + f.Where(), Danger: true, Rule: true})
	default:
		menu.Items = append(menu.Items, MenuItem{Label: "Rename", Icon: "pencil", URL: withRename(f.Back, f.Hash)},
			MenuItem{Label: "Move to the trash", Note: "For everyone; it can be restored", Icon: "trash-2", URL: at + "/trash" + f.Where(), Post: true, Danger: true, Rule: true})
	}
	return menu
}

// withRename adds the question for a file's form to the list's address.
func withRename(list, hash string) string {
	if strings.Contains(list, "?") {
		return list + "&rename=" + hash
	}
	return list + "?rename=" + hash
}

// Empty stands where files would.
func (p FilesPage) Empty() Empty {
	switch {
	case p.Query != "":
		return Empty{Kind: NoMatch, Icon: "search-x", Title: "Nothing matches “" + p.Query + "”", Text: "This list looks at names.", Actions: []Action{{Label: "Clear the filter", URL: p.AllURL}}}
	case p.Kind == "trash":
		return Empty{Kind: NothingYet, Icon: "trash-2", Title: "The trash is empty", Text: "Files you move here can be restored, or deleted for ever."}
	case p.ReadOnly != "":
		return Empty{Kind: NothingYet, Icon: "paperclip", Title: "No files yet", Text: p.ReadOnly}
	}
	return Empty{Kind: NothingYet, Icon: "paperclip", Title: "No files yet", Text: "Attach files to a message, or put them here."}
}
