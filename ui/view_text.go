package ui

import (
	"net/url"
	"strings"

	"or3.cloud/or3/internal/excerpt"
)

// TextOf breaks a person's plain text into paragraphs and lines. Addresses
// that start with http:// or https:// become links; nothing else is read as
// markup, so what was typed is what is shown.
func TextOf(text string) []Paragraph {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	var all []Paragraph
	var open *Paragraph
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(line, " \t")
		if line == "" {
			open = nil
			continue
		}
		if open == nil {
			all = append(all, Paragraph{})
			open = &all[len(all)-1]
		}
		open.Lines = append(open.Lines, Inline{Parts: partsOf(line)})
	}
	return all
}

// partsOf splits a line into words and links.
func partsOf(line string) []Part {
	var parts []Part
	for line != "" {
		start := linkStart(line)
		if start < 0 {
			return append(parts, Part{Text: line})
		}
		end := start + linkLength(line[start:])
		address := line[start:end]
		if u, err := url.Parse(address); err != nil || u.Host == "" {
			parts = append(parts, Part{Text: line[:end]})
			line = line[end:]
			continue
		}
		if start > 0 {
			parts = append(parts, Part{Text: line[:start]})
		}
		parts = append(parts, Part{Text: address, URL: address})
		line = line[end:]
	}
	return parts
}

// linkStart finds the first http:// or https:// at the start of a word, or -1.
func linkStart(line string) int {
	for from := 0; ; {
		at := strings.Index(line[from:], "http")
		if at < 0 {
			return -1
		}
		at += from
		rest := line[at:]
		if (strings.HasPrefix(rest, "http://") || strings.HasPrefix(rest, "https://")) && (at == 0 || !isWordByte(line[at-1])) {
			return at
		}
		from = at + len("http")
	}
}

// linkLength measures an address: up to a space or bracket, without the
// punctuation that ends the sentence around it and without a bracket that was
// opened before it.
func linkLength(s string) int {
	end := strings.IndexAny(s, " \t<>\"”“")
	if end < 0 {
		end = len(s)
	}
	const closers = ".,;:!?'’"
	address := strings.TrimRight(s[:end], closers)
	for extra := strings.Count(address, ")") - strings.Count(address, "("); extra > 0 && strings.HasSuffix(address, ")"); extra-- {
		address = strings.TrimRight(strings.TrimSuffix(address, ")"), closers)
	}
	return len(address)
}

func isWordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= 0x80
}

// Preview is a text's start on one line, cut at a word near limit characters.
func Preview(text string, limit int) string { return excerpt.Line(text, limit) }
