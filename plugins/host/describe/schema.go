package describe

import (
	"encoding/json"
	"reflect"
	"strings"

	"or3.cloud/or3/plugins/host"
)

// object is one object of a JSON Schema; its keys are written in order.
type object = map[string]any

// Schema is a JSON Schema (2020-12) of an answer. What it takes may still be
// refused for something that it cannot say: an action that the manifest does not
// declare, too many blocks, a series of another length than its labels.
func Schema() ([]byte, error) {
	defs := object{
		"cell": object{"description": "a string, a number, true, false or null; or an object with how it looks", "anyOf": []any{
			object{"type": []string{"string", "number", "boolean", "null"}}, properties(typeOf("Cell", cell), "value")}},
		"block":   union("blocks", Blocks()),
		"element": union("elements", Elements()),
	}
	for _, t := range Blocks() {
		defs["block-"+t.Name] = tagged(t)
	}
	for _, t := range Elements() {
		defs["element-"+t.Name] = tagged(t)
	}
	for _, t := range Parts() {
		if t.Go != cell {
			defs[t.Name] = properties(t)
		}
	}
	flash := properties(typeOf("Flash", reflect.TypeFor[host.Flash]()))
	answer := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://or3.cloud/plugins/answer.schema.json",
		"title": "What a page, a widget or an action of a plugin answers", "type": "object", "additionalProperties": false, "minProperties": 1,
		"properties": object{
			"title":    object{"type": "string", "description": "above the blocks"},
			"blocks":   object{"type": "array", "items": ref("block"), "maxItems": host.MaxNodes},
			"redirect": object{"type": "string", "description": "a path below the plugin, or of this server"},
			"flash":    object{"description": "one line that is shown once", "anyOf": []any{object{"type": "string", "minLength": 1, "maxLength": 300}, flash}},
			"error": object{"type": "object", "required": []string{"code", "message"}, "properties": object{
				"code": object{"type": "string"}, "message": object{"type": "string"}, "fields": object{"type": "object", "additionalProperties": object{"type": "string"}}}},
		},
		"$defs": defs,
	}
	return json.MarshalIndent(answer, "", "  ")
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

func union(plural string, types []Type) object {
	var names []string
	var any []any
	for _, t := range types {
		names = append(names, t.Name)
		any = append(any, object{"if": object{"properties": object{"type": object{"const": t.Name}}}, "then": ref(strings.TrimSuffix(plural, "s") + "-" + t.Name)})
	}
	return object{"type": "object", "required": []string{"type"}, "properties": object{"type": object{"enum": names}}, "allOf": any}
}

func tagged(t Type) object {
	o := properties(t)
	o["properties"].(object)["type"] = object{"const": t.Name}
	return o
}

// properties describes an object; need are keys that have to be there though
// their zero value is taken.
func properties(t Type, need ...string) object {
	p := object{}
	for _, f := range t.Fields {
		p[f.Name] = value(f)
		if f.Need {
			need = append(need, f.Name)
		}
	}
	o := object{"type": "object", "additionalProperties": false, "properties": p}
	if len(need) > 0 {
		o["required"] = need
	}
	return o
}

func value(f Field) object {
	o := schemaOf(f.Kind)
	if f.Doc != "" {
		o["description"] = f.Doc
	}
	if f.Enum != nil {
		o["enum"] = append([]string{}, f.Enum...)
		if !f.Need {
			o["enum"] = append([]string{""}, f.Enum...)
		}
	}
	least, most := "", ""
	switch o["type"] {
	case "string":
		least, most = "minLength", "maxLength"
	case "array":
		least, most = "minItems", "maxItems"
	case "object":
		least, most = "minProperties", "maxProperties"
	}
	if f.Max > 0 && most != "" {
		o[most] = f.Max
	}
	if f.Need && least != "" && o["type"] != "array" { // an empty list is not missing
		o[least] = 1
	}
	return o
}

func schemaOf(kind string) object {
	if inner, ok := strings.CutPrefix(kind, "list of "); ok {
		return object{"type": "array", "items": schemaOf(inner)}
	}
	if inner, ok := strings.CutPrefix(kind, "map of "); ok {
		return object{"type": "object", "additionalProperties": schemaOf(inner)}
	}
	switch kind {
	case "string", "number", "integer", "boolean":
		return object{"type": kind}
	case "blocks":
		return object{"type": "array", "items": ref("block")}
	case "elements":
		return object{"type": "array", "items": ref("element")}
	case "any":
		return object{}
	case "bytes":
		return object{"type": "string", "contentEncoding": "base64"}
	case "time":
		return object{"type": "string", "format": "date-time"}
	}
	return ref(kind)
}
