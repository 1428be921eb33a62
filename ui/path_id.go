package ui

import (
	"net/url"
	"strings"
)

// PathID is a row's id as a segment of an address, and IDInPath the way back.
// Ids are 1–128 of A–Z, a–z, 0–9 and . _ : ~ -, chosen by devices. All of it may
// stand in an address, but "." and ".." alone mean another place there: they
// get a ~ in front, and so do those that look like the outcome. A : is
// written as browsers do, who have the same in router.ts: segment and idIn.
func PathID(id string) string {
	if onlyDots(strings.TrimLeft(id, "~")) {
		id = "~" + id
	}
	return strings.ReplaceAll(url.PathEscape(id), ":", "%3A")
}

// IDInPath is the id that PathID wrote; a segment that it would not write comes
// back as it is.
func IDInPath(segment string) string {
	id := strings.NewReplacer("%3A", ":", "%3a", ":").Replace(segment)
	if rest, ok := strings.CutPrefix(id, "~"); ok && onlyDots(strings.TrimLeft(rest, "~")) {
		return rest
	}
	return id
}

func onlyDots(s string) bool { return s == "." || s == ".." }
