package host

// ElementTypes lists every element of a form, in the order of the documentation.
func ElementTypes() []Kind[Element] {
	return []Kind[Element]{
		{"text", func() Element { return new(TextField) }},
		{"textarea", func() Element { return new(TextArea) }},
		{"number", func() Element { return new(NumberField) }},
		{"select", func() Element { return new(Select) }},
		{"combobox", func() Element { return new(Combobox) }},
		{"checkbox", func() Element { return new(Checkbox) }},
		{"radio", func() Element { return new(Radio) }},
		{"toggle", func() Element { return new(Toggle) }},
		{"date", func() Element { return new(DateField) }},
		{"secret", func() Element { return new(SecretField) }},
		{"file", func() Element { return new(FileField) }},
		{"member", func() Element { return new(MemberField) }},
		{"workspace", func() Element { return new(WorkspaceField) }},
		{"button", func() Element { return new(ButtonField) }},
	}
}

// Field is what every element but a button has.
type Field struct {
	Name     string `json:"name" need:"1" max:"60" doc:"the key of its value: letters, digits and _"`
	Label    string `json:"label" need:"1" max:"120" doc:"the words beside it"`
	Hint     string `json:"hint,omitempty" max:"300" doc:"a line below it"`
	Required bool   `json:"required,omitempty" doc:"whether it may not stay empty"`
	Error    string `json:"error,omitempty" max:"300" doc:"what has to be changed"`
}

// FieldOf is the field of an element.
func (f *Field) FieldOf() *Field { return f }

// Fielded is an element that has a value.
type Fielded interface {
	Element
	FieldOf() *Field
}

// TextField asks for one line.
type TextField struct {
	Field
	Value       string `json:"value,omitempty" max:"4000" doc:"what is in it"`
	Placeholder string `json:"placeholder,omitempty" max:"120" doc:"an example, seen while it is empty"`
	MaxLength   int    `json:"max_length,omitempty" doc:"the most characters; 4,000 is the default"`
	Kind        string `json:"kind,omitempty" enum:"text,email,url,search" doc:"what it is"`
}

// TextArea asks for several lines.
type TextArea struct {
	Field
	Value     string `json:"value,omitempty" max:"32000" doc:"what is in it"`
	Rows      int    `json:"rows,omitempty" doc:"how high it is; 4 is the default"`
	MaxLength int    `json:"max_length,omitempty" doc:"the most characters; 32,000 is the default"`
}

// NumberField asks for a number.
type NumberField struct {
	Field
	Value *float64 `json:"value,omitempty" doc:"what is in it"`
	Min   *float64 `json:"min,omitempty" doc:"the least"`
	Max   *float64 `json:"max,omitempty" doc:"the most"`
	Step  float64  `json:"step,omitempty" doc:"1 is the default"`
	Unit  string   `json:"unit,omitempty" max:"20" doc:"after it"`
}

// Option is one of several values.
type Option struct {
	Value string `json:"value" max:"200" doc:"what is handed over"`
	Label string `json:"label" need:"1" max:"200" doc:"what is read"`
}

// Select asks for one of several values from a menu.
type Select struct {
	Field
	Options []Option `json:"options" need:"1" max:"200" doc:"the values"`
	Value   string   `json:"value,omitempty" max:"200" doc:"the chosen one"`
}

// Combobox asks for a value that may be typed, with proposals. Those come with
// it or from an action, which is given {"query"} and answers with a list block.
type Combobox struct {
	Field
	Options []Option `json:"options,omitempty" max:"200" doc:"the proposals"`
	Action  string   `json:"action,omitempty" max:"64" doc:"an action that proposes, instead"`
	Value   string   `json:"value,omitempty" max:"200" doc:"what is in it"`
	Free    bool     `json:"free,omitempty" doc:"whether something else than a proposal may be handed over"`
}

// Checkbox asks yes or no, with the answer taken on sending.
type Checkbox struct {
	Field
	Value bool `json:"value,omitempty" doc:"whether it is ticked"`
}

// Radio asks for one of a few values, all of them seen.
type Radio struct {
	Field
	Options []Option `json:"options" need:"1" max:"12" doc:"the values"`
	Value   string   `json:"value,omitempty" max:"200" doc:"the chosen one"`
}

// Toggle asks on or off.
type Toggle struct {
	Field
	Value bool `json:"value,omitempty" doc:"whether it is on"`
}

// DateField asks for a day.
type DateField struct {
	Field
	Value string `json:"value,omitempty" max:"10" doc:"YYYY-MM-DD"`
	Min   string `json:"min,omitempty" max:"10" doc:"the first day"`
	Max   string `json:"max,omitempty" max:"10" doc:"the last day"`
}

// SecretField asks for something that nobody may read again; it never has a value.
type SecretField struct {
	Field
	Set bool `json:"set,omitempty" doc:"whether there is one already; empty then keeps it"`
}

// FileField asks for a file. Its value is {"name","type","size","data"}, data in base64.
type FileField struct {
	Field
	Accept []string `json:"accept,omitempty" max:"20" doc:"types, as in text/csv"`
	MaxKB  int      `json:"max_kb,omitempty" doc:"at most 700, the default"`
}

// MemberField asks for a member of the workspace; its value is an id.
type MemberField struct {
	Field
	Value string `json:"value,omitempty" max:"128" doc:"the chosen one's id"`
}

// WorkspaceField asks for one of the reader's workspaces; its value is an id.
type WorkspaceField struct {
	Field
	Value string `json:"value,omitempty" max:"128" doc:"the chosen one's id"`
}

// ButtonField is a button inside a form that sends the form's values to an
// action of its own, as in "Test the connection".
type ButtonField struct {
	Button
}

// ElementType is "text".
func (*TextField) ElementType() string { return "text" }

// ElementType is "textarea".
func (*TextArea) ElementType() string { return "textarea" }

// ElementType is "number".
func (*NumberField) ElementType() string { return "number" }

// ElementType is "select".
func (*Select) ElementType() string { return "select" }

// ElementType is "combobox".
func (*Combobox) ElementType() string { return "combobox" }

// ElementType is "checkbox".
func (*Checkbox) ElementType() string { return "checkbox" }

// ElementType is "radio".
func (*Radio) ElementType() string { return "radio" }

// ElementType is "toggle".
func (*Toggle) ElementType() string { return "toggle" }

// ElementType is "date".
func (*DateField) ElementType() string { return "date" }

// ElementType is "secret".
func (*SecretField) ElementType() string { return "secret" }

// ElementType is "file".
func (*FileField) ElementType() string { return "file" }

// ElementType is "member".
func (*MemberField) ElementType() string { return "member" }

// ElementType is "workspace".
func (*WorkspaceField) ElementType() string { return "workspace" }

// ElementType is "button".
func (*ButtonField) ElementType() string { return "button" }
