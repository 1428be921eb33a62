package host

// BlockTypes lists every block, in the order of the documentation.
func BlockTypes() []Kind[Block] {
	return []Kind[Block]{
		{"heading", func() Block { return new(Heading) }},
		{"text", func() Block { return new(Text) }},
		{"banner", func() Block { return new(Banner) }},
		{"stats", func() Block { return new(Stats) }},
		{"meter", func() Block { return new(Meter) }},
		{"key_values", func() Block { return new(KeyValues) }},
		{"table", func() Block { return new(Table) }},
		{"list", func() Block { return new(List) }},
		{"chart", func() Block { return new(Chart) }},
		{"form", func() Block { return new(Form) }},
		{"actions", func() Block { return new(Actions) }},
		{"tabs", func() Block { return new(Tabs) }},
		{"columns", func() Block { return new(Columns) }},
		{"card", func() Block { return new(Card) }},
		{"accordion", func() Block { return new(Accordion) }},
		{"code", func() Block { return new(Code) }},
		{"image", func() Block { return new(Image) }},
		{"empty", func() Block { return new(Empty) }},
		{"divider", func() Block { return new(Divider) }},
		{"progress", func() Block { return new(Progress) }},
		{"html", func() Block { return new(HTML) }},
		{"frame", func() Block { return new(Frame) }},
	}
}

// Heading is a title above what follows it.
type Heading struct {
	Text  string `json:"text" need:"1" max:"200" doc:"the words"`
	Level int    `json:"level,omitempty" doc:"2 (the default) to 4; the page's own title is 1"`
}

// Text is a paragraph or more, in a small part of Markdown.
type Text struct {
	Text string `json:"text" need:"1" max:"32000" doc:"Markdown: paragraphs, emphasis, code, links, lists, quotes; no HTML"`
}

// Banner is something that the reader should notice first.
type Banner struct {
	Kind  string `json:"kind,omitempty" enum:"info,ok,warn,danger" doc:"info is the default"`
	Title string `json:"title" need:"1" max:"200" doc:"what is the matter"`
	Text  string `json:"text,omitempty" max:"1000" doc:"what follows from it and what to do"`
}

// Stats are figures side by side.
type Stats struct {
	Items []Stat `json:"items" need:"1" max:"8" doc:"the figures"`
}

// Stat is one figure.
type Stat struct {
	Label string `json:"label" need:"1" max:"80" doc:"what it counts"`
	Value string `json:"value" need:"1" max:"40" doc:"as it is to be read, with its unit"`
	Note  string `json:"note,omitempty" max:"120" doc:"a small line below"`
}

// Meter shows how much of something is used.
type Meter struct {
	Label string  `json:"label" need:"1" max:"120" doc:"what is used"`
	Value float64 `json:"value" doc:"0 to max"`
	Max   float64 `json:"max" need:"1" doc:"more than 0"`
	Text  string  `json:"text,omitempty" max:"120" doc:"in words, instead of a percentage"`
}

// KeyValues are facts about one thing.
type KeyValues struct {
	Items []KeyValue `json:"items" need:"1" max:"60" doc:"the facts"`
}

// KeyValue is one fact.
type KeyValue struct {
	Key   string `json:"key" need:"1" max:"80" doc:"its name"`
	Value Cell   `json:"value" doc:"its value"`
	As    string `json:"as,omitempty" enum:"text,number,bytes,percent,date,time,badge,bool,member,code" doc:"how the value is written"`
}

// List is a list of things, each with a line or two.
type List struct {
	Items   []Item `json:"items" max:"200" doc:"the things"`
	Ordered bool   `json:"ordered,omitempty" doc:"numbers before them"`
	Empty   string `json:"empty,omitempty" max:"200" doc:"what stands here when there are none"`
}

// Item is one thing of a list.
type Item struct {
	Title string `json:"title" need:"1" max:"200" doc:"its name"`
	Text  string `json:"text,omitempty" max:"400" doc:"a line below"`
	Meta  string `json:"meta,omitempty" max:"80" doc:"small, at the end of the line"`
	Badge string `json:"badge,omitempty" max:"40" doc:"a word with a ground"`
	Link  string `json:"link,omitempty" max:"2000" doc:"where a click leads"`
}

