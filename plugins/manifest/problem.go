package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"or3.cloud/or3/internal/fault"
)

// Code says what is wrong at a place of a manifest. Codes are stable.
type Code string

// The codes.
const (
	TooLarge     Code = "manifest/size"          // the manifest has too many bytes
	Syntax       Code = "manifest/syntax"        // no JSON in UTF-8
	TooDeep      Code = "manifest/depth"         // nested too deeply
	DuplicateKey Code = "manifest/duplicate_key" // a key is there twice
	UnknownKey   Code = "manifest/unknown_key"   // a key that nobody reads
	Missing      Code = "manifest/missing"       // a key that has to be there is not
	WrongType    Code = "manifest/type"          // a text where a number has to be, and the like
	WrongForm    Code = "manifest/form"          // a text of another form than asked
	Choice       Code = "manifest/choice"        // none of the values there are
	Length       Code = "manifest/length"        // too short or too long, too few or too many
	Range        Code = "manifest/range"         // a number out of its range
	Duplicate    Code = "manifest/duplicate"     // the same thing twice in a list
	NotHere      Code = "manifest/not_here"      // a key that does not belong to this kind of thing
	Character    Code = "manifest/character"     // a character that people do not see
	Version      Code = "manifest/version"       // no version, or no range of versions
	Unlike       Code = "manifest/mismatch"      // two parts of it, or it and the package, disagree
	NotAsked     Code = "manifest/capability"    // it adds something whose capability it does not ask for
	BadSettings  Code = "manifest/settings"      // settings that cannot work
	Contrast     Code = "manifest/contrast"      // colours of a theme that people could not tell apart
	HostVersion  Code = "manifest/host"          // it does not run on this version of or3
)

// Problem is one thing that is wrong.
type Problem struct {
	Code    Code   `json:"code"`
	Pointer string `json:"pointer"` // RFC 6901: where; empty is the whole manifest
	Message string `json:"message"` // what to do about it, a sentence
}

// Error is a manifest's refusal with everything that is wrong, in the order of
// the places; never empty.
type Error struct{ Problems []Problem }

// Error implements error.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = fmt.Sprintf("%s at %q: %s", p.Code, p.Pointer, p.Message)
	}
	return strings.Join(lines, "; ")
}

// Unwrap makes a refusal a validation_error. Its field archive is the first
// code; each place that is wrong is a field as well.
func (e *Error) Unwrap() error {
	first := e.Problems[0]
	fields := map[string]string{}
	for _, p := range e.Problems {
		if p.Pointer != "" && fields[p.Pointer] == "" {
			fields[p.Pointer] = p.Message
		}
	}
	fields["archive"] = string(first.Code)
	message := fmt.Sprintf("The plugin's manifest is wrong at %s: %s", first.Pointer, first.Message)
	if first.Pointer == "" {
		message = "The plugin's manifest is wrong: " + first.Message
	}
	if more := len(e.Problems) - 1; more > 0 {
		message += fmt.Sprintf(" (%d more)", more)
	}
	return &fault.Error{Kind: fault.Invalid, Message: message, Fields: fields}
}

// maxProblems is how many are told at once; more help nobody.
const maxProblems = 50

// found collects problems.
type found struct{ list []Problem }

func (f *found) add(code Code, pointer, format string, args ...any) {
	f.list = append(f.list, Problem{Code: code, Pointer: pointer, Message: fmt.Sprintf(format, args...)})
}

// error gives what was found, nil if nothing was.
func (f *found) error() error {
	if len(f.list) == 0 {
		return nil
	}
	slices.SortStableFunc(f.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	list := slices.Compact(f.list)
	return &Error{Problems: list[:min(len(list), maxProblems)]}
}

// pointer makes a JSON pointer of a place.
func pointer(parts ...any) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(fmt.Sprint(part)))
	}
	return b.String()
}

func quoted(text string) string {
	const most = 60
	if len(text) > most {
		return fmt.Sprintf("%+q…", text[:most])
	}
	return fmt.Sprintf("%+q", text)
}
