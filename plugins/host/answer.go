package host

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Answer is what a page, a widget or an action gives back: blocks to draw, or a
// place to go to, or an error. A page replaces what is shown, an action without
// blocks and redirect draws its page again.
type Answer struct {
	Title    string `json:"title,omitempty"`
	Blocks   Blocks `json:"blocks,omitzero"`
	Redirect string `json:"redirect,omitempty"` // an address as [CheckLink] takes it, never another host
	Flash    *Flash `json:"flash,omitempty"`
	Error    *Error `json:"error,omitempty"`
}

// Flash is one line that is shown once, above the page that comes next.
type Flash struct {
	Kind string `json:"kind,omitempty" enum:"ok,warn,error"`
	Text string `json:"text" need:"1" max:"300"`
}

// UnmarshalJSON takes a plain string for a flash of kind ok.
func (f *Flash) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*f = Flash{}
		return json.Unmarshal(data, &f.Text)
	}
	type plain Flash
	return strict(data, (*plain)(f))
}

// Error is why a call was not carried out. Code is for programs (lower case,
// with underscores), Message for people; Fields has a message for each form
// element that has to be changed.
type Error struct {
	Code    string            `json:"code"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitempty"`
}

// Error implements error, for logs and for whoever develops a plugin: with the
// fields, sorted. A message that is a field's too is not said twice.
func (e *Error) Error() string {
	said := e.Message
	for i, name := range slices.Sorted(maps.Keys(e.Fields)) {
		words := e.Fields[name]
		if i == 0 && words == said {
			said = name + ": " + words
		} else {
			said = strings.TrimSuffix(said, ".") + "; " + name + ": " + words
		}
	}
	return e.Code + ": " + said
}
