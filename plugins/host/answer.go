package host

import (
	"encoding/json"
	"fmt"
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

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Message) }
