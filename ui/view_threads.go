package ui

import (
	"html/template"
	"slices"
	"strings"
)

// WorkspaceRef names a workspace inside a view.
type WorkspaceRef struct {
	ID   string
	Name string
}

// ThreadsPage is /w/:id: the list of threads and an empty pane, or the form
// that starts a thread.
type ThreadsPage struct {
	Workspace WorkspaceRef
	List      ThreadList
	CanWrite  bool
	ReadOnly  string // why there is no "New thread", in words; "" when one may write
	New       *NewThread
	InviteURL string // where this person invites others; "" for who may not
}

// PageName implements View.
func (ThreadsPage) PageName() string { return "app/threads" }

// PageTitle implements View.
func (p ThreadsPage) PageTitle() string {
	if p.New != nil {
		return "New thread"
	}
	return "Threads"
}

// NewThread is the form that starts a thread. ThreadID and MessageID are made
// before the form is shown, so that sending it twice starts one thread. Form:
// title, text.
type NewThread struct {
	Action    string
	Back      string
	ThreadID  string
	MessageID string
	Form      Form
	Pick      *FilePick // nil where no files are kept
}

// ThreadList is the middle column.
type ThreadList struct {
	Action string // the list's own address, for the filter form
	Query  string
	Rows   []ThreadRow
	Total  int
	Pager  Pager
	NewURL string // "" when one may not write
	Main   bool   // it is what the page is about: no thread is open

	// Nothing stands in the list where the reading pane, which says it otherwise, is not beside it.
	Nothing *Empty
}

// ThreadRow is one thread in the list.
type ThreadRow struct {
	ID      string
	URL     string
	Title   string // "Untitled thread" when it has none
	Preview string // "Dev: Robbins came back at 84.20 a sheet"; "" for no message yet
	When    Time
	Pinned  bool
	Muted   bool // this person hears nothing about it
	Current bool
	Unread  string // how many messages this person has not read, "" for none
}

// ThreadPage is /w/:id/t/:thread: list and reading pane.
type ThreadPage struct {
	Workspace WorkspaceRef
	List      ThreadList
	ID        string
	URL       string
	Title     string // never empty
	Pinned    bool
	Muted     bool // this person hears nothing about it
	StartedBy string
	Started   Time
	People    []Writer // who wrote here, at most five
	More      int      // people beyond those
	Days      []MessageDay
	Earlier   string // link to the page before, "" at the start
	Later     string // link to the page after, "" at the end
	NoteRead  string // loaded without scripts: notes that the end was read; "" elsewhere
	CanWrite  bool
	ReadOnly  string
	Composer  Composer
	Rename    *Form // the rename form, when open: title
	Origin    *ThreadOrigin
	Home      *Link // the project it is in
	Prompt    *Link // its system prompt
	NoPrompt  bool  // nothing would answer by a system prompt: none is offered
}

// ThreadOrigin is where a thread goes on from. A branch (not Copy) shows the
// messages that stand there; More says that there are others before them.
type ThreadOrigin struct {
	Title    string
	URL      string // "" when the thread is gone
	Copy     bool
	Messages []Message
	More     bool
}

// PageName implements View.
func (ThreadPage) PageName() string { return "app/thread" }

// PageTitle implements View.
func (p ThreadPage) PageTitle() string { return p.Title }

// Menu is what one can do to the thread.
func (p ThreadPage) Menu() Menu {
	pin := MenuItem{Label: "Pin to the top", Note: "For everyone here", Icon: "pin", URL: p.URL + "/pin", Post: true, Fields: []Hidden{{"pinned", "true"}}}
	if p.Pinned {
		pin = MenuItem{Label: "Unpin", Note: "Back in order of time, for everyone", Icon: "pin", URL: p.URL + "/pin", Post: true, Fields: []Hidden{{"pinned", ""}}}
	}
	mute := MenuItem{Label: "Mute", Note: "No notices about it, for you alone", Icon: "bell-off", URL: p.URL + "/mute", Post: true, Fields: []Hidden{{"muted", "true"}}}
	if p.Muted {
		mute = MenuItem{Label: "Unmute", Note: "Notices about it again, for you alone", Icon: "bell", URL: p.URL + "/mute", Post: true, Fields: []Hidden{{"muted", ""}}}
	}
	menu := Menu{ID: "thread-menu", Label: "More for " + p.Title, Icon: "ellipsis", Style: "quiet", Align: "end", Title: p.Title, Items: []MenuItem{mute}}
	if p.CanWrite {
		menu.Items = []MenuItem{
			{Label: "Rename", Icon: "pencil", URL: p.URL + "?rename=1"}, pin, mute,
			{Label: "Go on in a new thread…", Note: "A branch or a fork of this one", Icon: "git-fork", URL: p.URL + "/fork"},
			{Label: "Put into a project…", Icon: "folder", URL: p.URL + "/project"},
			{Label: "System prompt…", Icon: "quote", URL: p.URL + "/prompt"},
			{Label: "Delete…", Icon: "trash-2", URL: p.URL + "/delete", Danger: true, Rule: true},
		}
		if p.NoPrompt {
			menu.Items = slices.DeleteFunc(menu.Items, func(i MenuItem) bool { return i.URL == p.URL+"/prompt" })
		}
	}
	return menu
}

