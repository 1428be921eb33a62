package server

import "strings"

// matches tells whether a path belongs to a pattern of the table. Patterns have
// whole segments as parameters, and at most a * at the very end.
func matches(pattern, path string) bool {
	for {
		p, patternRest, moreP := strings.Cut(pattern, "/")
		q, pathRest, moreQ := strings.Cut(path, "/")
		switch {
		case p == "*":
			return true
		case strings.HasPrefix(p, ":") && q == "":
			return false
		case !strings.HasPrefix(p, ":") && p != q:
			return false
		case moreP != moreQ:
			return false
		case !moreP:
			return true
		}
		pattern, path = patternRest, pathRest
	}
}

func cutQuery(target string) (path, query string, found bool) {
	return strings.Cut(target, "?")
}
