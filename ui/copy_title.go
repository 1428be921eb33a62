package ui

import (
	"regexp"
	"strings"
)

// longestTitle is how many characters a title has at most.
const longestTitle = 200

var copied = regexp.MustCompile(` \(copy(?: of [^()]*)?, [^()]*\)$`)

// CopyTitle is what the copy of a text is called that was saved beside another:
// "Tides (copy of Ada, 29 November, 14:02)", within the length of a title. noun
// is what it is of, in the middle of a sentence; who may be "".
func CopyTitle(title, noun, who, when string) string {
	name := []rune(strings.NewReplacer("(", "", ")", "").Replace(who))
	if who = strings.TrimSpace(string(name[:min(len(name), 40)])); who != "" {
		who = " of " + who
	}
	suffix := " (copy" + who + ", " + when + ")"
	if title = strings.TrimSpace(copied.ReplaceAllString(title, "")); title == "" {
		title = "Untitled " + noun
	}
	letters, room := []rune(title), longestTitle-len([]rune(suffix))
	if len(letters) > room {
		title = strings.TrimRight(string(letters[:room-1]), " ") + "…"
	}
	return title + suffix
}
