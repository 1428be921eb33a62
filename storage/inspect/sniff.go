// Package inspect tells what a file is by what is in it. What it reads was sent
// by strangers.
package inspect

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
)

// HeadBytes is how much of a file's beginning Is looks at.
const HeadBytes = 1024

// pdfMark begins a PDF; some programs write a little before it.
var pdfMark = []byte("%PDF-")

// Is reports whether a file can be of a media type, by its first HeadBytes.
// Types that cannot be told by their beginning are believed: such a file is
// never shown, only downloaded.
func Is(mediaType string, head []byte) bool {
	actual, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	switch {
	case mediaType == "application/pdf":
		return bytes.Contains(head[:min(len(head), HeadBytes)], pdfMark)
	case Shown(mediaType):
		return actual == mediaType
	case strings.HasPrefix(mediaType, "text/"):
		return strings.HasPrefix(actual, "text/")
	}
	return true
}

// MediaType is what a file is: what its name's owner says, unless its first
// HeadBytes say something else. The app's half is mediaTypeOf in files/words.ts.
func MediaType(said string, head []byte) string {
	named, _, err := mime.ParseMediaType(said)
	if err != nil {
		named = ""
	}
	actual, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	switch {
	case Is("application/pdf", head) && !strings.HasPrefix(actual, "image/"):
		return "application/pdf"
	case Shown(actual):
		return actual
	case named == "", Shown(named), !Is(named, head):
		return "application/octet-stream"
	}
	return named
}

// Shown reports whether a browser may show a file of a media type in the page's
// place: only what it draws without running anything.
func Shown(mediaType string) bool {
	switch mediaType {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf":
		return true
	}
	return false
}

// Served is the type that a file is sent as: its own where that does no harm,
// else one that says nothing.
func Served(mediaType string) string {
	switch {
	case Shown(mediaType):
		return mediaType
	case mediaType == "text/plain", mediaType == "text/markdown", mediaType == "text/csv":
		return mediaType + "; charset=utf-8"
	}
	return "application/octet-stream"
}

// Kind is the word for a media type in synced rows: image, pdf or file.
func Kind(mediaType string) string {
	switch {
	case mediaType == "application/pdf":
		return "pdf"
	case strings.HasPrefix(mediaType, "image/"):
		return "image"
	}
	return "file"
}

// Extension is how a file's name ends, with the dot; "" where the type says
// nothing about it.
func Extension(mediaType string) string {
	switch mediaType {
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	case "image/gif":
		return ".gif"
	case "image/webp":
		return ".webp"
	case "application/pdf":
		return ".pdf"
	case "text/plain":
		return ".txt"
	case "text/markdown":
		return ".md"
	case "text/csv":
		return ".csv"
	}
	return ""
}
