package archive

import (
	"fmt"
	"strconv"
	"strings"

	"or3.cloud/or3/internal/fault"
)

// Error is the refusal of a package.
type Error struct {
	Code  Code
	Entry string // the name of the file it is about, as the zip has it; empty if it is about the zip itself
	Note  string // more about it, such as a limit; may be empty
	Err   error  // private cause; may be nil
}

// Words says what is wrong and what to do, safe to show: whatever the zip calls
// its files is quoted and cut short.
func (e *Error) Words() string {
	reason, _ := Lookup(e.Code)
	var words strings.Builder
	if e.Entry != "" && !strings.HasSuffix(reason.What, ".") {
		fmt.Fprintf(&words, "%s %s.", quoted(e.Entry), reason.What)
	} else if strings.HasSuffix(reason.What, ".") {
		words.WriteString(reason.What)
	} else {
		fmt.Fprintf(&words, "A file in the package %s.", reason.What)
	}
	if e.Note != "" {
		words.WriteString(" " + e.Note)
	}
	return words.String() + " " + reason.Do
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Words(), e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Words())
}

// Unwrap makes a refusal a validation_error whose field archive is the code.
func (e *Error) Unwrap() []error {
	public := &fault.Error{Kind: fault.Invalid, Message: e.Words(), Fields: map[string]string{"archive": string(e.Code)}, Err: e.Err}
	if e.Err == nil {
		return []error{public}
	}
	return []error{public, e.Err}
}

const shownName = 80

func quoted(name string) string {
	if len(name) > shownName {
		return strconv.QuoteToASCII(name[:shownName]) + "…"
	}
	return strconv.QuoteToASCII(name)
}

func refuse(code Code, entry string) *Error { return &Error{Code: code, Entry: entry} }
