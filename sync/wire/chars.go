package wire

import "bytes"

// isPK reports 1–128 of [A-Za-z0-9._:~-].
func isPK(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '_', c == ':', c == '~', c == '-':
		default:
			return false
		}
	}
	return true
}

// isID reports 1–64 of [A-Za-z0-9_-], the form of a workspace's id.
func isID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// isUUID reports a UUID in lower case.
func isUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	return isHex(s[:8]) && isHex(s[9:13]) && isHex(s[14:18]) && isHex(s[19:23]) && isHex(s[24:])
}

// isHash reports sha256:<64 hex>, md5:<32 hex> or bare 32 hex.
func isHash(s string) bool {
	switch len(s) {
	case 71:
		return s[:7] == "sha256:" && isHex(s[7:])
	case 36:
		return s[:4] == "md5:" && isHex(s[4:])
	case 32:
		return isHex(s)
	}
	return false
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// isLabel reports 1 to max bytes without control characters.
func isLabel(s string, max int) bool {
	if s == "" || len(s) > max {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// hasNUL reports a NUL in JSON text: the escape \u0000, whose backslash is not
// itself escaped. A bare NUL is not JSON at all.
func hasNUL(text []byte) bool {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(`\u0000`))
		if i < 0 {
			return false
		}
		at := from + i
		backslashes := 0
		for j := at - 1; j >= 0 && text[j] == '\\'; j-- {
			backslashes++
		}
		if backslashes%2 == 0 {
			return true
		}
		from = at + 6
	}
}
