package ui

import (
	"html/template"
	"strings"
	"unicode"
)

// DocumentsPage is /w/:id/documents: the documents of a workspace, or with
// Prompts its prompts.
type DocumentsPage struct {
	Workspace WorkspaceRef
	Prompts   bool
	Action    string // the list's own address, for the filter form
	Query     string
	Rows      []DocumentRow
	Total     int
	Pager     Pager
	Tabs      Tabs
	NewURL    string // "" when one may not write
	ReadOnly  string // why there is no New, in words
}

// PageName implements View.
func (DocumentsPage) PageName() string { return "app/documents" }

// PageTitle implements View.
func (p DocumentsPage) PageTitle() string {
	if p.Prompts {
		return "Prompts"
	}
	return "Documents"
}

// Noun is what the list holds, in the middle of a sentence.
func (p DocumentsPage) Noun() string {
	if p.Prompts {
		return "prompt"
	}
	return "document"
}

// DocumentRow is one line of the list.
type DocumentRow struct {
	URL     string
	Title   string // "Untitled document" when it has none
	Preview string
	By      string // who changed it last: "you", "Dev Patel"
	When    Time
}

// DocumentMode says which halves of the page are shown.
type DocumentMode string

// The modes, as ?view= carries them.
const (
	DocumentWrite DocumentMode = "write"
	DocumentBoth  DocumentMode = "both"
	DocumentRead  DocumentMode = "read"
)

// DocumentPage is one document or prompt, to write and to read; ID is "" while
// it is new. Form: title, content, base, post_id, kind.
type DocumentPage struct {
	Workspace WorkspaceRef
	ID        string
	Prompt    bool
	Title     string // never empty
	URL       string // where the form goes and the modes stand
	List      string // the list it belongs to
	Mode      DocumentMode
	Form      Form
	HTML      template.HTML // what the text looks like
	Words     int
	SavedBy   string // "you", "Dev Patel"; "" while it is new
	Saved     Time
	CanWrite  bool
	ReadOnly  string
	Theirs    *DocumentTheirs // somebody else saved meanwhile
	Unsaved   bool            // the preview is of what was typed, not of what is stored
	Home      *Link           // the project it is in
	Projects  string          // where the document can be put into a project; "" when one may not
}

// PageName implements View.
func (DocumentPage) PageName() string { return "app/document" }

// PageTitle implements View.
func (p DocumentPage) PageTitle() string { return p.Title }

// Noun is what the page shows, in the middle of a sentence.
func (p DocumentPage) Noun() string {
	if p.Prompt {
		return "prompt"
	}
	return "document"
}

// ListName is what the list it belongs to is called.
func (p DocumentPage) ListName() string {
	if p.Prompt {
		return "Prompts"
	}
	return "Documents"
}

// Writing reports whether the text can be typed into.
func (p DocumentPage) Writing() bool {
	return p.CanWrite && (p.Mode != DocumentRead || p.Theirs != nil)
}

// Modes are the three ways to look at it.
func (p DocumentPage) Modes() []Tab {
	var tabs []Tab
	for _, m := range []struct {
		mode DocumentMode
		name string
	}{{DocumentWrite, "Write"}, {DocumentBoth, "Both"}, {DocumentRead, "Read"}} {
		tabs = append(tabs, Tab{Label: m.name, URL: p.URL + "?view=" + string(m.mode), Current: m.mode == p.Mode})
	}
	return tabs
}

// Menu is what one can do to the document.
func (p DocumentPage) Menu() Menu {
	items := []MenuItem{}
	if p.Projects != "" {
		items = append(items, MenuItem{Label: "Put into a project…", Icon: "folder", URL: p.Projects})
	}
	items = append(items, MenuItem{Label: "Delete…", Icon: "trash-2", URL: p.URL + "/delete", Danger: true, Rule: len(items) > 0})
	return Menu{ID: "document-menu", Label: "More for " + p.Title, Icon: "ellipsis", Style: "quiet", Align: "end", Title: p.Title, Items: items}
}

// DocumentTheirs is what somebody else made of a document while this person
// was writing; both texts are on the page until the person has decided.
type DocumentTheirs struct {
	By      string // "Dev Patel"; "you" from another window
	When    Time
	Title   string
	Content string
	CopyURL string // where the typed text is saved as a document of its own
	Keep    string // leads to their version, dropping the typed text
}

// Possessive is whose version it is, at the head of a sentence.
func (t DocumentTheirs) Possessive() string {
	if t.By == "you" {
		return "Your other version"
	}
	return t.By + "’s version"
}

// Who is the person at the head of a sentence.
func (t DocumentTheirs) Who() string {
	if t.By == "you" {
		return "You"
	}
	return t.By
}

// CountWords counts what between white space holds a letter or a digit: the
// marks of Markdown are no words.
func CountWords(text string) int {
	n := 0
	for _, word := range strings.Fields(text) {
		if strings.IndexFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) >= 0 {
			n++
		}
	}
	return n
}

// Empty stands where documents would.
func (p DocumentsPage) Empty() Empty {
	e := Empty{Kind: NothingYet, Icon: "file-text", Title: "No documents yet", Text: "A document is a text that several people keep up to date: a plan, a list, a record."}
	if p.Prompts {
		e.Icon, e.Title, e.Text = "quote", "No prompts yet", "A prompt tells an assistant how to behave. A thread can have one."
	}
	if p.Query != "" {
		return Empty{Kind: NoMatch, Title: "Nothing matches “" + p.Query + "”", Text: "This list looks at titles. The search looks inside, too.", Actions: []Action{{Label: "Clear the filter", URL: p.Action}}}
	}
	if p.NewURL == "" {
		e.Text = p.ReadOnly
		return e
	}
	e.Actions = []Action{{Label: "New " + p.Noun(), URL: p.NewURL, Icon: "plus", Style: "primary"}}
	return e
}
