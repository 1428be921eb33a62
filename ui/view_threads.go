package ui

// ThreadsPage is /w/:id: the list of threads and an empty pane.
type ThreadsPage struct {
	Workspace WorkspaceRef
	List      ThreadList
	CanWrite  bool
	ReadOnly  string // why there is no composer, in words; "" when one may write
	New       NewThread
}

// Template implements View.
func (ThreadsPage) Template() string { return "pages/app/threads" }

// Title implements View.
func (ThreadsPage) Title() string { return "Threads" }

// WorkspaceRef names a workspace inside a view.
type WorkspaceRef struct {
	ID   string
	Name string
}

// NewThread is the form that starts a thread, shown when Open.
type NewThread struct {
	Open     bool
	Action   string
	ID       string // the thread's id and op ids, made before the form is shown:
	MessID   string // sending the form twice then makes one thread, not two
	Heading  string
	Text     string
	Problems Problems
}

// ThreadList is the middle column.
type ThreadList struct {
	Action string // the list's own address, for the filter form
	Query  string
	Rows   []ThreadRow
	Pinned int // how many of Rows, from the top, are pinned
	Newer  string
	Older  string
	Total  int
	NewURL string // "" when one may not write
}

// ThreadRow is one thread in the list.
type ThreadRow struct {
	ID      string
	URL     string
	Heading string // "Untitled thread" when it has none
	Preview string // "Dev: Robbins came back at 84.20 a sheet"; "" for no message yet
	When    Moment
	Pinned  bool
	Current bool
}

// ThreadPage is /w/:id/t/:thread: list and reading pane.
type ThreadPage struct {
	Workspace WorkspaceRef
	List      ThreadList
	ID        string
	URL       string
	Heading   string // never empty
	Name      string // the title as stored, for the rename form
	Pinned    bool
	StartedBy string
	Started   Moment
	People    []Person // who wrote here, at most five
	More      int      // people beyond those
	Days      []MessageDay
	Earlier   string // link to the page before, "" at the start
	Later     string // link to the page after, "" at the end
	CanWrite  bool
	ReadOnly  string
	Composer  Composer
	Renaming  bool // the rename form is open
	Rename    Problems
}

// Template implements View.
func (ThreadPage) Template() string { return "pages/app/thread" }

// Title implements View.
func (p ThreadPage) Title() string { return p.Heading }

// Person is a name with a face.
type Person struct {
	ID   string
	Name string
	Face Face
}

// MessageDay is one day's messages under its separator.
type MessageDay struct {
	Heading  string
	Messages []Message
}

// Message is one message. Follow marks one that follows the same person within
// five minutes and drops its head.
type Message struct {
	ID        string
	Author    Person
	Mine      bool
	Follow    bool
	Sent      Moment
	Edited    bool
	Lines     []Paragraph
	CanChange bool
	EditURL   string
	DeleteURL string
	Editing   bool // this message's edit form is open
	EditText  string
	Edit      Problems
	Kind      string // role of the row: "user", "assistant", "system"
}

// Paragraph is a block of a message's plain text; its Lines keep their breaks.
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

// Composer is the form at the foot of a thread.
type Composer struct {
	Action    string
	MessageID string // made before the form is shown, so that sending twice writes once
	OpID      string
	Text      string
	Label     string // "Write to Hull 14"
	Problems  Problems
}

// ConfirmPage asks before something that cannot be undone, as a page of its
// own; with scripts the same content opens in a dialog.
type ConfirmPage struct {
	Heading   string // "Delete thread Hull 14?"
	Body      []string
	Action    string // the form's POST address
	Confirm   string // "Delete thread"
	Keep      string // "Keep it"
	Back      string // where Keep leads
	TypeName  string // the name to type, "" when typing is not asked
	Typed     string
	Hidden    []Hidden
	Problems  Problems
	Area      string // "app" or "admin"
	NavAnchor string // which entry of the side bar stays current
}

// Hidden is a field that rides along.
type Hidden struct{ Name, Value string }

// Template implements View.
func (ConfirmPage) Template() string { return "pages/confirm" }

// Title implements View.
func (p ConfirmPage) Title() string { return p.Heading }
