package wire

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// member is one name and value of an object, as parts of its text.
type member struct {
	name  []byte         // without quotes and escapes
	key   jsontext.Value // as it was written
	value jsontext.Value
}

// readMembers splits the object called what. It refuses what cannot be kept
// faithfully in every place a row goes to: duplicate names, NUL, half a
// surrogate pair, nesting without end.
func readMembers(what string, raw []byte) ([]member, *OpError) {
	if hasNUL(raw) {
		return nil, invalid(what, "It must not contain the NUL character.")
	}
	if tooDeep(raw) {
		return nil, invalid(what, "It is nested more than 100 levels deep.")
	}
	r := newReader(raw)
	defer r.free()
	if r.PeekKind() != '{' {
		return nil, invalid(what, "It must be a JSON object.")
	}
	members, err := r.object()
	if err != nil {
		return nil, notStrict(what, err)
	}
	if !r.atEnd() {
		return nil, invalid(what, "Something follows the JSON object.")
	}
	return members, nil
}

func notStrict(what string, err error) *OpError {
	return invalid(what, "It is not strict JSON (unique names, whole characters): "+strings.TrimPrefix(err.Error(), "jsontext: "))
}

// reader is a JSON decoder over a text that outlives it.
type reader struct {
	jsontext.Decoder
	buffer bytes.Buffer
	raw    []byte
}

var readers = sync.Pool{New: func() any { return new(reader) }}

func newReader(raw []byte, opts ...jsontext.Options) *reader {
	r := readers.Get().(*reader)
	r.raw = raw
	r.buffer = *bytes.NewBuffer(raw)
	r.Reset(&r.buffer, opts...)
	return r
}

func (r *reader) free() {
	r.raw, r.buffer = nil, bytes.Buffer{}
	r.Reset(&r.buffer)
	readers.Put(r)
}

// object reads an object to its end.
func (r *reader) object() ([]member, error) {
	if _, err := r.ReadToken(); err != nil {
		return nil, err
	}
	members := make([]member, 0, 12)
	for r.PeekKind() != '}' {
		key, err := r.value()
		if err != nil {
			return nil, err
		}
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		members = append(members, member{name: unquoted(key), key: key, value: value})
	}
	_, err := r.ReadToken()
	return members, err
}

// value reads a value as a part of the text, which stays when the decoder's
// own buffer is gone.
func (r *reader) value() (jsontext.Value, error) {
	v, err := r.ReadValue()
	if err != nil {
		return nil, err
	}
	end := r.InputOffset()
	return jsontext.Value(r.raw[end-int64(len(v)) : end : end]), nil
}

func (r *reader) atEnd() bool { return len(bytes.TrimSpace(r.raw[r.InputOffset():])) == 0 }

func tooDeep(raw []byte) bool {
	depth, inText := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

func unquote(v jsontext.Value) string { return string(unquoted(v)) }

// unquoted gives the bytes of a JSON string; without an escape they are the
// ones that stand between the quotes.
func unquoted(v jsontext.Value) []byte {
	if inner := v[1 : len(v)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	s, _ := jsontext.AppendUnquote(nil, v)
	return s
}

func named(members []member, name string) bool {
	return slices.ContainsFunc(members, func(m member) bool { return string(m.name) == name })
}
