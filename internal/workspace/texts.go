package workspace

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/plain"
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
// most 1000 characters, lines, tabs and marks of direction allowed, nothing else
// that people do not see.
func checkDescription(text string) (string, error) {
	// A form sends CR LF for every line.
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case utf8.RuneCountInString(text) > maxDescription:
		return "", fault.Field("description", "The description is too long. It can have 1000 characters.")
	case !isPlain(text, "\n\t\u061c\u200e\u200f"):
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

// isPlain reports valid UTF-8 all of which people see, those in except aside: a
// name that turns the direction of writing could look like another's.
func isPlain(text, except string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return plain.Unseen(r) && !strings.ContainsRune(except, r) })
}

// hasInk reports whether a text shows anything at all.
func hasInk(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) })
}
