package manifest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"or3.cloud/or3/internal/fault"
)

// Settings are what an owner sets for each workspace: JSON Schema 2020-12, of
// which only what a form can show is allowed.
type Settings struct {
	Title       string
	Description string
	Fields      []Field // in the order of the form

	raw    jsontext.Value
	values schema // of what is set
}

// Field is one setting.
type Field struct {
	Name     string `json:"-"`
	Required bool   `json:"-"`

	Type        string           `json:"type"` // string, number, integer, boolean, array, object
	Title       string           `json:"title,omitzero"`
	Description string           `json:"description,omitzero"`
	Default     jsontext.Value   `json:"default,omitzero"`
	Enum        []jsontext.Value `json:"enum,omitzero"`

	MinLength *int     `json:"minLength,omitzero"`
	MaxLength *int     `json:"maxLength,omitzero"`
	Pattern   string   `json:"pattern,omitzero"`
	Format    string   `json:"format,omitzero"`
	Minimum   *float64 `json:"minimum,omitzero"`
	Maximum   *float64 `json:"maximum,omitzero"`
	Above     *float64 `json:"exclusiveMinimum,omitzero"`
	Below     *float64 `json:"exclusiveMaximum,omitzero"`
	Multiple  *float64 `json:"multipleOf,omitzero"`

	Items    *Field `json:"items,omitzero"` // of an array
	MinItems *int   `json:"minItems,omitzero"`
	MaxItems *int   `json:"maxItems,omitzero"`
	Unique   bool   `json:"uniqueItems,omitzero"`

	Fields        []Field        `json:"-"` // of an object, in the order of the form
	Properties    jsontext.Value `json:"properties,omitzero"`
	RequiredNames []string       `json:"required,omitzero"`
	Additional    bool           `json:"additionalProperties,omitzero"` // false, if it is there

	Secret bool   `json:"x-secret,omitzero"`
	Widget string `json:"x-widget,omitzero"`
	Order  int    `json:"x-order,omitzero"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Settings) UnmarshalJSON(b []byte) error {
	s.raw = bytes.Clone(b)
	var top struct {
		Schema string `json:"$schema"`
		Field
	}
	if err := json.Unmarshal(b, &top, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	s.Title, s.Description = top.Title, top.Description
	var err error
	s.Fields, err = top.fields()
	return err
}

// MarshalJSON implements json.Marshaler: the schema as it was written.
func (s *Settings) MarshalJSON() ([]byte, error) { return s.raw, nil }

// fields reads the properties of an object, in the order of the form.
func (p *Field) fields() ([]Field, error) {
	if len(p.Properties) == 0 {
		return nil, nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(p.Properties))
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	var list []Field
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		field := Field{Name: name.String()}
		value, err := d.ReadValue()
		if err == nil {
			err = json.Unmarshal(value, &field, json.RejectUnknownMembers(true))
		}
		if err == nil {
			field.Fields, err = field.fields()
		}
		if err != nil {
			return nil, ofField(err, field.Name)
		}
		field.Required = slices.Contains(p.RequiredNames, field.Name)
		list = append(list, field)
	}
	slices.SortStableFunc(list, func(a, b Field) int { return cmp.Compare(a.Order, b.Order) })
	return list, nil
}

// ofField says in an error that its place lies in a property.
func ofField(err error, name string) error {
	var s *json.SemanticError
	if errors.As(err, &s) {
		s.JSONPointer = jsontext.Pointer("/properties").AppendToken(name) + s.JSONPointer
	}
	return err
}

// prepare looks for settings that could never be set, and compiles the rest.
func (s *Settings) prepare(f *found) {
	before := len(f.list)
	var top Field
	if err := json.Unmarshal(s.raw, &top); err != nil {
		f.add(BadSettings, "/settings", "They cannot be read.")
		return
	}
	names(f, "/settings", top.RequiredNames, s.Fields)
	if patterns(f, "/settings", s.Fields, maxPatterns); len(f.list) > before {
		return
	}
	for _, field := range s.Fields {
		field.check(f, "/settings"+pointer("properties", field.Name))
	}
	if len(f.list) > before {
		return
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(s.raw))
	if err == nil {
		closed(document)
		s.values.document = document
		s.values.compiled, err = compile("https://or3.cloud/plugins/settings", document)
	}
	if err != nil {
		f.add(BadSettings, "/settings", "They are no JSON Schema of the version 2020-12.")
		return
	}
	for _, field := range s.Fields {
		s.fits(f, field.Name, field.Default, "default")
		for i, value := range field.Enum {
			s.fits(f, field.Name, value, "enum", i)
		}
	}
}

// closed makes a schema refuse what it does not name. Secrets are kept apart, so
// that none of them is missing here.
func closed(document any) {
	node, ok := document.(map[string]any)
	if !ok {
		return
	}
	properties, ok := node["properties"].(map[string]any)
	if !ok {
		return
	}
	node["additionalProperties"] = false
	required, _ := node["required"].([]any)
	node["required"] = slices.DeleteFunc(slices.Clone(required), func(name any) bool {
		field, _ := properties[fmt.Sprint(name)].(map[string]any)
		return field["x-secret"] == true
	})
	if required == nil {
		delete(node, "required")
	}
	for _, field := range properties {
		closed(field)
	}
}

// fits judges a value that the schema itself gives for a field.
func (s *Settings) fits(f *found, name string, value jsontext.Value, key ...any) {
	if len(value) == 0 {
		return
	}
	at := "/settings" + pointer("properties", name) + pointer(key...)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil || s.values.compiled.Properties[name].Validate(v) != nil {
		f.add(BadSettings, at, "This value does not fit what the setting may be.")
	}
}

func names(f *found, at string, required []string, fields []Field) {
	for i, name := range required {
		if !slices.ContainsFunc(fields, func(p Field) bool { return p.Name == name }) {
			f.add(BadSettings, at+pointer("required", i), "There is no setting %s.", quoted(name))
		}
	}
}

// check looks for bounds that nothing can keep.
func (p *Field) check(f *found, at string) {
	if _, err := regexp.Compile(p.Pattern); err != nil {
		f.add(BadSettings, at+"/pattern", "It is no regular expression (RE2).")
	}
	if p.MinLength != nil && p.MaxLength != nil && *p.MinLength > *p.MaxLength {
		f.add(BadSettings, at+"/minLength", "It is more than maxLength.")
	}
	if p.Minimum != nil && p.Maximum != nil && *p.Minimum > *p.Maximum {
		f.add(BadSettings, at+"/minimum", "It is more than maximum.")
	}
	if p.MinItems != nil && p.MaxItems != nil && *p.MinItems > *p.MaxItems {
		f.add(BadSettings, at+"/minItems", "It is more than maxItems.")
	}
	if p.Items != nil {
		p.Items.check(f, at+"/items")
	}
	names(f, at, p.RequiredNames, p.Fields)
	for _, field := range p.Fields {
		field.check(f, at+pointer("properties", field.Name))
	}
}

// isSecret reports whether there is a secret of the name. There is none where
// nothing can be set.
func (s *Settings) isSecret(name string) bool {
	return s != nil && slices.ContainsFunc(s.Fields, func(p Field) bool { return p.Name == name && p.Secret })
}

// Check judges what somebody sets: a JSON object. Secrets may be left out even
// where they have to be set, because they are kept elsewhere. The error is a
// validation_error with a field for each setting that is wrong.
func (s *Settings) Check(values []byte) error {
	var f found
	if scan(values, &f); len(f.list) == 0 {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(values))
		if err != nil {
			return fmt.Errorf("reading settings again: %w", err)
		}
		if err := s.values.check(value, &f); err != nil {
			return err
		}
	}
	if len(f.list) == 0 {
		return nil
	}
	fields := map[string]string{}
	for _, p := range f.list {
		name := cmp.Or(p.Pointer, "/")[1:]
		if fields[name] == "" {
			fields[name] = p.Message
		}
	}
	return &fault.Error{Kind: fault.Invalid, Message: "Some settings do not fit what the plugin allows.", Fields: fields}
}
