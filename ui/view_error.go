package ui

// Link is a word and where it leads.
type Link struct {
	Text string
	URL  string
}

// ErrorPage is what a person sees when a page cannot be shown. It says what
// happened, what it means for their work and what to do next.
type ErrorPage struct {
	Status    int
	Heading   string
	Text      string
	Next      string   // a second sentence: the way on
	Helpers   []string // people who can help, by name
	Icon      string
	RequestID string
	Actions   []Link // the first is the main one
}

// Template implements View.
func (ErrorPage) Template() string { return "pages/error" }

// Title implements View.
func (p ErrorPage) Title() string { return p.Heading }
