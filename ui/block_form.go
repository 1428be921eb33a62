package ui

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"or3.cloud/or3/plugins/host"
)

// BlockForm is a plugin's form.
type BlockForm struct {
	Form   Form
	URL    string
	Fields []BlockField
	Hidden []Hidden
	Files  bool // it sends a file
	Submit string
	Ask    *Confirm // asked before it is sent
}

// BlockField is one element of a form: a field, or a button of its own.
type BlockField struct {
	Field    Field
	Options  []Option // of a combobox
	ListID   string
	From     string // the address that proposes, of a combobox
	File     string // what a file field accepts, with commas
	Unit     string
	Step     string
	Min, Max string
	Kind     string // "", combobox, file, number, date, button, link
	Button   *BlockButton
	URL      string // of a button
}

func (d *drawing) form(b *host.Form) *BlockForm {
	n := d.forms
	d.forms++
	f := &BlockForm{Submit: b.Submit, URL: d.here(), Hidden: append([]Hidden{{"_form", strconv.Itoa(n)}}, d.standing()...)}
	if f.Submit == "" {
		f.Submit = "Save"
	}
	if b.Action != "" {
		f.URL = d.action(b.Action)
	}
	if d.Seal != nil {
		f.Hidden = append(f.Hidden, Hidden{"_sealed", d.Seal(b)})
	}
	f.Form.ID, f.Form.Values, f.Form.Errors, f.Form.Labels = d.id(), map[string]string{}, map[string]string{}, map[string]string{}
	refused := d.Refused == n && d.Errors != nil
	for _, e := range b.Elements {
		if field, ok := e.(host.Fielded); ok {
			name := field.FieldOf().Name
			f.Form.Order = append(f.Form.Order, name)
			f.Form.Values[name], f.Form.Labels[name] = value(e), field.FieldOf().Label
			if typed, ok := d.Values[name]; ok && refused {
				f.Form.Values[name] = typed
			}
			if problem := field.FieldOf().Error; problem != "" {
				f.Form.Errors[name] = problem
			}
			if refused && d.Errors[name] != "" {
				f.Form.Errors[name] = d.Errors[name]
			}
		}
	}
	if refused && d.Errors[""] != "" {
		f.Form.Errors[""] = d.Errors[""]
	}
	for _, e := range b.Elements {
		f.Fields = append(f.Fields, d.field(f, e))
	}
	if question := cmp.Or(b.Confirm, d.Questions[b.Action]); question != "" {
		f.Ask = &Confirm{ID: d.id(), Title: question, Do: f.Submit, Keep: "Cancel"}
	}
	return f
}

// value is what stands in an element at first.
func value(e host.Element) string {
	switch e := e.(type) {
	case *host.TextField:
		return e.Value
	case *host.TextArea:
		return e.Value
	case *host.NumberField:
		return float(e.Value)
	case *host.Select:
		return e.Value
	case *host.Combobox:
		return e.Value
	case *host.Radio:
		return e.Value
	case *host.DateField:
		return e.Value
	case *host.MemberField:
		return e.Value
	case *host.WorkspaceField:
		return e.Value
	case *host.Checkbox:
		return onIf(e.Value)
	case *host.Toggle:
		return onIf(e.Value)
	}
	return ""
}

func float(n *float64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'f', -1, 64)
}

func (d *drawing) field(f *BlockForm, e host.Element) BlockField {
	if b, ok := e.(*host.ButtonField); ok {
		return d.fieldButton(b)
	}
	of := e.(host.Fielded).FieldOf()
	input := func(kind string) Field {
		field := f.Form.Field(of.Name, of.Label, kind).Hinted(of.Hint)
		field.Optional = !of.Required
		return field
	}
	switch e := e.(type) {
	case *host.TextArea:
		return BlockField{Field: input("textarea").Max(most(e.MaxLength, 32_000)).Tall(max(e.Rows, 4))}
	case *host.NumberField:
		step := "any"
		if e.Step > 0 {
			step = float(&e.Step)
		}
		return BlockField{Field: input("number"), Kind: "number", Unit: e.Unit, Step: step, Min: float(e.Min), Max: float(e.Max)}
	case *host.Select:
		return BlockField{Field: input("select").From(choices(e.Options, of.Required))}
	case *host.Combobox:
		field := BlockField{Field: input("text").Max(200).Fill("off"), Kind: "combobox", Options: options(e.Options), ListID: d.id()}
		field.Field.List = field.ListID
		if e.Action != "" {
			field.From = d.Base + "/-/proposals/" + url.PathEscape(e.Action)
		}
		return field
	case *host.Checkbox, *host.Toggle:
		return BlockField{Field: input(e.ElementType()).On(f.Form.Values[of.Name] != "" && f.Form.Values[of.Name] != "false")}
	case *host.Radio:
		return BlockField{Field: input("radios").From(options(e.Options))}
	case *host.DateField:
		return BlockField{Field: input("date"), Kind: "date", Min: e.Min, Max: e.Max}
	case *host.SecretField:
		field := input("password").Fill("off")
		field.Value = ""
		if e.Set {
			field = field.Maybe().Ghost("Set; leave empty to keep it")
		}
		return BlockField{Field: field}
	case *host.FileField:
		f.Files = true
		return BlockField{Field: input("file"), Kind: "file", File: strings.Join(e.Accept, ",")}
	case *host.MemberField:
		return BlockField{Field: input("select").From(pick(d.Members, "Choose a member"))}
	case *host.WorkspaceField:
		return BlockField{Field: input("select").From(pick(d.Workspaces, "Choose a workspace"))}
	case *host.TextField:
		kind := e.Kind
		if kind == "" {
			kind = "text"
		}
		return BlockField{Field: input(kind).Max(most(e.MaxLength, 4000)).Ghost(e.Placeholder)}
	}
	return BlockField{Field: input("text")}
}

// fieldButton is a button inside a form: it sends the form elsewhere.
func (d *drawing) fieldButton(b *host.ButtonField) BlockField {
	button := d.button(&b.Button, false, nil)
	if b.Link != "" {
		return BlockField{Kind: "link", Button: &button}
	}
	return BlockField{Kind: "button", Button: &button, URL: d.action(b.Action)}
}

func most(n, otherwise int) int {
	if n <= 0 || n > otherwise {
		return otherwise
	}
	return n
}

func options(list []host.Option) []Option {
	out := make([]Option, len(list))
	for i, o := range list {
		out[i] = Option{Value: o.Value, Label: o.Label}
	}
	return out
}

// choices has an empty first one where nothing need be chosen.
func choices(list []host.Option, required bool) []Option {
	if required {
		return options(list)
	}
	return append([]Option{{Label: "None"}}, options(list)...)
}

func pick(list []Option, words string) []Option {
	return append([]Option{{Label: words}}, list...)
}
