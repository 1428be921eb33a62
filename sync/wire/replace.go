package wire

import (
	"bytes"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Replaced is a payload in which some members have other values, nil takes one
// out; every other byte stays as it is. text must be a payload that was checked.
func Replaced(text []byte, values map[string]jsontext.Value) ([]byte, error) {
	members, wrong := readMembers("payload", text)
	if wrong != nil {
		return nil, wrong
	}
	var out bytes.Buffer
	separator := byte('{')
	write := func(key, value jsontext.Value) {
		if value == nil {
			return
		}
		out.WriteByte(separator)
		out.Write(key)
		out.WriteByte(':')
		out.Write(value)
		separator = ','
	}
	there := map[string]bool{}
	for _, m := range members {
		there[string(m.name)] = true
		if value, ok := values[string(m.name)]; ok {
			m.value = value
		}
		write(m.key, m.value)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !there[name] {
			key, _ := jsontext.AppendQuote(nil, name) // a field's name
			write(key, values[name])
		}
	}
	if separator == '{' {
		return []byte("{}"), nil
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// MembersOf gives some members of a payload that was checked, as they were
// written. One that is missing or null is not in it.
func MembersOf(text []byte, names []string) map[string]jsontext.Value {
	members, wrong := readMembers("payload", text)
	found := map[string]jsontext.Value{}
	for _, m := range members {
		for _, name := range names {
			if wrong == nil && string(m.name) == name && m.value.Kind() != 'n' {
				found[name] = m.value
			}
		}
	}
	return found
}
