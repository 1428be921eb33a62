package server

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/ui"
)

// settingSheet is the form of a plugin's settings: drawn from their schema, and
// read back into values. A setting inside an object is named "object.setting".
type settingSheet struct {
	schema     *manifest.Settings
	values     map[string]any // as they are set
	mask       string         // stands where a secret is
	members    []ui.Option
	workspaces []ui.Option
	check      string // where a field is judged as it is typed
}

// clearing is what the box that removes a secret adds to its name.
const clearing = ".clear"

// picks reports whether a setting is chosen by a widget.
func (t *settingSheet) picks(widget string) bool {
	return slices.ContainsFunc(t.schema.Fields, func(f manifest.Field) bool {
		return f.Widget == widget || f.Items != nil && f.Items.Widget == widget || slices.ContainsFunc(f.Fields, func(in manifest.Field) bool { return in.Widget == widget })
	})
}

// find gives a field by its name in the form.
func (t *settingSheet) find(name string) (manifest.Field, bool) {
	if t.schema == nil {
		return manifest.Field{}, false
	}
	list := t.schema.Fields
	if outer, inner, nested := strings.Cut(name, "."); nested {
		i := slices.IndexFunc(list, func(f manifest.Field) bool { return f.Name == outer })
		if i < 0 {
			return manifest.Field{}, false
		}
		list, name = list[i].Fields, inner
	}
	i := slices.IndexFunc(list, func(f manifest.Field) bool { return f.Name == name })
	if i < 0 || list[i].Type == "object" {
		return manifest.Field{}, false
	}
	return list[i], true
}

// form has what was typed, or what is set, as text.
func (t *settingSheet) form(typed url.Values, wrong map[string]string) ui.Form {
	form := ui.Form{ID: "setting", Values: map[string]string{}, Errors: wrong, Labels: map[string]string{}}
	t.fill(&form, t.schema.Fields, "", t.values, typed)
	return form
}

func (t *settingSheet) fill(form *ui.Form, list []manifest.Field, prefix string, values map[string]any, typed url.Values) {
	for i := range list {
		f := &list[i]
		name := inside(prefix, f.Name)
		if f.Type == "object" {
			inner, _ := values[f.Name].(map[string]any)
			t.fill(form, f.Fields, f.Name, inner, typed)
			continue
		}
		form.Order = append(form.Order, name)
		form.Labels[name] = cmp.Or(f.Title, f.Name)
		switch {
		case f.Secret: // never comes back
		case typed != nil:
			form.Values[name] = typed.Get(name)
		default:
			form.Values[name] = asText(values[f.Name])
		}
	}
}

func inside(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// asText is a value as it stands in an input.
func asText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		lines := make([]string, len(v))
		for i := range v {
			lines[i] = asText(v[i])
		}
		return strings.Join(lines, "\n")
	case []string:
		return strings.Join(v, "\n")
	}
	return fmt.Sprint(v)
}

// fields draws a list of settings.
func (t *settingSheet) fields(list []manifest.Field, prefix string, form ui.Form, typed url.Values) []ui.SettingField {
	var out []ui.SettingField
	for i := range list {
		out = append(out, t.field(list[i], prefix, form, typed))
	}
	return out
}

var colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// field draws one setting.
func (t *settingSheet) field(f manifest.Field, prefix string, form ui.Form, typed url.Values) ui.SettingField {
	name := inside(prefix, f.Name)
	out := ui.SettingField{Field: form.Field(name, cmp.Or(f.Title, f.Name), "text").Hinted(f.Description)}
	if f.Type == "object" {
		out.Group = t.fields(f.Fields, f.Name, form, typed)
		for _, in := range out.Group {
			out.Value = strings.TrimPrefix(out.Value+", "+in.Label+": "+in.Value, ", ")
		}
		return out
	}
	out.Optional = !f.Required
	out.Value = strings.ReplaceAll(out.Field.Value, "\n", ", ")
	if f.Secret {
		t.secret(&out, f, name)
		return out
	}
	if t.check != "" {
		out.Check = t.check + "?field=" + url.QueryEscape(name)
	}
	if f.MaxLength != nil && f.Type == "string" && *f.MaxLength < 10_000 {
		out.MaxLength = *f.MaxLength
	}
	choices := t.choices(&f)
	switch {
	case f.Type == "boolean":
		out.Kind, out.Checked = "checkbox", out.Field.Value == "true" || out.Field.Value == "on"
		if f.Widget == "toggle" {
			out.Kind = "toggle"
		}
		out.Value = "No"
		if out.Checked {
			out.Value = "Yes"
		}
		out.Field.Value = "on"
	case f.Type == "array" && choices != nil:
		chosen := strings.Split(form.Value(name), "\n")
		if typed != nil {
			chosen = typed[name]
		}
		for _, c := range choices {
			out.Boxes = append(out.Boxes, ui.SettingBox{Value: c.Value, Label: c.Label, Checked: slices.Contains(chosen, c.Value)})
		}
	case f.Type == "array":
		out.Kind, out.Rows = "textarea", 3
		out.Hint = strings.TrimSpace(out.Hint + " One on each line.")
	case f.Widget == "radio" && choices != nil && f.Required:
		out.Kind, out.Options = "radios", choices
	case choices != nil:
		for _, c := range choices {
			if c.Value == out.Field.Value {
				out.Value = c.Label
			}
		}
		if !f.Required || out.Field.Value == "" {
			choices = append([]ui.Option{{Label: "None"}}, choices...)
		}
		out.Field = out.From(choices)
	default:
		t.input(&out, &f)
	}
	return out
}

// input chooses the kind of a field that is typed.
func (t *settingSheet) input(out *ui.SettingField, f *manifest.Field) {
	switch {
	case f.Type == "integer":
		out.Kind = "number"
	case f.Type == "number":
		out.Mono = true
	case f.Widget == "textarea":
		out.Kind, out.Rows = "textarea", 4
	case f.Widget == "color":
		out.Mono = true
		if out.Placeholder = "#1a6b7c"; colour.MatchString(out.Field.Value) {
			out.Swatch = out.Field.Value
		}
	case f.Widget == "cron":
		out.Mono = true
	case f.Format == "date", f.Widget == "date":
		out.Kind = "date"
	case f.Format == "email":
		out.Kind = "email"
	case f.Format == "uri", f.Widget == "url":
		out.Kind = "url"
	}
	var bounds []string
	if f.Minimum != nil {
		bounds = append(bounds, "at least "+asText(*f.Minimum))
	}
	if f.Maximum != nil {
		bounds = append(bounds, "at most "+asText(*f.Maximum))
	}
	if f.Multiple != nil && *f.Multiple != 1 {
		bounds = append(bounds, "a multiple of "+asText(*f.Multiple))
	}
	if len(bounds) > 0 {
		text := strings.Join(bounds, ", ")
		out.Hint = strings.TrimSpace(out.Hint + " " + strings.ToUpper(text[:1]) + text[1:] + ".")
	}
}

// secret draws what is written and never read.
func (t *settingSheet) secret(out *ui.SettingField, f manifest.Field, name string) {
	out.Secret, out.Set = true, t.values[f.Name] == t.mask
	out.Kind, out.Autocomplete, out.Value = "password", "new-password", "Not set"
	note := "It is kept encrypted and never shown again."
	if out.Set {
		note, out.Value, out.Optional = "Type another one to replace it. Left empty, it stays as it is.", "Set", true
		if !f.Required {
			out.ClearBox = name + clearing
		}
	}
	out.Hint = strings.TrimSpace(f.Description + " " + note)
}

// choices are what a setting, or each of a list, is chosen from; nil where it is
// typed.
func (t *settingSheet) choices(f *manifest.Field) []ui.Option {
	if f.Type == "array" {
		if f.Items == nil {
			return nil
		}
		return t.choices(f.Items)
	}
	switch f.Widget {
	case "member":
		return append([]ui.Option{}, t.members...)
	case "workspace":
		return append([]ui.Option{}, t.workspaces...)
	}
	var out []ui.Option
	for _, raw := range f.Enum {
		var v any
		if json.Unmarshal(raw, &v) == nil {
			out = append(out, ui.Option{Value: asText(v), Label: asText(v)})
		}
	}
	return out
}

