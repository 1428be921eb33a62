package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"or3.cloud/or3/internal/plain"
)

// maxNesting is how deep a manifest may be nested; the deepest that makes sense
// is a setting in a setting.
const maxNesting = 16

// Parse reads a manifest. What is wrong with it is an *Error that names every
// place.
func Parse(data []byte) (*Manifest, error) {
	var f found
	if len(data) > MaxSize {
		f.add(TooLarge, "", "It has %d bytes; %d are the most. Long texts belong into README.md.", len(data), MaxSize)
		return nil, f.error()
	}
	if scan(data, &f); len(f.list) > 0 {
		return nil, f.error()
	}
	shape, err := compiled()
	if err != nil {
		return nil, err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("reading a manifest again: %w", err)
	}
	if err := shape.check(value, &f); err != nil {
		return nil, err
	}
	if len(f.list) > 0 {
		return nil, f.error()
	}
	var m Manifest
	if err := json.Unmarshal(data, &m, json.RejectUnknownMembers(true)); err != nil {
		var s *json.SemanticError
		if !errors.As(err, &s) || s.JSONKind != '0' {
			return nil, fmt.Errorf("a manifest passed the schema and is of another form: %w", err)
		}
		f.add(WrongType, string(s.JSONPointer), "Write it as a whole number without a point or an exponent, such as 100.")
		return nil, f.error()
	}
	if m.Settings != nil {
		m.Settings.prepare(&f)
	}
	m.check(&f)
	if err := f.error(); err != nil {
		return nil, err
	}
	m.fill()
	return &m, nil
}

// scan reads the tokens alone: JSON in UTF-8, no key twice, not too deep, no number
// beyond measure, and no character that would show an owner something else than what
// is written.
func scan(data []byte, f *found) {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	values := 0
	for {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) && values > 0 && d.StackDepth() == 0 {
			return
		}
		if err != nil {
			unreadable(err, f)
			return
		}
		if d.StackDepth() > maxNesting {
			f.add(TooDeep, string(d.StackPointer()), "It is nested more than %d deep.", maxNesting)
			return
		}
		if d.StackDepth() == 0 {
			if values++; values > 1 {
				f.add(Syntax, "", "There is more than one value in it: a manifest is one JSON object.")
				return
			}
		}
		if token.Kind() == '0' && !measured(token.String()) {
			f.add(Range, string(d.StackPointer()), "The number is too large, too small or too long: write one that a float of 64 bits holds, in at most %d characters.", maxNumber)
			return
		}
		if token.Kind() == '"' {
			for _, r := range token.String() {
				if unseen(r) {
					f.add(Character, string(d.StackPointer()), "The character %U is not seen by people, or changes the order of others. Leave it out.", r)
					return
				}
			}
		}
	}
}

// maxNumber is how many characters a number may have: twice as many as the longest
// that a program writes.
const maxNumber = 50

// measured reports whether a number is one to calculate with. Schemas are judged by
// exact fractions, for which 1e999999 has a million digits and a larger one is none.
func measured(number string) bool {
	n, err := strconv.ParseFloat(number, 64)
	digits, _, _ := strings.Cut(strings.ToLower(number), "e")
	return err == nil && len(number) <= maxNumber && (n != 0 || !strings.ContainsAny(digits, "123456789"))
}

func unreadable(err error, f *found) {
	var s *jsontext.SyntacticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &s):
		f.add(DuplicateKey, string(s.JSONPointer), "This key is there twice. Keep one.")
	case errors.As(err, &s):
		f.add(Syntax, string(s.JSONPointer), "It is not JSON in UTF-8, at byte %d.", s.ByteOffset)
	default:
		f.add(Syntax, "", "It is not JSON in UTF-8.")
	}
}

// unseen are what people do not see; lines and tabs are for descriptions.
func unseen(r rune) bool { return r != '\n' && r != '\t' && plain.Unseen(r) }
