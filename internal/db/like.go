package db

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var likeEscapes = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// containing is the pattern for LIKE … ESCAPE '!' that finds text anywhere.
func containing(text string) string { return "%" + likeEscapes.Replace(text) + "%" }

// inAnyCase is a condition on a column that holds a text in one of the ways
// people write it. The databases' lower() knows A to Z alone in our columns,
// which compare bytewise.
func inAnyCase(column, text string) (where string, args []any) {
	var either []string
	for _, spelling := range spellings(text) {
		either, args = append(either, "lower("+column+") LIKE ? ESCAPE '!'"), append(args, containing(spelling))
	}
	return "(" + strings.Join(either, " OR ") + ")", args
}

// spellings are the ways in which people write a text, each once: as it was
// typed, in small letters, in capitals, and with a capital at the head of each
// word; A to Z are small in all of them, as inAnyCase compares them.
func spellings(text string) []string {
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
	var all []string
	for _, spelling := range []string{text, small, strings.ToUpper(text), title.String()} {
		if spelling = strings.Map(smallAZ, spelling); !slices.Contains(all, spelling) {
			all = append(all, spelling)
		}
	}
	return all
}

func smallAZ(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}
