// Package plain says which characters people see.
package plain

import "unicode"

// Unseen reports whether a character does not show, or changes how others do: a
// control, what turns the direction of writing, a line separator, what stands for
// broken text, and letters without a form. Line feed and tab count, the joiners
// that some scripts and emoji need do not.
func Unseen(r rune) bool {
	switch r {
	case '\u200c', '\u200d': // joiners
		return false
	case '\u115f', '\u1160', '\u3164', '\uffa0': // fillers, which are letters by their class
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar
}
