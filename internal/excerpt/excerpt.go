// Package excerpt reads what people have written for lists, where a text is one
// line and its Markdown is not drawn.
package excerpt

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A rule takes marks of Markdown away. The expressions are those of
// ui/client/src/app/plain.ts, in the same order, and both are held to
// testdata/plain.json. None of them looks further than to the next mark of its
// kind, or begins with spaces anywhere but in a line's beginning, so that no text
// makes them slow in the browser, which tries one place after the other.
type rule struct {
	marks *regexp.Regexp
	words string
}

var rules = []rule{
	{regexp.MustCompile("(?m)^[ \\t]*(?:```|~~~).*$"), ""},                                             // the fence around code
	{regexp.MustCompile(`(?m)^[ \t]*(?:(?:[-*_][ \t]*){3,}|=+[ \t]*|(?:\|[ \t]*)?:?-[-:| \t]*)$`), ""}, // a rule, the line below a heading or the head of a table
	{regexp.MustCompile(`(?m)^[ \t]*(?:>[ \t]*)*(?:#{1,6}[ \t]+|[-+*][ \t]+(?:\[[ xX]\][ \t]+)?)?`), ""},
	{regexp.MustCompile(`(?m)^\|[ \t]*|\|[ \t]*$`), ""},
	{regexp.MustCompile(`!?\[([^\[\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:[ \t]+"[^"\n]*")?\)`), "${1}"},
	{regexp.MustCompile(`<(https?://[^<>\s]+)>`), "${1}"},
	{regexp.MustCompile("`{1,3}([^`]+)`{1,3}"), "${1}"},
	{regexp.MustCompile(`(^|[^\p{L}\p{N}*\\])\*([^*\s](?:[^*\n]*[^*\s])?)\*`), "${1}${2}"},
	{regexp.MustCompile(`(^|[^\p{L}\p{N}*\\])\*{2,3}([^*\s](?:[^*\n]*[^*\s])?)\*{2,3}`), "${1}${2}"},
	{underlined, "${1}${2}${3}"},
	{underlined, "${1}${2}${3}"}, // two of them may share the sign between
	{regexp.MustCompile(`~~([^~\s](?:[^~\n]*[^~\s])?)~~`), "${1}"},
	{regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])"), "${1}"},
}

var underlined = regexp.MustCompile(`(^|[^\p{L}\p{N}_\\])_{1,3}([^_\s](?:[^_\n]*[^_\s])?)_{1,3}($|[^\p{L}\p{N}_])`)

// Plain is a text without the marks of Markdown.
func Plain(text string) string {
	for _, r := range rules {
		text = r.marks.ReplaceAllString(text, r.words)
	}
	return text
}

// looked is how many bytes are looked at for each letter that is shown: marks and
// addresses go.
const looked = 8

// Of is the beginning of what somebody wrote, of any length, without the marks of
// Markdown and as Line cuts it. The app's half is excerpt in plain.ts.
func Of(text string, limit int) string {
	if most := max(1000, looked*limit); len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return Line(Plain(text), limit)
}

// Line is a text's start on one line, cut at a word near limit characters.
func Line(text string, limit int) string {
	var b strings.Builder
	count := 0
	for w := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(w)
		switch {
		case count == 0 && n > limit:
			return Begin(w, limit) + "…"
		case count > 0 && count+1+n > limit:
			return b.String() + "…"
		case count > 0:
			b.WriteByte(' ')
			count++
		}
		b.WriteString(w)
		count += n
	}
	return b.String()
}

// Begin is a text's first so many characters.
func Begin(text string, limit int) string {
	for i := range text {
		if limit == 0 {
			return text[:i]
		}
		limit--
	}
	return text
}
