package ui

// PaletteResults is what the command palette found, in groups.
type PaletteResults struct {
	Query  string
	Groups []PaletteGroup
	Count  int
	Took   string // "12 ms"
}

// Template implements View.
func (PaletteResults) Template() string { return "pages/palette" }

// Title implements View.
func (PaletteResults) Title() string { return "Search or run" }

// PaletteGroup is People, Actions, Threads or Settings.
type PaletteGroup struct {
	Name  string
	Items []PaletteItem
}

// PaletteItem is one result. Parts carry the match underlined.
type PaletteItem struct {
	ID    string
	Icon  string
	URL   string
	Parts []MatchPart
	Note  string
	Keys  []string
}

// MatchPart is a piece of a result's name.
type MatchPart struct {
	Text  string
	Match bool
}