// WrittenBy names who wrote here, for the row of faces.
func (p ThreadPage) WrittenBy() string {
	names := make([]string, len(p.People))
	for i, w := range p.People {
		names[i] = w.Name
	}
	if p.More > 0 {
		return "Written by " + strings.Join(names, ", ") + " and " + Plural(p.More, "other", "others")
	}
	return "Written by " + Names(names, len(names))
}

// Writer is somebody who wrote a message.
type Writer struct {
	ID   string
	Name string
}

// MessageDay is one day's messages under its separator.
type MessageDay struct {
	Day      Time
	Messages []Message
}

// Message is one message. Follow marks one that follows the same person within
// five minutes and drops its head; every twentieth keeps it.
type Message struct {
	ID        string
	Author    Writer
	Follow    bool
	Sent      Time
	Edited    bool
	Text      []Paragraph
	Marked    template.HTML // the same, where it may have Markdown in it; "" otherwise
	EditURL   string        // "" when this person cannot change it
	DeleteURL string
	ForkURL   string       // "" when this person cannot start threads here
	Edit      *MessageEdit // its form, when open
	Files     []File       // what is attached
	Hashes    string       // of all of them, as JSON; "" for none
}

// Menu is what one can do to the message: its author more than others.
func (m Message) Menu() Menu {
	menu := Menu{ID: "menu-" + m.ID, Label: "More for the message of " + m.Sent.format("15:04"), Icon: "ellipsis", Style: "quiet", Align: "up"}
	fork := MenuItem{Label: "Go on from here…", Icon: "git-fork", URL: m.ForkURL}
	if m.EditURL == "" {
		menu.Items = []MenuItem{fork}
		return menu
	}
	menu.Label = "More for your message of " + m.Sent.format("15:04")
	menu.Items = []MenuItem{{Label: "Edit", Icon: "pencil", URL: m.EditURL}, fork, {Label: "Delete…", Icon: "trash-2", URL: m.DeleteURL, Danger: true, Rule: true}}
	return menu
}

// MessageEdit is the form that changes a message: text.
type MessageEdit struct {
	Action string
	Back   string
	Form   Form
}

// Paragraph is a block of a message's plain text; its lines keep their breaks.
type Paragraph struct {
	Lines []Inline
}

// Inline is one line of text in parts: words, and links that were typed out.
type Inline struct {
	Parts []Part
}

// Part is words, or a link when URL is set (https and http only).
type Part struct {
	Text string
	URL  string
}

// Composer is the form at the foot of a thread. MessageID is made before the
// form is shown, so that sending it twice writes once. Form: text.
type Composer struct {
	Action    string
	MessageID string
	Label     string // "Write to Hull 14"
	Form      Form
	Pick      *FilePick // nil where no files are kept
}

// Field is the composer's text.
func (c Composer) Field() Field { return c.Form.Field("text", c.Label, "textarea") }

// ConfirmPage asks before something that cannot be undone, as a page of its own.
type ConfirmPage struct {
	Confirm Confirm
	Points  []string // further consequences, one sentence each
	Choice  *ConfirmChoice
	Back    string   // where Keep leads
	Never   string   // why it cannot be done; the page then has no form
	Instead []Action // what can be done about that
}

// ConfirmChoice is what may be done beside, if its box is ticked.
type ConfirmChoice struct {
	Name  string
	Label string
	Note  string
}

// PageName implements View.
func (ConfirmPage) PageName() string { return "confirm" }

// PageTitle implements View.
func (p ConfirmPage) PageTitle() string { return p.Confirm.Title }
