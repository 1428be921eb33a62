package ui

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"or3.cloud/or3/plugins/host"
)

// BlockTable is a plugin's table.
type BlockTable struct {
	Caption string
	Heads   []BlockHead
	Rows    []BlockRow
	Acts    bool // some row has actions
	Next    string
	Empty   string
}

// BlockHead is the head of a column.
type BlockHead struct {
	Title string
	Sort  string // aria-sort; "" where it is not sorted by it
	URL   string // sorts by it
	Num   bool
}

// BlockRow is a row; its first cell is its name.
type BlockRow struct {
	Cells   []BlockCell
	Buttons []BlockButton
}

// BlockCell is one value as it is drawn.
type BlockCell struct {
	Head   string // of its column
	Text   string
	As     string // how: "", badge, member, time, date, code
	At     Time
	Badge  Badge
	Person Person
	Num    bool
	URL    string
	Out    bool
}

func (d *drawing) table(b *host.Table) *BlockTable {
	t := &BlockTable{Caption: b.Caption, Empty: b.Empty}
	if t.Empty == "" {
		t.Empty = "There is nothing here yet."
	}
	for _, c := range b.Columns {
		head := BlockHead{Title: c.Title, Num: numeric(c.As)}
		if c.Key == b.Sort {
			head.Sort = "ascending"
			if b.Desc {
				head.Sort = "descending"
			}
		}
		if c.Sortable {
			head.URL = d.query("sort", c.Key, "desc", onIf(head.Sort == "ascending"), "cursor", "")
		}
		t.Heads = append(t.Heads, head)
	}
	for i := range b.Rows {
		row := &b.Rows[i]
		var out BlockRow
		for j, c := range b.Columns {
			cell := d.cell(row.Cells[c.Key], c.As)
			cell.Head = c.Title
			if j == 0 && cell.URL == "" {
				cell.URL, cell.Out = d.link(row.Link)
			}
			out.Cells = append(out.Cells, cell)
		}
		for j := range row.Actions {
			out.Buttons = append(out.Buttons, d.button(&row.Actions[j], true, row))
			t.Acts = true
		}
		t.Rows = append(t.Rows, out)
	}
	if b.Next != "" {
		t.Next = d.query("cursor", b.Next)
	}
	return t
}

func onIf(yes bool) string {
	if yes {
		return "1"
	}
	return ""
}

// query is the page that is shown with other values in its query.
func (d *drawing) query(pairs ...string) string {
	values, err := url.ParseQuery(d.Query)
	if err != nil {
		values = url.Values{}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			values.Del(pairs[i])
		} else {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	if len(values) == 0 {
		return d.here()
	}
	return d.here() + "?" + values.Encode()
}

func numeric(as string) bool { return as == "number" || as == "bytes" || as == "percent" }

// cell draws a value as its column asks; one that is not of that kind stands as it is.
func (d *drawing) cell(c host.Cell, as string) BlockCell {
	out := BlockCell{Text: plain(c.Value), Num: numeric(as)}
	out.URL, out.Out = d.link(c.Link)
	n, isNumber := c.Value.(float64)
	text, isText := c.Value.(string)
	switch {
	case c.Kind != "" || as == "badge" && out.Text != "":
		out.As, out.Badge = "badge", Badge{Word: out.Text, Style: c.Kind}
	case as == "bytes" && isNumber && n >= 0 && n < 1<<53:
		out.Text = Bytes(int64(n))
	case as == "percent" && isNumber:
		out.Text = number(n) + " %"
	case as == "member" && isText:
		name := ""
		if d.People != nil {
			name = d.People(text)
		}
		if name == "" {
			name = stranger(text)
		}
		out.As, out.Person = "member", Person{ID: text, Name: name}
	case as == "code":
		out.As = "code"
	case (as == "date" || as == "time") && isText:
		if at, ok := moment(text); ok {
			out.As, out.At = as, d.Clock.At(at)
		}
	}
	return out
}

func moment(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func plain(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "Yes"
		}
		return "No"
	case float64:
		return number(v)
	}
	return fmt.Sprint(value)
}

// stranger names who is no member: a plugin that acted by itself, the server, which
// has no id, or somebody who has left.
func stranger(id string) string {
	plugin, is := strings.CutPrefix(id, "plugin:")
	switch {
	case is:
		return "Plugin " + plugin
	case id == "":
		return "The server"
	}
	return "Somebody"
}
