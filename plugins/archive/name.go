package archive

import "strings"

// checkName gives the reason against a name, if there is one: what is refused
// is whatever some file system reads as another place than we do.
func checkName(name string, limits Limits) Code {
	switch {
	case name == "":
		return EmptyName
	case strings.IndexByte(name, 0) >= 0:
		return NUL
	case len(name) > limits.Path:
		return NameLength
	case strings.HasPrefix(name, "//"), strings.HasPrefix(name, `\\`):
		return UNC
	case name[0] == '/':
		return Absolute
	case len(name) >= 2 && name[1] == ':' && isLetter(name[0]):
		return Drive
	case strings.IndexByte(name, '\\') >= 0:
		return Backslash
	}
	parts := strings.Split(strings.TrimSuffix(name, "/"), "/")
	for _, part := range parts {
		if code := checkPart(part); code != "" {
			return code
		}
	}
	if len(parts) > limits.Depth+1 { // the wrapping folder may be one of them
		return Depth
	}
	return ""
}

func checkPart(part string) Code {
	switch {
	case part == "":
		return EmptyName
	case part == ".":
		return DotSegment
	case strings.Trim(part, ".") == "", strings.HasPrefix(part, "..") && strings.Trim(part, ". ") == "":
		return Traversal
	}
	for i := range len(part) {
		switch c := part[i]; {
		case c >= 0x80:
			return NonASCII
		case isLetter(c), c >= '0' && c <= '9', strings.IndexByte("._-+@ ", c) >= 0:
		default:
			return Character
		}
	}
	switch last := part[len(part)-1]; {
	case part[0] == '.':
		return HiddenName
	case last == '.', last == ' ':
		return TrailingDot
	case isDevice(part):
		return DeviceName
	case strings.IndexByte(part, ' ') >= 0:
		return Character
	}
	return ""
}

// isDevice knows the names that mean a device on Windows, in every folder and
// with every ending.
func isDevice(part string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(part), ".")
	stem = strings.TrimRight(stem, " ")
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "COM") || strings.HasPrefix(stem, "LPT")) && stem[3] >= '0' && stem[3] <= '9'
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
