package ui

import "fmt"

// Problem is one thing wrong with a form: the field's name in the form, the
// label a person knows it by, and the sentence beside it.
type Problem struct {
	Field string
	Label string
	Text  string
}

// Problems is what was wrong with a form that came back. The zero value is a
// form nobody has sent yet.
type Problems struct {
	// Form names the form on a page that has several.
	Form string
	// Message is about the whole form, e.g. a conflict or a wrong password.
	Message string
	Fields  []Problem
}

// Any reports whether the form came back with something to mend.
func (p Problems) Any() bool { return p.Message != "" || len(p.Fields) > 0 }

// Of is the sentence about a field, or "".
func (p Problems) Of(field string) string {
	for _, f := range p.Fields {
		if f.Field == field {
			return f.Text
		}
	}
	return ""
}

// Heading opens the error summary.
func (p Problems) Heading() string {
	switch {
	case p.Message != "":
		return p.Message
	case len(p.Fields) == 1:
		return "1 thing to fix before this can be saved"
	}
	return fmt.Sprintf("%d things to fix before this can be saved", len(p.Fields))
}

// In gives the problems when they belong to the named form, else none, so that
// a page with several forms shows each its own.
func (p Problems) In(form string) Problems {
	if p.Form == form {
		return p
	}
	return Problems{}
}