// Chart draws numbers over a row of labels, with a table of them for those who cannot see it.
type Chart struct {
	Kind   string   `json:"kind" need:"1" enum:"line,bar" doc:"how it is drawn"`
	Title  string   `json:"title" need:"1" max:"120" doc:"what it shows"`
	Labels []string `json:"labels" need:"1" max:"366" doc:"one for each point"`
	Series []Series `json:"series" need:"1" max:"4" doc:"the lines, or groups of bars"`
	Unit   string   `json:"unit,omitempty" max:"20" doc:"after each number"`
}

// Series is one line of a chart.
type Series struct {
	Name   string    `json:"name" need:"1" max:"80" doc:"what it counts"`
	Values []float64 `json:"values" need:"1" max:"366" doc:"as many as there are labels, none beyond 1e100"`
}

// Code shows text as it is, in a fixed width.
type Code struct {
	Text     string `json:"text" need:"1" max:"32000" doc:"the text"`
	Language string `json:"language,omitempty" max:"20" doc:"what it is, as a word above"`
}

// Image shows a picture from the plugin's own assets.
type Image struct {
	Asset string `json:"asset" need:"1" max:"200" doc:"its path below assets/"`
	Alt   string `json:"alt" max:"400" doc:"what is on it; empty for decoration"`
}

// Empty says that there is nothing yet, and what one can do.
type Empty struct {
	Title   string   `json:"title" need:"1" max:"120" doc:"what is not there"`
	Text    string   `json:"text,omitempty" max:"400" doc:"why, and how it comes"`
	Actions []Button `json:"actions,omitempty" max:"2" doc:"the first step"`
}

// Divider is a hairline between two parts.
type Divider struct{}

// Progress is how far something is.
type Progress struct {
	Label string  `json:"label" need:"1" max:"120" doc:"what is being done"`
	Value float64 `json:"value" doc:"0 to max"`
	Max   float64 `json:"max,omitempty" doc:"0 means that nobody knows how much there is"`
	Text  string  `json:"text,omitempty" max:"120" doc:"in words"`
}

// HTML is markup of the plugin's own, cleaned by the server. It needs the capability ui.html.
type HTML struct {
	HTML string `json:"html" need:"1" max:"64000" doc:"no scripts, styles, forms or pictures from elsewhere"`
}

// Frame shows a page from the plugin's assets in a sandbox of its own. It needs the capability ui.frame.
type Frame struct {
	Asset  string `json:"asset" need:"1" max:"200" doc:"an .html file below assets/"`
	Title  string `json:"title" need:"1" max:"120" doc:"what is in it, for those who hear the page"`
	Height string `json:"height,omitempty" enum:"small,medium,large" doc:"medium is the default"`
}

// BlockType is "heading".
func (*Heading) BlockType() string { return "heading" }

// BlockType is "text".
func (*Text) BlockType() string { return "text" }

// BlockType is "banner".
func (*Banner) BlockType() string { return "banner" }

// BlockType is "stats".
func (*Stats) BlockType() string { return "stats" }

// BlockType is "meter".
func (*Meter) BlockType() string { return "meter" }

// BlockType is "key_values".
func (*KeyValues) BlockType() string { return "key_values" }

// BlockType is "list".
func (*List) BlockType() string { return "list" }

// BlockType is "chart".
func (*Chart) BlockType() string { return "chart" }

// BlockType is "code".
func (*Code) BlockType() string { return "code" }

// BlockType is "image".
func (*Image) BlockType() string { return "image" }

// BlockType is "empty".
func (*Empty) BlockType() string { return "empty" }

// BlockType is "divider".
func (*Divider) BlockType() string { return "divider" }

// BlockType is "progress".
func (*Progress) BlockType() string { return "progress" }

// BlockType is "html".
func (*HTML) BlockType() string { return "html" }

// BlockType is "frame".
func (*Frame) BlockType() string { return "frame" }
