package ui

import (
	"slices"
	"strings"
)

// Form carries what was typed and what is wrong with it, so that a refused form
// comes back as it was. Errors with the empty name concern the whole form.
type Form struct {
	ID     string // prefix of the fields' ids; needed when a page has two forms
	Values map[string]string
	Errors map[string]string
	Order  []string          // field names in page order, for the summary; others follow by name
	Labels map[string]string // stand before what is wrong in the summary, where that does not say which field it means
}

// Value is what was typed into a field.
func (f Form) Value(name string) string { return f.Values[name] }

// Err is what is wrong with a field, "" if nothing.
func (f Form) Err(name string) string { return f.Errors[name] }

// Failed reports whether anything is wrong.
func (f Form) Failed() bool { return len(f.Errors) > 0 }

// Problem is one line of the error summary.
type Problem struct {
	FieldID string // "" = concerns the whole form
	Text    string
}

// Problems lists what is wrong in page order (partials/errors).
func (f Form) Problems() []Problem {
	names := make([]string, 0, len(f.Errors))
	for name := range f.Errors {
		names = append(names, name)
	}
	place := func(name string) int {
		if name == "" {
			return -1
		}
		if i := slices.Index(f.Order, name); i >= 0 {
			return i
		}
		return len(f.Order)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := place(a) - place(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	out := make([]Problem, 0, len(names))
	for _, name := range names {
		p := Problem{Text: f.Errors[name]}
		if name != "" {
			p.FieldID = f.fieldID(name)
			if label := f.Labels[name]; label != "" {
				p.Text = label + ": " + p.Text
			}
		}
		out = append(out, p)
	}
	return out
}

// Field makes a labelled input with this form's value and error. kind is an
// input type, "select", "textarea", "checkbox", "toggle" or "radios":
//
//	{{template "partials/field" ((.Form.Field "email" "E-mail" "email").Fill "username").Hinted "Only you see it."}}
func (f Form) Field(name, label, kind string) Field {
	return Field{
		ID: f.fieldID(name), Name: name, Label: label, Kind: kind,
		Value: f.Values[name], Error: f.Errors[name], Focus: f.onlyError(name),
	}
}

func (f Form) fieldID(name string) string {
	id := "f-" + name
	if f.ID != "" {
		id = "f-" + f.ID + "-" + name
	}
	return strings.ReplaceAll(id, ".", "-")
}

// onlyError says that focus belongs here: the one error of the form. With more
// than one the summary takes it.
func (f Form) onlyError(name string) bool {
	return len(f.Errors) == 1 && f.Errors[name] != ""
}

// Option is one choice of a select or of radios.
type Option struct {
	Value string
	Label string
}

// Field is a label, an input, a hint and an error (partials/field).
type Field struct {
	ID, Name, Label string
	Kind            string // text, email, password, search, url, number, date, select, textarea, checkbox, toggle, radios
	Value           string
	Hint            string
	Error           string
	Optional        bool
	Disabled        bool // with Hint saying why
	Large           bool // 40 px, for sign-in and set-up
	HideLabel       bool // for screen readers only
	Mono            bool
	Focus           bool
	Autocomplete    string
	Placeholder     string
	MinLength       int
	MaxLength       int
	Rows            int
	Icon            string
	Options         []Option
	Checked         bool
	ReadOnly        bool
	List            string // id of a datalist
}

// Hinted adds the sentence below the input.
func (f Field) Hinted(text string) Field { f.Hint = text; return f }

// Maybe marks the field as optional; required ones say nothing.
func (f Field) Maybe() Field { f.Optional = true; return f }

// Fill names what a password manager or browser may fill in (autocomplete).
func (f Field) Fill(token string) Field { f.Autocomplete = token; return f }

// Max limits the length in characters.
func (f Field) Max(n int) Field { f.MaxLength = n; return f }

// Min asks for at least n characters.
func (f Field) Min(n int) Field { f.MinLength = n; return f }

// Big is the 40 px size of sign-in and set-up.
func (f Field) Big() Field { f.Large = true; return f }

// Bare hides the label from sight, not from screen readers.
func (f Field) Bare() Field { f.HideLabel = true; return f }

// Ghost is the placeholder.
func (f Field) Ghost(text string) Field { f.Placeholder = text; return f }

// First takes the focus when the page opens, unless an error has it.
func (f Field) First() Field { f.Focus = true; return f }

// With shows an icon inside the input.
func (f Field) With(icon string) Field { f.Icon = icon; return f }

// Code sets the value in mono.
func (f Field) Code() Field { f.Mono = true; return f }

// Tall makes a textarea of n rows.
func (f Field) Tall(n int) Field { f.Kind, f.Rows = "textarea", n; return f }

// From offers the choices of a select or of radios.
func (f Field) From(options []Option) Field {
	f.Options = options
	if f.Kind != "radios" {
		f.Kind = "select"
	}
	return f
}

// Suggest names a <datalist> of suggestions.
func (f Field) Suggest(id string) Field { f.List = id; return f }

// Fixed shows what cannot be edited here, but is sent and can be copied.
func (f Field) Fixed() Field { f.ReadOnly = true; return f }

// On checks a checkbox or toggle.
func (f Field) On(checked bool) Field { f.Checked = checked; return f }

// Off disables the input and says why.
func (f Field) Off(why string) Field { f.Disabled, f.Hint = true, why; return f }

// DescribedBy lists the ids of the hint and the error, for aria-describedby.
func (f Field) DescribedBy() string {
	switch {
	case f.Error != "":
		return f.ID + "-error"
	case f.Hint != "":
		return f.ID + "-hint"
	}
	return ""
}
