package storage

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestName is what file systems allow, in bytes.
const longestName = 255

// FileName makes a name that any system can save a file under and that looks
// like what it is: no path, no control or direction characters, nothing that
// Windows keeps for itself. An empty one is "file".
func FileName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.C, r) && r != joiner && r != nonJoiner: // controls, direction marks, private use
			return -1
		}
		return r
	}, name)
	name = shorten(strings.Trim(name, " ."))
	if name == "" {
		return "file"
	}
	if stem, _, _ := strings.Cut(name, "."); reserved(stem) {
		name = shorten("_" + name)
	}
	return name
}

// What holds emoji together, and letters apart, is part of a name.
const (
	joiner    = '\u200d'
	nonJoiner = '\u200c'
)

// shorten cuts a name that is too long before its extension.
func shorten(name string) string {
	if len(name) <= longestName {
		return name
	}
	extension := ""
	if i := strings.LastIndexByte(name, '.'); i > 0 && len(name)-i <= 16 {
		name, extension = name[:i], name[i:]
	}
	cut := longestName - len(extension)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return strings.TrimRight(name[:cut], " .") + extension
}

// reserved reports whether Windows takes a name for a device.
func reserved(stem string) bool {
	switch stem = strings.ToUpper(strings.TrimSpace(stem)); stem {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	port, ok := strings.CutPrefix(stem, "COM")
	if !ok {
		port, ok = strings.CutPrefix(stem, "LPT")
	}
	return ok && len(port) == 1 && port[0] >= '0' && port[0] <= '9'
}
