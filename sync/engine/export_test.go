package engine

// BoundSearch sets how much of a table a search looks at.
func (e *Engine) BoundSearch(rows, bytes int) { e.searchable = searchable{rows, bytes} }

// HashesOf is hashesOf.
func HashesOf(text string) []string { return hashesOf(text) }
