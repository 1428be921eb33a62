package storage

import "strings"

// ETag is the entity tag of a blob. Content never changes under its name, so it
// is a strong one.
func (r Ref) ETag() string { return `"` + r.String() + `"` }

// NotModified reports whether an If-None-Match header names the blob, so that
// the answer is 304.
func (r Ref) NotModified(ifNoneMatch string) bool {
	if strings.TrimSpace(ifNoneMatch) == "*" {
		return true
	}
	for tag := range strings.SplitSeq(ifNoneMatch, ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == r.ETag() {
			return true
		}
	}
	return false
}

// SameRange reports whether an If-Range header allows a partial answer. Only
// strong tags do; a date never does, since it is not known when content began.
func (r Ref) SameRange(ifRange string) bool {
	trimmed := strings.TrimSpace(ifRange)
	return trimmed == "" || trimmed == r.ETag()
}
