package account

import (
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // time zones must be known on machines that have none
	"unicode"
	"unicode/utf8"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/plain"
)

const (
	maxEmail       = 320
	maxDisplayName = 120
	maxTokenName   = 100
	maxWorkspace   = 100
	maxLocale      = 35
)

// checkEmail gives an address as it was written, without the white space
// around it: one @ with something on both sides, at most 320 characters, no
// spaces, quotes or brackets. What cannot be an address never reaches the
// database; whether it is one, only a letter to it could tell.
func checkEmail(email string) (string, error) {
	email = strings.TrimSpace(email)
	if email == "" {
		return "", fault.Field("email", "Give an e-mail address.")
	}
	local, domain, _ := strings.Cut(email, "@")
	if utf8.RuneCountInString(email) > maxEmail || len(local) > 64 || !isLocalPart(local) || !isDomain(domain) {
		return "", fault.Field("email", "This is not an e-mail address. It looks like name@example.org.")
	}
	return email, nil
}

func isLocalPart(s string) bool {
	return isPlain(s) && s != "" && !strings.ContainsAny(s, ` "(),:;<>@[\]`) && !strings.ContainsFunc(s, unicode.IsSpace)
}

func isDomain(s string) bool {
	if s == "" || len(s) > 255 || !isPlain(s) {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
				return false
			}
		}
	}
	return true
}

// checkName gives a name without the white space around it: 1 to most
// characters, at least one of them visible, no control characters.
func checkName(field, what, name string, most int) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }):
		return "", fault.Field(field, "Give "+what+".")
	case utf8.RuneCountInString(name) > most:
		return "", &fault.Error{Kind: fault.Invalid, Message: "The name is too long.", Fields: map[string]string{field: "This is too long. Shorten it."}}
	case !isPlain(name):
		return "", fault.Field(field, "This contains characters that cannot be shown.")
	}
	return name, nil
}

// isPlain reports valid UTF-8 all of which people see: a name that turns the
// direction of writing could look like somebody else's.
func isPlain(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, plain.Unseen) }

var localeShape = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// checkLocale takes language tags such as en, pt-BR or zh-Hant-TW; "" means
// the browser's.
func checkLocale(locale string) (string, error) {
	locale = strings.TrimSpace(locale)
	if locale != "" && (len(locale) > maxLocale || !localeShape.MatchString(locale)) {
		return "", fault.Field("locale", "This is not a language. It looks like en or pt-BR.")
	}
	return locale, nil
}

// checkZone takes IANA time zones such as Europe/Lisbon; "" means the browser's.
func checkZone(zone string) (string, error) {
	zone = strings.TrimSpace(zone)
	if zone == "" {
		return "", nil
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" || len(zone) > 64 || !isPlain(zone) {
		return "", fault.Field("time_zone", "This is not a time zone. It looks like Europe/Lisbon.")
	}
	return zone, nil
}
