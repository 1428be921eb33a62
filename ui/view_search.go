package ui

// SearchPage is /search: the command palette without scripts.
type SearchPage struct {
	Form    Form // q
	Results PaletteResults
}

// PageName implements View.
func (SearchPage) PageName() string { return "app/search" }

// PageTitle implements View.
func (SearchPage) PageTitle() string { return "Search or run" }

// Empty stands where results would.
func (p SearchPage) Empty() Empty {
	return Empty{Kind: NoMatch, Title: "Nothing matches “" + p.Results.Query + "”", Text: "The search looks at people, threads by their titles, and pages you may open.",
		Actions: []Action{{Label: "Show everything", URL: "/search"}}}
}
