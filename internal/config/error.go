package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Error is a configuration that cannot be used: which key, which value, from
// where, what is wrong and what is allowed. Secrets are masked in it.
type Error struct {
	Key     string // group.name, "" when no single key is at fault
	Value   string // as it was written, "" for none
	Source  string // "environment OR3_SERVER_ADDR", "file /etc/or3.toml"
	Problem string // completes "the value …"
	Allowed string // "" when Problem says it
}

// Error is one line.
func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.Key != "" && e.Value != "":
		fmt.Fprintf(&b, "%s = %s", e.Key, e.Value)
	case e.Key != "":
		b.WriteString(e.Key)
	}
	switch {
	case e.Source != "" && b.Len() > 0:
		fmt.Fprintf(&b, " (from %s)", e.Source)
	case e.Source != "":
		b.WriteString(e.Source)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	b.WriteString(e.Problem)
	if e.Allowed != "" {
		b.WriteString("; allowed: " + e.Allowed)
	}
	return oneLine(b.String())
}

// refused explains why a key's value was not taken.
func refused(k Key, raw any, source string, err error) error {
	e := &Error{Key: k.Name, Value: display(k, raw), Source: source, Problem: err.Error(), Allowed: k.Allowed}
	if errors.Is(err, errType) {
		e.Problem = "has the wrong type (" + typeName(raw) + ")"
	}
	return e
}

// display is a value as an error may show it: quoted, short, secrets masked.
func display(k Key, raw any) string {
	if k.Secret {
		if s, ok := raw.(string); ok && s == "" {
			return `""`
		}
		return mask
	}
	s, ok := raw.(string)
	if !ok {
		return clip(fmt.Sprintf("%v", raw))
	}
	return strconv.Quote(clip(s))
}

func typeName(raw any) string {
	switch raw.(type) {
	case string:
		return "text"
	case bool:
		return "true or false"
	case int64, float64:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "a date or time"
}

// clip keeps a line readable whatever somebody wrote.
func clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// oneLine encodes control characters, so that an error stays one line and
// cannot drive a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// unknownKey names the known key that is nearest to a key of the file.
func unknownKey(key, source string) error {
	if isGroup(key) {
		return &Error{Key: key, Source: source, Problem: "is a group of keys: write [" + key + "] and its keys below it"}
	}
	if k, ok := find(key); ok {
		return &Error{Key: strconv.Quote(key), Source: source, Problem: "must be written without quotes, or below [" + k.Group() + "]"}
	}
	return &Error{Key: clip(key), Source: source, Problem: "is not a known key; did you mean " + nearest(key) + "?"}
}

// unknownEnv names the known variable that is nearest to one of the environment.
func unknownEnv(name string, fileOfPlainKey bool) error {
	if fileOfPlainKey {
		return &Error{Source: "environment " + name, Problem: "is not known: only secrets come from a file; did you mean " +
			strings.TrimSuffix(name, fileSuffix) + "?"}
	}
	best, least := "", -1
	for _, k := range Keys() {
		names := []string{k.Env()}
		if k.Secret {
			names = append(names, k.Env()+fileSuffix)
		}
		for _, n := range names {
			if d := distance(strings.ToUpper(name), n); least < 0 || d < least {
				best, least = n, d
			}
		}
	}
	return &Error{Source: "environment " + clip(name), Problem: "is not a known variable; did you mean " + best + "?"}
}

// nearest is the known key with the fewest edits from an unknown one; the first
// of the table among equals.
func nearest(key string) string {
	best, least := "", -1
	for _, k := range Keys() {
		d := distance(strings.ToLower(key), k.Name)
		if own := strings.SplitN(k.Name, ".", 2)[1]; own == key {
			d = 0 // the right name in the wrong group
		}
		if least < 0 || d < least {
			best, least = k.Name, d
		}
	}
	return best
}

// distance is the Levenshtein distance, over at most 128 bytes of a.
func distance(a, b string) int {
	a = a[:min(len(a), 128)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
