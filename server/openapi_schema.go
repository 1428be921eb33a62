package server

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// schemaBook turns Go types into OpenAPI schemas; structs become components.
type schemaBook struct {
	named object
	types map[reflect.Type]string
}

// of is the schema of a type. incoming says that it is something a caller
// sends: members nobody knows are then refused.
func (b *schemaBook) of(t reflect.Type, incoming bool) object {
	switch t {
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[jsontext.Value](), reflect.TypeFor[json.RawMessage]():
		return object{"description": "Any JSON."}
	case reflect.TypeFor[policies.Role]():
		return object{"type": "string", "enum": policies.Roles()}
	case reflect.TypeFor[policies.Permission]():
		return object{"type": "string", "enum": policies.Permissions()}
	case reflect.TypeFor[fault.Kind]():
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return b.nullable(t.Elem(), incoming)
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return object{"type": "integer", "format": "int64"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice:
		return object{"type": "array", "items": b.of(t.Elem(), incoming)}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": b.of(t.Elem(), incoming)}
	case reflect.Struct:
		return b.component(t, incoming)
	case reflect.Interface:
		return object{"description": "Any JSON."}
	}
	panic("server: no schema for " + t.String())
}

func (b *schemaBook) nullable(t reflect.Type, incoming bool) object {
	s := b.of(t, incoming)
	if _, isRef := s["$ref"]; isRef {
		return object{"allOf": []any{s}, "nullable": true}
	}
	s["nullable"] = true
	return s
}

// component files a struct under its name and gives the reference to it.
func (b *schemaBook) component(t reflect.Type, incoming bool) object {
	name, known := b.types[t]
	if !known {
		name = b.nameOf(t)
		b.types[t] = name
		b.named[name] = object{} // ends recursion
		properties, required := object{}, []string{}
		b.members(t, incoming, properties, &required)
		schema := object{"type": "object", "properties": properties}
		if len(required) > 0 {
			schema["required"] = required
		}
		if incoming {
			schema["additionalProperties"] = false
		}
		b.named[name] = schema
	}
	return object{"$ref": "#/components/schemas/" + name}
}

func (b *schemaBook) members(t reflect.Type, incoming bool, properties object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			b.members(f.Type, incoming, properties, required)
			continue
		case !f.IsExported() || name == "-" || name == "":
			continue
		}
		properties[name] = b.field(f, incoming)
		optional := strings.Contains(options, "omit") || (incoming && (f.Type.Kind() == reflect.Pointer || strings.Contains(f.Tag.Get("validate"), "omitempty")))
		if hasRule(f, "required") || (!incoming && !optional) {
			*required = append(*required, name)
		}
	}
}

// field is a struct field's schema with what its tags add.
func (b *schemaBook) field(f reflect.StructField, incoming bool) object {
	s := b.of(f.Type, incoming)
	if list := f.Tag.Get("enum"); list != "" {
		s["enum"] = strings.Split(list, ",")
	}
	kind := f.Type.Kind()
	if kind == reflect.Pointer {
		kind = f.Type.Elem().Kind()
	}
	for rule := range strings.SplitSeq(f.Tag.Get("validate"), ",") {
		key, value, _ := strings.Cut(rule, "=")
		if key == "dive" {
			break // what follows is about the items
		}
		applyRule(s, kind, key, value)
	}
	return s
}

func applyRule(s object, kind reflect.Kind, key, value string) {
	bounds := map[reflect.Kind][2]string{
		reflect.String: {"minLength", "maxLength"}, reflect.Slice: {"minItems", "maxItems"},
		reflect.Int: {"minimum", "maximum"}, reflect.Int64: {"minimum", "maximum"},
	}[kind]
	n, err := strconv.Atoi(value)
	switch {
	case key == "min" && err == nil && bounds[0] != "":
		s[bounds[0]] = n
	case key == "max" && err == nil && bounds[1] != "":
		s[bounds[1]] = n
	case key == "oneof":
		s["enum"] = strings.Fields(value)
	case key == "id":
		s["pattern"] = idShape.String()
	}
}

func hasRule(f reflect.StructField, rule string) bool {
	for r := range strings.SplitSeq(f.Tag.Get("validate"), ",") {
		if r == rule {
			return true
		}
	}
	return false
}

// nameOf is a struct's component name, unique in the document.
func (b *schemaBook) nameOf(t reflect.Type) string {
	runes := []rune(t.Name())
	if len(runes) == 0 {
		panic("server: an API type without a name: " + t.String())
	}
	runes[0] = unicode.ToUpper(runes[0])
	name := string(runes)
	if _, taken := b.named[name]; taken {
		pkg := []rune(t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:])
		pkg[0] = unicode.ToUpper(pkg[0])
		name = string(pkg) + name
	}
	return name
}
