package db

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var likeEscapes = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// containing is the pattern for LIKE … ESCAPE '!' that finds text anywhere.
func containing(text string) string { return "%" + likeEscapes.Replace(text) + "%" }

// inAnyCase is a condition on a column for the patterns of spellings. The
// databases' lower() knows A to Z alone in our columns, which compare bytewise.
func inAnyCase(column string) string {
	one := "lower(" + column + ") LIKE ? ESCAPE '!'"
	return "(" + one + " OR " + one + " OR " + one + " OR " + one + ")"
}

// spellings are the ways in which people write a text: as it was typed, in small
// letters, in capitals, and with a capital at the head of each word; A to Z are
// small in all of them, as inAnyCase compares them.
func spellings(text string) []any {
	small := strings.ToLower(text)
	var title strings.Builder
	head := true
	for _, r := range small {
		if head {
			r = unicode.ToTitle(r)
		}
		head = !unicode.IsLetter(r) && !unicode.IsMark(r) && r != utf8.RuneError
		title.WriteRune(r)
	}
	var patterns []any
	for _, spelling := range []string{text, small, strings.ToUpper(text), title.String()} {
		patterns = append(patterns, containing(strings.Map(smallAZ, spelling)))
	}
	return patterns
}

func smallAZ(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}
