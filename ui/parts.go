package ui

// Tone is the colour of a state. A glyph and a word always stand with it.
type Tone string

// The tones.
const (
	Quiet  Tone = ""       // grey
	Info   Tone = "info"   // petrol
	OK     Tone = "ok"     // green glyph, grey word
	Warn   Tone = "warn"   // both coloured
	Danger Tone = "danger" // both coloured
)

// Hidden is one hidden input of a form.
type Hidden struct{ Name, Value string }

// Action is a link or a one-button form (partials/action). With Post set it is a
// form that posts Fields to URL, with Dialog it opens the dialog of that id and
// URL is not used, otherwise it is a link.
type Action struct {
	Label  string
	URL    string
	Icon   string
	Style  string // "", "primary", "quiet", "danger"
	Small  bool
	Post   bool
	Swap   bool // with Post: htmx sends it, and swaps what the page around it says
	Fields []Hidden
	Dialog string
	Busy   string // what the button says while it works: "Saving"
	Why    string // why it is disabled; "" = it is not
}

// Notice is a banner or an undo bar (partials/notice).
type Notice struct {
	Tone Tone
	Icon string // by tone when empty
	Text string
	Link *Action
	Undo *Action // Post is implied; shown as "Undo" unless labelled
	Role string  // "alert" for what just went wrong, "status" for what just went right
}

// Glyph is the notice's icon.
func (n Notice) Glyph() string {
	if n.Icon != "" {
		return n.Icon
	}
	if n.Undo != nil {
		return "undo-2"
	}
	return State{Tone: n.Tone}.Glyph()
}

// State is a glyph and a word (partials/state).
type State struct {
	Tone Tone
	Icon string // by tone when empty
	Word string
}

// Glyph is the state's icon.
func (s State) Glyph() string {
	switch {
	case s.Icon != "":
		return s.Icon
	case s.Tone == OK:
		return "check"
	case s.Tone == Warn:
		return "triangle-alert"
	case s.Tone == Danger:
		return "circle-alert"
	}
	return "info"
}

// Badge names a kind: a role, New, Default (partials/badge).
type Badge struct {
	Word  string
	Style string // "", "outline", "info", "ok", "warn", "danger", "solid"
}

// EmptyKind is one of the six reasons for emptiness.
type EmptyKind string

// The reasons.
const (
	NothingYet   EmptyKind = "nothing-yet"
	NoMatch      EmptyKind = "no-match"
	NotAllowed   EmptyKind = "not-allowed"
	LoadFailed   EmptyKind = "failed"
	NotOnDevice  EmptyKind = "not-on-device"
	AllDone      EmptyKind = "all-done"
	emptyDefault           = "circle-dot"
)

// Empty stands where content would begin (partials/empty).
type Empty struct {
	Kind      EmptyKind
	Icon      string // by kind when empty
	Title     string
	Text      string
	RequestID string // LoadFailed only
	Actions   []Action
}

// Glyph is the empty state's icon.
func (e Empty) Glyph() string {
	if e.Icon != "" {
		return e.Icon
	}
	switch e.Kind {
	case NoMatch:
		return "search-x"
	case NotAllowed:
		return "lock"
	case LoadFailed:
		return "unplug"
	case NotOnDevice:
		return "cloud-download"
	case AllDone:
		return "circle-check-big"
	}
	return emptyDefault
}

// Pager is a list's position (partials/pager). Lists say "1 to 25 of 128"; logs
// are read newer and older and say which entries they show.
type Pager struct {
	Log     bool   // Newer and Older instead of two arrows
	PrevURL string // "" = there is nothing before
	NextURL string
	Text    string // "1 to 25 of 128"
	Target  string // CSS selector that htmx swaps; "" = a plain link
}

// Tab is one of partials/tabs.
type Tab struct {
	Label   string
	URL     string
	Count   string
	Current bool
}

// Tabs are real links to parts of a page (partials/tabs).
type Tabs struct {
	Label string // what the tabs choose between, for screen readers
	Items []Tab
}

