// Package describe writes down the language of package host for authors: a JSON
// Schema of answers, and tables of blocks, form elements and functions. Both come
// from the types and their tags, so that they cannot say something else than the
// server checks.
package describe

import (
	"reflect"
	"strconv"
	"strings"

	"or3.cloud/or3/plugins/host"
)

//go:generate go run ./write

// Type is a block, an element, or something that stands in one.
type Type struct {
	Name   string // as in JSON, "table"; or the part's name, "Row"
	Fields []Field
	Go     reflect.Type
}

// Field is one key of a type.
type Field struct {
	Name string
	Kind string // string, number, integer, boolean, any, or "list of …", "map of …" with a part's name
	Need bool
	Max  int // characters of a string, entries of a list or map; 0 is unbounded
	Enum []string
	Doc  string
	Omit bool // whether JSON leaves its zero value out
	Go   reflect.Type
}

// Blocks are the blocks in the order of the documentation.
func Blocks() []Type {
	var out []Type
	for _, k := range host.BlockTypes() {
		out = append(out, typeOf(k.Name, reflect.TypeOf(k.New()).Elem()))
	}
	return out
}

// Elements are the elements of a form.
func Elements() []Type {
	var out []Type
	for _, k := range host.ElementTypes() {
		out = append(out, typeOf(k.Name, reflect.TypeOf(k.New()).Elem()))
	}
	return out
}

// Parts are what stands in blocks and elements and has a name of its own.
func Parts() []Type {
	var out []Type
	seen := map[reflect.Type]bool{}
	var visit func(fields []Field)
	visit = func(fields []Field) {
		for _, f := range fields {
			t := part(f.Go)
			if t == nil || seen[t] {
				continue
			}
			seen[t] = true
			p := typeOf(t.Name(), t)
			out = append(out, p)
			visit(p.Fields)
		}
	}
	for _, t := range append(Blocks(), Elements()...) {
		visit(t.Fields)
	}
	return out
}

// part is the struct that a field holds, or lists, or maps to; nil for plain
// values, and for blocks and elements, which are listed apart.
func part(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct {
		return t
	}
	return nil
}

func typeOf(name string, t reflect.Type) Type {
	return Type{Name: name, Fields: fieldsOf(t), Go: t}
}

func fieldsOf(t reflect.Type) []Field {
	var out []Field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			out = append(out, fieldsOf(f.Type)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		field := Field{Name: name, Omit: options != "", Kind: kindOf(f.Type), Need: f.Tag.Get("need") != "", Doc: f.Tag.Get("doc"), Go: f.Type}
		field.Max, _ = strconv.Atoi(f.Tag.Get("max"))
		if words := f.Tag.Get("enum"); words != "" {
			field.Enum = strings.Split(words, ",")
		}
		out = append(out, field)
	}
	return out
}

var (
	blocks   = reflect.TypeFor[host.Blocks]()
	elements = reflect.TypeFor[host.Elements]()
	cell     = reflect.TypeFor[host.Cell]()
)

func kindOf(t reflect.Type) string {
	switch {
	case t == blocks:
		return "blocks"
	case t == elements:
		return "elements"
	case t == cell:
		return "cell"
	case t == reflect.TypeFor[[]byte]():
		return "bytes"
	case t.PkgPath() == "time":
		return "time"
	case t.Kind() == reflect.Slice && t.Name() == "RawMessage":
		return "any"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kindOf(t.Elem())
	case reflect.Slice:
		return "list of " + kindOf(t.Elem())
	case reflect.Map:
		return "map of " + kindOf(t.Elem())
	case reflect.Struct:
		return t.Name()
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Float64:
		return "number"
	case reflect.Int, reflect.Int64:
		return "integer"
	}
	return "any"
}
