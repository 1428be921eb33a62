package storage

import (
	"mime"
	"strings"

	"or3.cloud/or3/internal/fault"
)

// Disposition says what a browser does with a file.
type Disposition string

// A file is downloaded, or shown in the page's place.
const (
	Attachment Disposition = "attachment"
	Inline     Disposition = "inline"
)

// ParseDisposition reads what somebody asks for; "" is Attachment.
func ParseDisposition(text string) (Disposition, error) {
	switch d := Disposition(text); d {
	case "":
		return Attachment, nil
	case Attachment, Inline:
		return d, nil
	}
	return "", fault.Field("disposition", "A file is sent inline or as attachment.")
}

// Header is a Content-Disposition header (RFC 6266) with a file's name: in
// ASCII for what is old, and as RFC 8187 has it for everything else. Whatever
// the name holds, the header is one line of printable ASCII.
func (d Disposition) Header(name string) string {
	name = FileName(name)
	var b strings.Builder
	b.WriteString(string(d) + `; filename="`)
	ascii := true
	for _, r := range name {
		switch {
		case r >= 0x7f:
			ascii = false
			b.WriteByte('_')
		case r == '%': // some decode it here, too
			ascii = false
			b.WriteByte('_')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	if !ascii {
		b.WriteString("; filename*=UTF-8''")
		for _, c := range []byte(name) {
			if isAttrChar(c) {
				b.WriteByte(c)
				continue
			}
			b.WriteString("%" + string(upperHex[c>>4]) + string(upperHex[c&15]))
		}
	}
	return b.String()
}

const upperHex = "0123456789ABCDEF"

// isAttrChar is attr-char of RFC 8187 §3.2.1.
func isAttrChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}

// ParseDispositionHeader reads a Content-Disposition header: of an upload's
// part, or of another server. The name is made safe; whatever is not inline is
// Attachment.
func ParseDispositionHeader(header string) (d Disposition, name string, err error) {
	kind, params, err := mime.ParseMediaType(header)
	if err != nil {
		return "", "", fault.Wrap(err, fault.Invalid, "The Content-Disposition header cannot be read.")
	}
	if d = Attachment; strings.EqualFold(kind, string(Inline)) {
		d = Inline
	}
	return d, FileName(params["filename"]), nil
}
