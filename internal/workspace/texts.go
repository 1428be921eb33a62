package workspace

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

const (
	maxName        = 100
	maxDescription = 1000
	maxEmail       = 320
)

// checkName gives a workspace's name without the white space around it: 1–100
// characters, at least one of them visible, no control characters.
func checkName(name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case !hasInk(name):
		return "", fault.Field("name", "Give the workspace a name.")
	case utf8.RuneCountInString(name) > maxName:
		return "", fault.Field("name", "The name is too long. It can have 100 characters.")
	case !isPlain(name, ""):
		return "", fault.Field("name", "The name contains characters that cannot be shown.")
	}
	return name, nil
}

// checkDescription gives a description without the white space around it: at
// most 1000 characters, lines and tabs allowed, no other control characters.
func checkDescription(text string) (string, error) {
	// A form sends CR LF for every line.
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case utf8.RuneCountInString(text) > maxDescription:
		return "", fault.Field("description", "The description is too long. It can have 1000 characters.")
	case !isPlain(text, "\n\t"):
		return "", fault.Field("description", "The description contains characters that cannot be shown.")
	}
	return text, nil
}

// checkEmail gives an address as it was written, without the white space around it.
func checkEmail(email string) (string, error) {
	email = strings.TrimSpace(email)
	if email == "" {
		return "", fault.Field("email", "Give an e-mail address.")
	}
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || utf8.RuneCountInString(email) > maxEmail || !isPlain(email, "") {
		return "", fault.Field("email", "This is not an e-mail address. It looks like name@example.org.")
	}
	return email, nil
}

func checkRole(role policies.Role) error {
	if !role.Valid() {
		return fault.Field("role", "Use owner, editor or viewer.")
	}
	return nil
}

// isPlain reports valid UTF-8 without control characters and line separators,
// those in except aside.
func isPlain(text, except string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if (unicode.IsControl(r) || r == '\u2028' || r == '\u2029') && !strings.ContainsRune(except, r) {
			return false
		}
	}
	return true
}

// hasInk reports whether a text shows anything at all.
func hasInk(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) })
}
