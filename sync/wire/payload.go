package wire

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Payload is a put's row after the checks: compact text without the dropped
// fields, and the values of the fields the schema knows. The zero value is a
// delete's.
type Payload struct {
	text   []byte
	spec   *Spec
	values []jsontext.Value // by position in spec.Fields; nil or null when absent
}

// TooLong gives the texts that are longer than their field allows, by its name.
// They are no reason to refuse what they are stored in already.
func (p Payload) TooLong() map[string]string {
	var long map[string]string
	for i := range p.values {
		f := &p.spec.Fields[i]
		if f.Max == 0 || len(p.values[i]) <= f.Max { // no text has more characters than bytes
			continue
		}
		if text := p.String(f.Name); utf8.RuneCountInString(text) > f.Max {
			if long == nil {
				long = map[string]string{}
			}
			long[f.Name] = text
		}
	}
	return long
}

// LongField words that a text is longer than its field allows.
func LongField(t Table, field string) *OpError {
	spec := specOf(t)
	most := strconv.Itoa(spec.Fields[spec.index([]byte(field))].Max)
	if n := len(most); n > 3 {
		most = most[:n-3] + "," + most[n-3:]
	}
	return invalid(field, "A "+field+" has at most "+most+" characters. Make it shorter.")
}

// String gives a text field, "" when it is absent or not a text.
func (p Payload) String(field string) string {
	v := p.value(field)
	if len(v) == 0 || v[0] != '"' {
		return ""
	}
	return unquote(v)
}

// Int gives an integer field and whether it is there.
func (p Payload) Int(field string) (int64, bool) { return integer(p.value(field)) }

// Bool gives a boolean field, false when it is absent.
func (p Payload) Bool(field string) bool { return string(p.value(field)) == "true" }

func (p Payload) value(field string) jsontext.Value {
	if p.spec == nil {
		return nil
	}
	for i := range p.spec.Fields {
		if p.spec.Fields[i].Name == field {
			return p.values[i]
		}
	}
	return nil
}

// checkPayload reads the payload of a put on spec's table.
func checkPayload(spec *Spec, workspaceID, pk string, raw []byte) (Payload, *OpError) {
	members, wrong := readMembers("payload", raw)
	if wrong != nil {
		return Payload{}, wrong
	}
	p := Payload{spec: spec, values: valuesOf(spec, members)}
	keep := make([]member, 0, len(members))
	for _, m := range members {
		switch name := string(m.name); {
		case name == "workspace_id" && m.value.Kind() == '"' && unquote(m.value) == workspaceID:
			continue // the device's note of where the row lives
		case name == "workspace_id" || name == "_id":
			return p, invalid(name, "A payload cannot name this; the push's workspace_id and the op's pk decide.")
		case spec.drops(m.name):
			continue
		}
		keep = append(keep, m)
	}
	for i := range spec.Fields {
		if wrong := spec.Fields[i].check(p.values[i]); wrong != nil {
			return p, wrong
		}
	}
	if p.String(spec.Key) != pk {
		return p, invalid(spec.Key, "It must equal the op's pk.")
	}
	if spec.Table == KV && p.String("name") != pk {
		return p, invalid("name", "The name of a kv row must equal its id.")
	}
	p.text = compact(raw, keep, len(keep) == len(members))
	return p, nil
}

// valuesOf finds the values of the fields the schema knows.
func valuesOf(spec *Spec, members []member) []jsontext.Value {
	values := make([]jsontext.Value, len(spec.Fields))
	for _, m := range members {
		if i := spec.index(m.name); i >= 0 {
			values[i] = m.value
		}
	}
	return values
}

// compact writes the members that are kept, without white space. Usually the
// text is that already.
func compact(raw []byte, members []member, whole bool) []byte {
	if whole && !bytes.ContainsAny(raw, " \t\r\n") {
		return raw
	}
	out := make([]byte, 0, len(raw))
	out = append(out, '{')
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, m.key...), ':')
		value := m.value
		if bytes.ContainsAny(value, " \t\r\n") {
			value = value.Clone()
			_ = value.Compact() // it was read as JSON above
		}
		out = append(out, value...)
	}
	return append(out, '}')
}

// integer reads a JSON number without a fraction, of at most MaxClock.
func integer(v jsontext.Value) (int64, bool) {
	if len(v) == 0 || v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		f, err := strconv.ParseFloat(string(v), 64) // 1.0 and 1e3 are integers too
		if err != nil || math.Abs(f) > MaxClock || f != math.Trunc(f) {
			return 0, false
		}
		n = int64(f)
	}
	return n, -MaxClock <= n && n <= MaxClock
}
