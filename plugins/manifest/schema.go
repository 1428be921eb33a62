package manifest

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed schema.json
var schemaJSON []byte

// Schema is the JSON Schema of manifests, as it is served to editors. Parse
// judges by it first, so that the two agree.
func Schema() []byte { return bytes.Clone(schemaJSON) }

const schemaURL = "https://or3.cloud/plugins/manifest.schema.json"

// schema is the compiled schema, and the document for its words.
type schema struct {
	compiled *jsonschema.Schema
	document any
}

// It is compiled once: that takes longer than all the rest of Parse.
var compiled = sync.OnceValues(func() (schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaJSON))
	if err != nil {
		return schema{}, fmt.Errorf("the schema of manifests: %w", err)
	}
	s, err := compile(schemaURL, document)
	if err != nil {
		return schema{}, fmt.Errorf("the schema of manifests: %w", err)
	}
	return schema{compiled: s, document: document}, nil
})

// compile makes a schema that loads nothing and judges formats.
func compile(url string, document any) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(noLoader{})
	c.AssertFormat()
	if err := c.AddResource(url, document); err != nil {
		return nil, err
	}
	return c.Compile(url)
}

// noLoader keeps a schema from reading files or addresses.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is not loaded: a schema here stands alone", url)
}

// check judges a value and words what is wrong with it.
func (s schema) check(value any, f *found) error {
	err := s.compiled.Validate(value)
	var wrong *jsonschema.ValidationError
	if err != nil && !errors.As(err, &wrong) {
		return fmt.Errorf("judging a manifest: %w", err)
	}
	if wrong != nil {
		s.leaves(wrong, f)
	}
	return nil
}

// leaves words the errors that have no causes of their own.
func (s schema) leaves(e *jsonschema.ValidationError, f *found) {
	for _, cause := range e.Causes {
		s.leaves(cause, f)
	}
	if len(e.Causes) == 0 {
		s.word(e, f)
	}
}

func (s schema) word(e *jsonschema.ValidationError, f *found) {
	at := at(e)
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		node := s.node(e.SchemaURL)
		for _, key := range k.Properties {
			if node["patternProperties"] != nil { // any name of a form
				f.add(WrongForm, at+pointer(key), "%s", node["description"])
				continue
			}
			f.add(UnknownKey, at+pointer(key), "There is no key %s here; spelling and capital letters count.", quoted(key))
		}
	case *kind.Required:
		for _, key := range k.Missing {
			f.add(Missing, at+pointer(key), "The key %s has to be there.", quoted(key))
		}
	case *kind.Type:
		f.add(WrongType, at, "It has to be of type %s, not %s.", strings.Join(k.Want, " or "), k.Got)
	case *kind.Enum:
		oneOf := "one of "
		if len(k.Want) == 1 {
			oneOf = ""
		}
		f.add(Choice, at, "It has to be %s%s.", oneOf, values(k.Want))
	case *kind.Const:
		f.add(Choice, at, "It has to be %s.", values([]any{k.Want}))
	case *kind.Pattern, *kind.Format:
		f.add(WrongForm, at, "%s", s.description(e.SchemaURL, s.form(e.SchemaURL)))
	case *kind.MinLength:
		f.add(Length, at, "It has %d characters; %d are the fewest.", k.Got, k.Want)
	case *kind.MaxLength:
		f.add(Length, at, "It has %d characters; %d are the most.", k.Got, k.Want)
	case *kind.MinItems:
		f.add(Length, at, "The list has %d entries; %d are the fewest.", k.Got, k.Want)
	case *kind.MaxItems:
		f.add(Length, at, "The list has %d entries; %d are the most.", k.Got, k.Want)
	case *kind.MaxProperties:
		f.add(Length, at, "It has %d keys; %d are the most.", k.Got, k.Want)
	case *kind.Minimum:
		f.add(Range, at, "It has to be at least %s.", number(k.Want))
	case *kind.Maximum:
		f.add(Range, at, "It has to be at most %s.", number(k.Want))
	case *kind.ExclusiveMinimum:
		f.add(Range, at, "It has to be more than %s.", number(k.Want))
	case *kind.ExclusiveMaximum:
		f.add(Range, at, "It has to be less than %s.", number(k.Want))
	case *kind.MultipleOf:
		f.add(Range, at, "It has to be a multiple of %s.", number(k.Want))
	case *kind.UniqueItems:
		f.add(Duplicate, at+pointer(k.Duplicates[1]), "It is the same as entry %d of the list.", k.Duplicates[0])
	case *kind.FalseSchema:
		f.add(NotHere, at, "This key does not belong here: what stands beside it is of another kind.")
	default:
		f.add(WrongForm, at, "It has another form than it has to have.")
	}
}

// at is the place of the value that is wrong.
func at(e *jsonschema.ValidationError) string {
	parts := make([]any, len(e.InstanceLocation))
	for i, part := range e.InstanceLocation {
		parts[i] = part
	}
	return pointer(parts...)
}

// description finds the words of a place in the schema.
func (s schema) description(url, otherwise string) string {
	if words, ok := s.node(url)["description"].(string); ok {
		return words
	}
	return otherwise
}

// form says that a text has another form than the schema asks for, and shows one
// that has it: who reads this sees no pattern.
func (s schema) form(url string) string {
	if text, ok := s.node(url)["default"].(string); ok && text != "" {
		return fmt.Sprintf("It has to have the form of %s.", quoted(text))
	}
	return "It has another form than it has to have."
}

// node finds a place in the schema, nil where there is none.
func (s schema) node(url string) map[string]any {
	_, place, _ := strings.Cut(url, "#")
	at := s.document
	for part := range strings.SplitSeq(strings.TrimPrefix(place, "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch v := at.(type) {
		case map[string]any:
			at = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			at = v[i]
		}
	}
	node, _ := at.(map[string]any)
	return node
}

func number(r *big.Rat) string {
	return strings.TrimSuffix(strings.TrimRight(r.FloatString(3), "0"), ".")
}

func values(list []any) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = fmt.Sprintf("%v", v)
		if text, ok := v.(string); ok {
			words[i] = quoted(text)
		}
	}
	return strings.Join(words, ", ")
}
