package ui

import "hash/fnv"

// View is the data of one page. Template is the page's file below
// ui/templates, without ".html"; Title is what stands in the browser's tab,
// before the workspace or site name.
type View interface {
	Template() string
	Title() string
}

// Face is a person's round mark: initials on one of six hues.
type Face struct {
	Initials string
	Hue      int // 0…5, from a hash of the id, so that it never changes
}

// FaceOf makes the mark of the person with this id and display name.
func FaceOf(id, name string) Face {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return Face{Initials: initials(name), Hue: int(h.Sum32() % 6)}
}

// Option is one entry of a select or of a group of radio buttons.
type Option struct {
	Value    string
	Label    string
	Hint     string // a second line that explains the effect
	Selected bool
}

// Step is one entry of the wizard's rail. State is "done", "current" or "ahead".
type Step struct {
	Number int
	Name   string
	Text   string
	State  string
}

// Paging is a numbered list's place: "1 to 25 of 128". Prev and Next are
// links, empty at the ends.
type Paging struct {
	From, To, Total int
	Prev, Next      string
}

// Shown reports whether there is more than one page.
func (p Paging) Shown() bool { return p.Prev != "" || p.Next != "" }

// Ends is a log's place: links to newer and older entries, empty at the ends.
type Ends struct {
	Newer, Older string
	Text         string // "Entries 18,402 to 18,391"
}
