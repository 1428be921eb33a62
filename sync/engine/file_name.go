package engine

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	nameBreaks = regexp.MustCompile(`[\t-\r\x{85}\x{2028}\x{2029}]+`)
	// What does not show, or turns the direction of what follows: "photo", such a
	// mark and "gpj.exe" would read as photoexe.jpg.
	nameUnseen = regexp.MustCompile(`[\p{Cc}\x{61c}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]`)
)

// PlainName is the name of a file as it is shown: in one line, without control
// and direction characters. The browser's half is plainName in
// sync/client/src/files/plain_name.ts, and both are held to
// testdata/file_names.json.
func PlainName(name string) string {
	return strings.TrimFunc(nameUnseen.ReplaceAllString(nameBreaks.ReplaceAllString(name, " "), ""), nameSpace)
}

// nameSpace is what a browser trims as well: with spaces the mark that says how a
// text is encoded, which shows as nothing.
func nameSpace(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' }
