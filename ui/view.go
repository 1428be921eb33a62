package ui

// View is the data of one page. PageName is the page's file below
// templates/pages, without ".html"; PageTitle is what the browser's tab says.
type View interface {
	PageName() string
	PageTitle() string
}

// Column is a sortable head of a table. Order is "", "ascending" or "descending".
type Column struct {
	Name  string
	URL   string // "" when the column does not sort
	Order string
	Class string // "num" for figures, "wide" for what a phone leaves out
}

// ReadOnly says why a person sees an admin page without its controls, and who
// can change it. The zero value shows nothing.
type ReadOnly struct {
	Text   string
	Owners []string
}

// Notice is the banner of a read-only page.
func (r ReadOnly) Notice() Notice {
	text := r.Text
	if len(r.Owners) > 0 {
		text += " " + Names(r.Owners, 3) + " can change it."
	}
	return Notice{Tone: Quiet, Icon: "lock", Text: text}
}

// Choice is one entry of a radio group or a menu, with a line that explains it.
type Choice struct {
	Value    string
	Label    string
	Note     string
	Icon     string
	Selected bool
}
