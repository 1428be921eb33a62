package telemetry

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"unicode"
)

const mask = "******"

// cleaner masks secrets and encodes what could drive a terminal.
type cleaner struct {
	known    *strings.Replacer // exact secrets of this deployment
	patterns []*regexp.Regexp  // shapes of secrets; their first group is kept
}

func newCleaner(secrets []string) *cleaner {
	var pairs []string
	for _, s := range secrets {
		if len(s) >= 8 {
			pairs = append(pairs, s, mask)
		}
	}
	return &cleaner{known: strings.NewReplacer(pairs...), patterns: []*regexp.Regexp{
		regexp.MustCompile(`(or3_pat_)[A-Za-z0-9_-]+`),
		regexp.MustCompile(`(or3_session=)[^;\s"]+`),
		regexp.MustCompile(`(?i)((?:bearer|basic) )[A-Za-z0-9._~+/=-]{8,}`),
		regexp.MustCompile(`(?i)([?&](?:token|signature|sig|password|secret)=)[^&\s"]+`),
		regexp.MustCompile(`(?i)(/invites?/)[A-Za-z0-9_-]{20,}`),
		regexp.MustCompile(`([a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/@]+@`),
	}}
}

// secretNames are attribute names whose values are masked whole.
func secretName(key string) bool {
	key = strings.ToLower(key)
	for _, part := range []string{"password", "secret", "authorization", "cookie", "private_key"} {
		if strings.Contains(key, part) {
			return true
		}
	}
	return key == "token" || strings.HasSuffix(key, "_token")
}

func (c *cleaner) attr(a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindGroup {
		return a // its members come one by one
	}
	if secretName(a.Key) {
		return slog.String(a.Key, mask)
	}
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, c.text(a.Value.String()))
	case slog.KindDuration:
		return slog.String(a.Key, a.Value.Duration().String())
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case nil, slog.Level, *slog.Source:
			return a
		case error:
			return slog.String(a.Key, c.text(v.Error()))
		case fmt.Stringer:
			return slog.String(a.Key, c.text(v.String()))
		default:
			return slog.String(a.Key, c.text(fmt.Sprintf("%+v", v)))
		}
	}
	return a
}

// text masks secrets in s and encodes control characters as \uXXXX.
func (c *cleaner) text(s string) string {
	return Printable(c.redact(s))
}

func (c *cleaner) redact(s string) string {
	s = c.known.Replace(s)
	for i, p := range c.patterns {
		if last := i == len(c.patterns)-1; last {
			s = p.ReplaceAllString(s, "${1}"+mask+"@")
		} else {
			s = p.ReplaceAllString(s, "${1}"+mask)
		}
	}
	return s
}

// Redact masks what has the shape of a secret in s: tokens, cookies, passwords
// in URLs. It is for errors that are shown outside the log.
func Redact(s string) string { return newCleaner(nil).redact(s) }

// OneLine joins the lines of s with spaces and encodes other control characters.
func OneLine(s string) string {
	return Printable(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " "))
}

// Printable encodes control characters, line and paragraph separators and
// direction marks as \uXXXX, and broken UTF-8 as \ufffd. The result is one
// line that cannot drive a terminal.
func Printable(s string) string {
	if !strings.ContainsFunc(s, harmful) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if harmful(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func harmful(r rune) bool {
	return unicode.IsControl(r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029' || r == '\u061c' ||
		(r >= '\u200e' && r <= '\u200f') || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}