// read makes values of what was typed. What is empty is left out, and so has its
// default again.
func (t *settingSheet) read(typed url.Values) (values map[string]any, wrong map[string]string) {
	wrong = map[string]string{}
	return t.readAll(t.schema.Fields, "", typed, wrong), wrong
}

func (t *settingSheet) readAll(list []manifest.Field, prefix string, typed url.Values, wrong map[string]string) map[string]any {
	out := map[string]any{}
	for i := range list {
		f := &list[i]
		name := inside(prefix, f.Name)
		text := typed.Get(name)
		switch {
		case f.Type == "object":
			if in := t.readAll(f.Fields, f.Name, typed, wrong); len(in) > 0 {
				out[f.Name] = in
			}
		case f.Secret:
			switch {
			case text != "":
				out[f.Name] = text
			case typed.Get(name+clearing) == "" && t.values[f.Name] == t.mask:
				out[f.Name] = t.mask
			}
		case f.Type == "boolean":
			out[f.Name] = text == "on" || text == "true"
		case f.Type == "array":
			if items := t.readList(f, name, typed[name], wrong); len(items) > 0 || f.Default != nil {
				out[f.Name] = items
			}
		case text == "":
			if f.Type == "string" && f.Default != nil && mayBeEmpty(f) {
				out[f.Name] = ""
			}
		default:
			if v, err := parseSetting(f.Type, text); err != "" {
				wrong[name] = err
			} else {
				out[f.Name] = v
			}
		}
	}
	return out
}

// mayBeEmpty: where an empty text is a value, it is not the default.
func mayBeEmpty(f *manifest.Field) bool {
	return (f.MinLength == nil || *f.MinLength == 0) && f.Pattern == "" && f.Format == "" && len(f.Enum) == 0 && f.Widget != "member" && f.Widget != "workspace" && f.Widget != "color"
}

// readList reads boxes, or lines.
func (t *settingSheet) readList(f *manifest.Field, name string, typed []string, wrong map[string]string) []any {
	if t.choices(f) == nil {
		typed = strings.Split(strings.Join(typed, "\n"), "\n")
	}
	items := []any{}
	for _, text := range typed {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		v, err := parseSetting(f.Items.Type, text)
		if err != "" {
			wrong[name] = err
			continue
		}
		items = append(items, v)
	}
	return items
}

func parseSetting(kind, text string) (v any, wrong string) {
	switch kind {
	case "integer":
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil || n > 1<<53 || n < -1<<53 {
			return nil, "Write a whole number."
		}
		return float64(n), ""
	case "number":
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || n != n || n > 1e300 || n < -1e300 {
			return nil, "Write a number."
		}
		return n, ""
	case "boolean":
		return text == "true" || text == "on", ""
	}
	return text, ""
}

// shown leaves secrets out: they are kept apart.
func (t *settingSheet) shown(values map[string]any) map[string]any {
	for _, f := range t.schema.Fields {
		if f.Secret {
			delete(values, f.Name)
		}
	}
	return values
}

// wrong turns the places of an error into the names of the form's fields. What has
// no field concerns the whole form. Who fills in a form has left a field empty, not a
// key out.
func (t *settingSheet) wrong(places map[string]string, values map[string]any) map[string]string {
	out := map[string]string{}
	for place, words := range places {
		name := strings.ReplaceAll(place, "/", ".")
		if f, ok := t.find(name); ok && f.Required && !f.Secret && !given(values, name) {
			words = "Fill this in."
		} else if !ok {
			name, _, _ = strings.Cut(name, ".")
			if _, ok := t.find(name); !ok {
				name = ""
			}
		}
		out[name] = words
	}
	return out
}

// given reports whether there is a value of a name in the form.
func given(values map[string]any, name string) bool {
	if outer, inner, nested := strings.Cut(name, "."); nested {
		values, _ = values[outer].(map[string]any)
		name = inner
	}
	_, ok := values[name]
	return ok
}
