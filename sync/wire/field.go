package wire

import (
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// latestSecond is the year 5138. A time beyond it was meant in milliseconds.
const latestSecond = 99_999_999_999

func (s *Spec) index(name []byte) int {
	for i := range s.Fields {
		if s.Fields[i].Name == string(name) {
			return i
		}
	}
	return -1
}

func (s *Spec) drops(name []byte) bool {
	for _, dropped := range s.Dropped {
		if dropped == string(name) {
			return true
		}
	}
	return false
}

// check refuses a value that is not what the schema says; nil and null are absent.
func (f *Field) check(v jsontext.Value) *OpError {
	if len(v) == 0 || v[0] == 'n' {
		if f.Required {
			return invalid(f.Name, "It is required.")
		}
		return nil
	}
	if ok, want := f.fits(v); !ok {
		return invalid(f.Name, "It must be "+want+".")
	}
	return nil
}

func (f *Field) fits(v jsontext.Value) (ok bool, want string) {
	switch f.Type {
	case Text:
		if len(f.OneOf) > 0 {
			return v[0] == '"' && slices.Contains(f.OneOf, unquote(v)), "one of " + listing(f.OneOf)
		}
		return v[0] == '"', "a text"
	case Ref:
		return v[0] == '"' && isPK(unquote(v)), "1–128 of A–Z, a–z, 0–9 and . _ : ~ -"
	case Hash:
		return v[0] == '"' && isHash(unquote(v)), "sha256: and 64 lower-case hexadecimal digits"
	case Hashes:
		return v[0] == '"' && areHashes(unquote(v)), "a text holding a JSON array of hashes"
	case Bool:
		return v[0] == 't' || v[0] == 'f', "true or false"
	case Int:
		_, ok := integer(v)
		return ok, "an integer"
	case Count:
		n, ok := integer(v)
		return ok && n >= 0, "an integer that is not negative"
	case Seconds:
		n, ok := integer(v)
		return ok && n >= 0 && n <= latestSecond, "a time in epoch seconds"
	case List:
		return v[0] == '[', "an array"
	}
	return true, ""
}

func areHashes(text string) bool {
	if text == "" {
		return true
	}
	var hashes []string
	if json.Unmarshal([]byte(text), &hashes) != nil {
		return false
	}
	return !slices.ContainsFunc(hashes, func(h string) bool { return !isHash(h) })
}

func listing(names []string) string {
	out := names[0]
	for _, n := range names[1:] {
		out += ", " + n
	}
	return out
}
