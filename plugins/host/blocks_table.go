package host

import "encoding/json"

// Table has rows of typed cells. Sorting and further pages are the plugin's
// work: the server only makes the links, with the query keys sort, desc and cursor.
type Table struct {
	Columns []Column `json:"columns" need:"1" max:"12" doc:"the columns"`
	Rows    []Row    `json:"rows" max:"200" doc:"the rows of this page"`
	Caption string   `json:"caption,omitempty" max:"200" doc:"what the table shows, for those who hear it"`
	Sort    string   `json:"sort,omitempty" max:"60" doc:"the key of the column it is sorted by"`
	Desc    bool     `json:"desc,omitempty" doc:"largest first"`
	Next    string   `json:"next,omitempty" max:"400" doc:"the cursor of the next page"`
	Empty   string   `json:"empty,omitempty" max:"200" doc:"what stands here when there are no rows"`
}

// Column is one column of a table.
type Column struct {
	Key      string `json:"key" need:"1" max:"60" doc:"its name in the cells of a row"`
	Title    string `json:"title" need:"1" max:"80" doc:"its head"`
	As       string `json:"as,omitempty" enum:"text,number,bytes,percent,date,time,badge,bool,member,code" doc:"how its cells are written"`
	Sortable bool   `json:"sortable,omitempty" doc:"whether its head is a link that sorts"`
}

// Row is one row of a table.
type Row struct {
	ID      string          `json:"id" need:"1" max:"128" doc:"given to its actions as the value \"row\""`
	Cells   map[string]Cell `json:"cells" max:"12" doc:"by column"`
	Link    string          `json:"link,omitempty" max:"2000" doc:"where its first cell leads"`
	Actions []Button        `json:"actions,omitempty" max:"5" doc:"what one can do with it"`
}

// Cell is one value: a string, a number, true or false, or an object with a
// value and how it looks. Dates are RFC 3339, times too; a member is its id.
type Cell struct {
	Value any    `json:"value" doc:"what is shown"`
	Kind  string `json:"kind,omitempty" enum:"info,ok,warn,danger" doc:"makes it a badge"`
	Link  string `json:"link,omitempty" max:"2000" doc:"where it leads"`
}

// Of makes a cell of a plain value.
func Of(value any) Cell { return Cell{Value: value} }

// MarshalJSON writes a plain value where there is nothing else.
func (c Cell) MarshalJSON() ([]byte, error) {
	if c.Kind == "" && c.Link == "" {
		return json.Marshal(c.Value)
	}
	type plain Cell
	return json.Marshal(plain(c))
}

// UnmarshalJSON takes both shapes.
func (c *Cell) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		type plain Cell
		return strict(data, (*plain)(c))
	}
	*c = Cell{}
	return json.Unmarshal(data, &c.Value)
}

// BlockType is "table".
func (*Table) BlockType() string { return "table" }
