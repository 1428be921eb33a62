package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Block is one part of a page that the server draws. The types are listed in
// [BlockTypes]; in JSON a block is an object whose key "type" names it.
type Block interface{ BlockType() string }

// Blocks are drawn one below the other.
type Blocks []Block

// MarshalJSON writes each block with its type.
func (bs Blocks) MarshalJSON() ([]byte, error) { return marshalUnion(bs, Block.BlockType) }

// UnmarshalJSON is strict: an unknown type or key is an error.
func (bs *Blocks) UnmarshalJSON(data []byte) (err error) {
	*bs, err = unmarshalUnion(data, "block", BlockTypes())
	return err
}

// Element is one part of a form. The types are listed in [ElementTypes].
type Element interface{ ElementType() string }

// Elements are the parts of a form in order.
type Elements []Element

// MarshalJSON writes each element with its type.
func (es Elements) MarshalJSON() ([]byte, error) { return marshalUnion(es, Element.ElementType) }

// UnmarshalJSON is strict: an unknown type or key is an error.
func (es *Elements) UnmarshalJSON(data []byte) (err error) {
	*es, err = unmarshalUnion(data, "element", ElementTypes())
	return err
}

// Kind makes empty blocks or elements of one type.
type Kind[T any] struct {
	Name string
	New  func() T // a pointer to a zero value
}

func marshalUnion[T any](list []T, name func(T) string) ([]byte, error) {
	out := []byte{'['}
	for i, one := range list {
		body, err := json.Marshal(one)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"type":"`...)
		out = append(out, name(one)...)
		out = append(out, '"')
		if len(body) > 2 {
			out = append(out, ',')
		}
		out = append(out, body[1:]...)
	}
	return append(out, ']'), nil
}

func unmarshalUnion[T any](data []byte, what string, kinds []Kind[T]) ([]T, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	list := make([]T, 0, len(raw))
	for i, body := range raw {
		one, err := unmarshalOne(body, what, kinds)
		if err != nil {
			return nil, &PlaceError{Place: fmt.Sprintf("/%d", i), Err: err}
		}
		list = append(list, one)
	}
	return list, nil
}

func unmarshalOne[T any](body []byte, what string, kinds []Kind[T]) (T, error) {
	var none T
	var named map[string]json.RawMessage
	if err := json.Unmarshal(body, &named); err != nil {
		return none, fmt.Errorf("a %s is an object with a \"type\"", what)
	}
	var name string
	if err := json.Unmarshal(named["type"], &name); err != nil || name == "" {
		return none, fmt.Errorf("this %s has no \"type\"", what)
	}
	for _, kind := range kinds {
		if kind.Name != name {
			continue
		}
		delete(named, "type")
		rest, err := json.Marshal(named)
		if err != nil {
			return none, err
		}
		one := kind.New()
		if err := strict(rest, one); err != nil {
			return none, err
		}
		return one, nil
	}
	return none, fmt.Errorf("%q is no %s; there are %s", name, what, kindNames(kinds))
}

func kindNames[T any](kinds []Kind[T]) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name
	}
	return strings.Join(names, ", ")
}

// strict decodes one JSON value and refuses keys that into does not have.
func strict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return plainWords(err)
	}
	return nil
}

// plainWords says a mistake in JSON in words for an author; Go's type names would not help them.
func plainWords(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return fmt.Errorf("%q cannot be a %s", wrong.Field, wrong.Value)
	}
	if text, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("there is no key %s here", text)
	}
	return err
}

// PlaceError says where in an answer a mistake is: a JSON pointer below the
// value that was decoded.
type PlaceError struct {
	Place string
	Err   error
}

func (e *PlaceError) Error() string {
	place, err := e.Place, e.Err
	for {
		var below *PlaceError
		if !errors.As(err, &below) {
			return place + ": " + err.Error()
		}
		place, err = place+below.Place, below.Err
	}
}

func (e *PlaceError) Unwrap() error { return e.Err }