// Menu is a button that opens a list of things to do (partials/menu). It works
// without scripts; with them, arrow keys and Esc do too. Below 760 px a menu of
// more than three entries is a bottom sheet headed by Title.
type Menu struct {
	ID     string
	Label  string // what Text is about, for screen readers; the name when Text is empty: "More for Dev Patel"
	Text   string // what the button says: "Editor"
	Icon   string // before the text; alone when Text is empty
	Style  string // "", "quiet", "select" (text with a chevron)
	Title  string // heads the sheet: "Role of Maren Lindqvist"
	Align  string // "end" opens leftwards, "up" upwards
	Items  []MenuItem
	Target string // CSS selector htmx swaps for posted items; "" = plain forms
	Why    string // why the menu cannot be opened; Text is shown as plain text with this tooltip
}

// Sheet reports whether the menu becomes a bottom sheet on a phone.
func (m Menu) Sheet() bool { return len(m.Items) > 3 }

// MenuItem is a link, or with Post a form of one button, or with Dialog opens one.
type MenuItem struct {
	Label   string
	Note    string // explains the effect
	Icon    string
	URL     string
	Post    bool
	Fields  []Hidden
	Dialog  string
	Current bool // has a check
	Danger  bool
	Rule    bool // a hairline before it
	Keys    string
	Why     string // why it is disabled; shown as its note
}

// Confirm is a dialog that asks once, for what cannot be undone (partials/confirm).
type Confirm struct {
	ID     string
	Title  string // the question with the object's name: "Delete workspace Yard office?"
	Text   string // who, what, until when
	URL    string
	Swap   bool // htmx sends it, and swaps what the page around it says
	Fields []Hidden
	Type   string // the name to be typed; "" = no typing
	Name   string // name of the input of Type; "confirm" when empty
	Keep   string // "Keep it"
	Do     string // "Delete workspace"
	Danger bool
	Error  string // from a refused attempt; opens the dialog at once
	Open   bool   // rendered open, as a page's answer to a link without scripts
}

// InputName is the name of the typed confirmation.
func (c Confirm) InputName() string {
	if c.Name == "" {
		return "confirm"
	}
	return c.Name
}

// Secret is shown once (partials/secret).
type Secret struct {
	ID    string
	Label string // "Invite link for hanna@rowe-surveyors.example"
	Value string
	Note  string // "Keep it now. It cannot be shown again." when empty
}

// Rows are the lines that the value takes on a phone, where the box cannot grow
// by itself.
func (s Secret) Rows() int { return 1 + len(s.Value)/32 }

// Progress is a determinate bar (partials/progress).
type Progress struct {
	Label   string // "Backing up, 4 of 6 parts"
	Figures string // "62 %"
	Value   int
	Max     int
	State   string // "", "paused", "failed"
	Note    string // what will resume it
	Retry   *Action
}

// Trace is a verdict with the steps that led to it (partials/trace).
type Trace struct {
	Allowed bool
	Verdict string // "Maren cannot write in Kestrel Boatworks"
	Why     string
	Steps   []TraceStep
	Command string // the same question for the terminal
}

// TraceStep is one check, in evaluation order.
type TraceStep struct {
	Name     string // "Role policy"
	Evidence string
	Code     string // evidence in mono, after Evidence
	Took     string // "0.04 ms"
	Passed   bool
	Skipped  bool // not reached
	Deciding bool // tinted
}

// ErrorView is a page that says what went wrong (pages/error).
type ErrorView struct {
	Status    int
	Title     string // "There is no such page"
	Text      string // what it means for the person's work and what to do
	Icon      string
	RequestID string
	Actions   []Action
}

// PaletteResults is the server's answer to the palette (partials/palette).
type PaletteResults struct {
	Query  string
	Groups []PaletteGroup
	Took   string // "12 ms"
}

// Count is the number of results.
func (p PaletteResults) Count() int {
	n := 0
	for _, g := range p.Groups {
		n += len(g.Items)
	}
	return n
}

// PaletteGroup is one heading with its results.
type PaletteGroup struct {
	Name  string
	Items []PaletteItem
}

// PaletteItem is one result. The client script underlines the match.
type PaletteItem struct {
	Label string
	Note  string
	Icon  string
	URL   string
}
