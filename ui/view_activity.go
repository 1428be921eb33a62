package ui

import (
	"strconv"
	"strings"
)

// ActivityPage is /w/:id/activity: what a person was told about.
type ActivityPage struct {
	Workspace WorkspaceRef
	URL       string
	Rows      []NoticeRow
	Unread    int // 100 means more than 99
	Total     int
	Earlier   string // link to those before, "" at the first
	Latest    string // link to the latest, "" where they are shown
}

// NoticeRow is one notice. URL leads to what it is about, "" when to nothing.
type NoticeRow struct {
	ID      string
	URL     string
	Icon    string
	Title   string
	Body    string
	When    Time
	Unread  bool
	Bring   string // leads to the history that has what did not stand; "" for nothing, and for who may not
	ReadURL string // marks it read and opens what it is about
}

// PageName implements View.
func (ActivityPage) PageName() string { return "app/activity" }

// PageTitle implements View.
func (ActivityPage) PageTitle() string { return "Activity" }

// Facts is the line below the title.
func (p ActivityPage) Facts() string {
	switch {
	case p.Total == 0:
		return "What others write to you comes here."
	case p.Unread == 0:
		return "You have read everything."
	}
	return Capped(p.Unread) + " unread"
}

// Empty stands where notices would.
func (p ActivityPage) Empty() Empty {
	return Empty{Kind: AllDone, Icon: "bell", Title: "Nothing new", Text: "When somebody answers in a thread you wrote in, it stands here."}
}

// Capped is a count as a badge shows it: at most 99+.
func Capped(n int) string {
	if n > 99 {
		return "99+"
	}
	return strconv.Itoa(n)
}

// FindPage is /w/:id/search: what a workspace's threads, messages, documents
// and projects say. Form: q.
type FindPage struct {
	Workspace WorkspaceRef
	Action    string
	Form      Form
	Query     string
	Groups    []FindGroup
	Took      string
	Offline   bool     // the device answered
	Only      []string // the words that were looked for, when that is not all of the query
	Partly    []string // kinds of things of which not all were looked at: "messages"
}

// FindGroup is one kind of thing.
type FindGroup struct {
	Name string
	Hits []FindHit
	More bool // there are others that are not shown
}

// FindHit is a thing and the line that holds the words; of a message, the line
// is the title and its thread's title the line.
type FindHit struct {
	URL   string
	Icon  string
	Title string
	Line  string
	Words []string // to mark, in lower case
	When  Time     // when a message was written, else the last activity
	By    string   // "by Dev Patel", "started by you"; "" when nobody is known
}

// MarkedPart is a piece of a text; Hit is one of the words.
type MarkedPart struct {
	Text string
	Hit  bool
}

// Marked cuts a text where the words stand.
func (h FindHit) Marked(text string) []MarkedPart {
	var parts []MarkedPart
	low := strings.ToLower(text)
	for len(low) == len(text) && text != "" {
		at, size := firstOf(low, h.Words)
		if size == 0 {
			break
		}
		if at > 0 {
			parts = append(parts, MarkedPart{Text: text[:at]})
		}
		parts = append(parts, MarkedPart{Text: text[at : at+size], Hit: true})
		text, low = text[at+size:], low[at+size:]
	}
	if text != "" {
		parts = append(parts, MarkedPart{Text: text})
	}
	return parts
}

// firstOf finds the first of the words, the longest where several begin.
func firstOf(text string, words []string) (at, size int) {
	for _, w := range words {
		i := strings.Index(text, w)
		if i >= 0 && w != "" && (size == 0 || i < at || i == at && len(w) > size) {
			at, size = i, len(w)
		}
	}
	return at, size
}

// PageName implements View.
func (FindPage) PageName() string { return "app/find" }

// PageTitle implements View.
func (p FindPage) PageTitle() string { return "Search" }

// Count is the number of hits shown.
func (p FindPage) Count() int {
	n := 0
	for _, g := range p.Groups {
		n += len(g.Hits)
	}
	return n
}

// Notes say what the search has left out.
func (p FindPage) Notes() []string {
	var notes []string
	if len(p.Only) > 0 {
		notes = append(notes, "That is a lot to look for. Only this was looked for: "+strings.Join(p.Only, " "))
	}
	if len(p.Partly) > 0 {
		notes = append(notes, "There is too much here for one search. Of "+Names(p.Partly, len(p.Partly))+" only the newest were looked through.")
	}
	return notes
}

// Empty stands where hits would.
func (p FindPage) Empty() Empty {
	if p.Query == "" {
		return Empty{Kind: NothingYet, Icon: "search", Title: "What are you looking for?", Text: "The search looks inside threads, messages, documents and projects of " + p.Workspace.Name + "."}
	}
	return Empty{Kind: NoMatch, Title: "Nothing matches “" + p.Query + "”", Text: "All words have to be there, in any order."}
}
