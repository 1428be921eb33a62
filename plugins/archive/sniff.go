package archive

import (
	"bytes"
	"path"
	"strings"
	"unicode/utf8"
)

// sniffer looks at a file's bytes as they flow by and tells whether it is an
// archive, and whether it is what its name says.
type sniffer struct {
	want    func(head []byte) bool // of the first bytes; nil if any will do
	text    bool                   // the whole has to be UTF-8 without NUL
	head    []byte
	tail    []byte
	partial []byte // the beginning of a character that is not complete
	broken  bool   // as a text
}

const headLen = 512

func newSniffer(name string) *sniffer {
	want, text := expect(name)
	return &sniffer{want: want, text: text, head: make([]byte, 0, headLen)}
}

// Write implements io.Writer and never fails.
func (s *sniffer) Write(p []byte) (int, error) {
	if room := headLen - len(s.head); room > 0 {
		s.head = append(s.head, p[:min(room, len(p))]...)
	}
	const keep = endSize + maxComment
	if len(p) >= keep {
		s.tail = append(s.tail[:0], p[len(p)-keep:]...)
	} else {
		s.tail = append(s.tail, p...)
		if len(s.tail) > 4*keep { // seldom, so that a large file is not moved again and again
			s.tail = append(s.tail[:0], s.tail[len(s.tail)-keep:]...)
		}
	}
	if s.text && !s.broken {
		s.readText(p)
	}
	return len(p), nil
}

func (s *sniffer) readText(p []byte) {
	if len(s.partial) > 0 {
		p = append(s.partial, p...)
		s.partial = nil
	}
	if bytes.IndexByte(p, 0) >= 0 {
		s.broken = true
		return
	}
	for back := 1; back <= min(utf8.UTFMax-1, len(p)); back++ {
		if last := p[len(p)-back:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				s.partial = bytes.Clone(last)
				p = p[:len(p)-back]
			}
			break
		}
	}
	s.broken = !utf8.Valid(p)
}

// verdict gives the reason against the file, if there is one.
func (s *sniffer) verdict() Code {
	const keep = endSize + maxComment
	tail := s.tail[max(0, len(s.tail)-keep):]
	switch {
	case isArchive(s.head), len(tail) >= endSize && endsAsZip(tail):
		return Nested
	case s.want != nil && !s.want(s.head), s.broken, len(s.partial) > 0:
		return Polyglot
	}
	return ""
}

func endsAsZip(tail []byte) bool {
	last := len(tail) - endSize
	return string(tail[last:][:4]) == endMark && little.Uint16(tail[len(tail)-2:]) == 0 || commented(tail, len(tail))
}

func isArchive(head []byte) bool {
	for _, mark := range []string{
		localMark, endMark, "PK\x07\x08", // zip
		"\x1f\x8b", "BZh", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd", "\x04\x22\x4d\x18", // gzip, bzip2, xz, zstd, lz4
		"7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07", "!<arch>\n", "MSCF", "xar!", "070701", "070707", // 7z, rar, ar, cab, xar, cpio
	} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	return len(head) >= 262 && string(head[257:262]) == "ustar" // tar
}

// expect says what a file has to begin with by the ending of its name, and
// whether it has to be a text.
func expect(name string) (want func(head []byte) bool, text bool) {
	switch name {
	case "LICENSE", SignatureName:
		return nil, true
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".json", ".md", ".txt", ".css", ".js", ".mjs", ".map", ".svg", ".html", ".htm", ".xml", ".csv":
		return nil, true
	case ".wasm":
		return begins("\x00asm\x01\x00\x00\x00"), false
	case ".png":
		return begins("\x89PNG\r\n\x1a\n"), false
	case ".jpg", ".jpeg":
		return begins("\xff\xd8\xff"), false
	case ".gif":
		return begins("GIF87a", "GIF89a"), false
	case ".webp":
		return func(head []byte) bool { return begins("RIFF")(head) && len(head) >= 12 && string(head[8:12]) == "WEBP" }, false
	case ".avif":
		return func(head []byte) bool { return len(head) >= 12 && string(head[4:8]) == "ftyp" }, false
	case ".ico":
		return begins("\x00\x00\x01\x00"), false
	case ".woff2":
		return begins("wOF2"), false
	case ".woff":
		return begins("wOFF"), false
	case ".ttf":
		return begins("\x00\x01\x00\x00", "true"), false
	case ".otf":
		return begins("OTTO"), false
	case ".pdf":
		return begins("%PDF-"), false
	}
	return nil, false
}

func begins(marks ...string) func([]byte) bool {
	return func(head []byte) bool {
		for _, mark := range marks {
			if bytes.HasPrefix(head, []byte(mark)) {
				return true
			}
		}
		return false
	}
}

func isWasm(name string) bool { return strings.EqualFold(path.Ext(name), ".wasm") }
