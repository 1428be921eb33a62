package host

// Actions are buttons in a row.
type Actions struct {
	Items []Button `json:"items" need:"1" max:"6" doc:"the buttons"`
}

// Button does something or leads somewhere: it has an action or a link.
type Button struct {
	Label   string         `json:"label" need:"1" max:"80" doc:"what it does, as a verb"`
	Action  string         `json:"action,omitempty" max:"64" doc:"the id of an action of the manifest"`
	Link    string         `json:"link,omitempty" max:"2000" doc:"an address instead of an action"`
	Style   string         `json:"style,omitempty" enum:"primary,plain,danger" doc:"plain is the default"`
	Confirm string         `json:"confirm,omitempty" max:"400" doc:"what is asked before it is done"`
	Values  map[string]any `json:"values,omitempty" max:"20" doc:"given to the action"`
}

// Tabs are parts of a page of which one is seen. A tab has blocks, which are
// there at once, or a link, which asks the plugin again.
type Tabs struct {
	Items []Tab `json:"items" need:"1" max:"8" doc:"the parts"`
}

// Tab is one part of tabs.
type Tab struct {
	Title  string `json:"title" need:"1" max:"60" doc:"its name"`
	Blocks Blocks `json:"blocks,omitempty" doc:"what is in it"`
	Link   string `json:"link,omitempty" max:"2000" doc:"where it leads, instead of blocks"`
	Open   bool   `json:"open,omitempty" doc:"whether it is the one that is seen; else the first"`
}

// Columns stand side by side, below each other on a phone.
type Columns struct {
	Columns []Blocks `json:"columns" need:"1" max:"3" doc:"one to three lists of blocks"`
}

// Card is a part with a name of its own.
type Card struct {
	Title   string   `json:"title" need:"1" max:"120" doc:"its name"`
	Text    string   `json:"text,omitempty" max:"400" doc:"a line below it"`
	Blocks  Blocks   `json:"blocks,omitempty" doc:"what is in it"`
	Actions []Button `json:"actions,omitempty" max:"4" doc:"buttons at its end"`
}

// Accordion has parts that open one by one.
type Accordion struct {
	Items []Fold `json:"items" need:"1" max:"30" doc:"the parts"`
}

// Fold is one part of an accordion.
type Fold struct {
	Title  string `json:"title" need:"1" max:"120" doc:"what is seen while it is shut"`
	Blocks Blocks `json:"blocks,omitempty" doc:"what is in it"`
	Open   bool   `json:"open,omitempty" doc:"whether it is open at first"`
}

// Form asks for values and hands them to an action, or to the page it stands on.
type Form struct {
	Action   string   `json:"action,omitempty" max:"64" doc:"the id of an action of the manifest; none: the values go to the page itself, as its form"`
	Elements Elements `json:"elements" need:"1" max:"60" doc:"what is asked for"`
	Submit   string   `json:"submit,omitempty" max:"60" doc:"the words of its button; \"Save\" is the default"`
	Confirm  string   `json:"confirm,omitempty" max:"400" doc:"what is asked before it is sent"`
}

// BlockType is "form".
func (*Form) BlockType() string { return "form" }

// BlockType is "actions".
func (*Actions) BlockType() string { return "actions" }

// BlockType is "tabs".
func (*Tabs) BlockType() string { return "tabs" }

// BlockType is "columns".
func (*Columns) BlockType() string { return "columns" }

// BlockType is "card".
func (*Card) BlockType() string { return "card" }

// BlockType is "accordion".
func (*Accordion) BlockType() string { return "accordion" }
