package ui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"

	"or3.cloud/or3/plugins/host"
)

// BlockPlace is where a plugin's blocks are drawn, and what they need to know of it.
type BlockPlace struct {
	ID     string // what the ids of the elements begin with: one for each place on a page
	Base   string // the plugin's route: "/admin/x/activity"; its own links go below it
	Page   string // the path below Base that is shown, so that an action can come back to it
	Query  string // the query that is shown, for the links that sort and go on
	Assets string // where the files of assets/ are
	Frames string // where frames find theirs
	Clock  Clock
	People func(id string) (name string) // the members of the workspace; nil knows nobody
	// Choices for the elements that ask for a member or a workspace.
	Members, Workspaces []Option
	// Values and Errors of a form that was refused, by the form's number in the
	// order of the page; Refused is its number, -1 for none.
	Refused int
	Values  map[string]string
	Errors  map[string]string
	// Seal makes the text that a form carries, so that what comes back can be held
	// against what was asked for; Mark makes the one of a button, over the JSON of
	// its values. Nil carries none.
	Seal func(*host.Form) string
	Mark func(action, values string) string
	// Keep are hidden fields of every form, beside page and query.
	Keep []Hidden
	// Questions are what the manifest has asked before an action, by its id.
	Questions map[string]string
}

// Blocks are a plugin's blocks as they are drawn (partials/blocks).
func Blocks(blocks host.Blocks, at BlockPlace) []Block {
	d := drawing{BlockPlace: at}
	return d.all(blocks)
}

// Block is one block as it is drawn; Type says which of its parts is there.
type Block struct {
	Type    string
	ID      string
	Level   int
	Words   string
	HTML    template.HTML
	Notice  Notice
	Figures []Figure
	Bar     Progress
	Facts   []BlockFact
	Table   *BlockTable
	Items   []BlockItem
	Ordered bool
	Chart   *BlockChart
	Form    *BlockForm
	Buttons []BlockButton
	Tabs    []BlockTab
	Columns [][]Block
	Blocks  []Block
	Folds   []BlockTab
	URL     string
	Height  string
	Empty   Empty
}

// BlockFact is one line of key_values.
type BlockFact struct {
	Name string
	Cell BlockCell
}

// BlockItem is one thing of a list.
type BlockItem struct {
	host.Item
	URL string
	Out bool // leads to another site
}

// BlockTab is a tab, or a fold of an accordion.
type BlockTab struct {
	ID     string
	Title  string
	URL    string
	Open   bool
	Blocks []Block
}

// BlockButton is a button with the question it asks before it does something.
type BlockButton struct {
	Action Action
	Ask    *Confirm
	Out    bool
}

type drawing struct {
	BlockPlace
	made  int // elements that have an id
	forms int
}

func (d *drawing) id() string {
	d.made++
	return d.ID + "-" + strconv.Itoa(d.made)
}

func (d *drawing) all(blocks host.Blocks) []Block {
	out := make([]Block, 0, len(blocks))
	for _, b := range blocks {
		out = append(out, d.one(b))
	}
	return out
}

func (d *drawing) one(b host.Block) Block {
	out := Block{Type: b.BlockType()}
	switch b := b.(type) {
	case *host.Heading:
		out.Words, out.Level = b.Text, max(b.Level, 2)
	case *host.Text:
		out.HTML = Markdown(b.Text)
	case *host.Banner:
		out.Words, out.Notice = b.Title, Notice{Tone: toneOf(b.Kind), Text: b.Text}
	case *host.Stats:
		for _, s := range b.Items {
			out.Figures = append(out.Figures, Figure{Name: s.Label, Value: s.Value, Note: s.Note})
		}
	case *host.Meter:
		out.Bar = bar(b.Label, b.Text, b.Value, b.Max)
	case *host.Progress:
		out.Bar = bar(b.Label, b.Text, b.Value, b.Max)
	case *host.KeyValues:
		for _, kv := range b.Items {
			out.Facts = append(out.Facts, BlockFact{Name: kv.Key, Cell: d.cell(kv.Value, kv.As)})
		}
	case *host.Table:
		out.Table = d.table(b)
	case *host.List:
		out.Ordered, out.Words = b.Ordered, b.Empty
		for _, item := range b.Items {
			url, away := d.link(item.Link)
			out.Items = append(out.Items, BlockItem{Item: item, URL: url, Out: away})
		}
	case *host.Chart:
		out.Chart = chart(b, d.id())
	case *host.Form:
		out.Form = d.form(b)
	case *host.Actions:
		out.Buttons = d.buttons(b.Items, false)
	case *host.Code:
		out.Words, out.HTML = b.Text, template.HTML(template.HTMLEscapeString(b.Language)) //nolint:gosec // escaped here
	case *host.Image:
		out.Words, out.URL = b.Alt, d.asset(b.Asset)
	case *host.Frame:
		out.Words, out.URL, out.Height = b.Title, Below(cmp.Or(d.Frames, d.Assets), b.Asset), b.Height
	case *host.Empty:
		out.Empty = Empty{Kind: NothingYet, Title: b.Title, Text: b.Text}
		out.Buttons = d.buttons(b.Actions, false)
	case *host.HTML:
		out.HTML = CleanHTML(b.HTML)
	default:
		d.shape(b, &out)
	}
	return out
}

// shape draws the blocks that have others in them.
func (d *drawing) shape(b host.Block, out *Block) {
	switch b := b.(type) {
	case *host.Tabs:
		out.ID, out.Tabs = d.id(), d.tabs(b)
	case *host.Columns:
		for _, column := range b.Columns {
			out.Columns = append(out.Columns, d.all(column))
		}
	case *host.Card:
		out.ID, out.Words, out.Notice.Text = d.id(), b.Title, b.Text
		out.Blocks, out.Buttons = d.all(b.Blocks), d.buttons(b.Actions, true)
	case *host.Accordion:
		for _, fold := range b.Items {
			out.Folds = append(out.Folds, BlockTab{Title: fold.Title, Open: fold.Open, Blocks: d.all(fold.Blocks)})
		}
	}
}

func (d *drawing) tabs(b *host.Tabs) []BlockTab {
	tabs, open := make([]BlockTab, len(b.Items)), 0
	for i, t := range b.Items {
		tabs[i] = BlockTab{ID: d.id(), Title: t.Title, Blocks: d.all(t.Blocks)}
		tabs[i].URL, _ = d.link(t.Link)
		if t.Open {
			open = i
		}
	}
	tabs[open].Open = true
	return tabs
}

func toneOf(kind string) Tone {
	switch kind {
	case "ok":
		return OK
	case "warn":
		return Warn
	case "danger":
		return Danger
	}
	return Info
}

// bar is a share in thousandths: an element of HTML takes whole numbers well.
func bar(label, words string, value, most float64) Progress {
	if most <= 0 {
		return Progress{Label: label, Figures: words}
	}
	share := min(value/most, 1)
	if words == "" {
		words = strconv.Itoa(int(share*100)) + " %"
	}
	return Progress{Label: label, Figures: words, Value: int(share * 1000), Max: 1000}
}

// link is where a link of the plugin leads, and whether that is another site.
func (d *drawing) link(to string) (address string, away bool) {
	switch {
	case to == "" || host.CheckLink(to) != nil:
		return "", false
	case strings.HasPrefix(strings.ToLower(to), "https:"):
		return to, true
	case to[0] == '/':
		return to, false
	case to[0] == '?' || to[0] == '#':
		return d.here() + to, false
	}
	return d.Base + "/" + to, false
}

// here is the address of the page that is shown.
func (d *drawing) here() string {
	if d.Page == "" {
		return d.Base
	}
	return Below(d.Base, d.Page)
}

func (d *drawing) asset(path string) string { return Below(d.Assets, path) }

// Below is the address of what lies below another, by its path in plain.
func Below(base, path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return base + "/" + strings.Join(parts, "/")
}

// buttons draws buttons; small ones stand in rows and cards.
func (d *drawing) buttons(list []host.Button, small bool) []BlockButton {
	out := make([]BlockButton, 0, len(list))
	for i := range list {
		out = append(out, d.button(&list[i], small, nil))
	}
	return out
}

func (d *drawing) button(b *host.Button, small bool, row *host.Row) BlockButton {
	style := b.Style
	if style == "plain" {
		style = ""
	}
	if row != nil && style != "" { // a colour in every row is one too many
		style = map[string]string{"danger": "quiet btn-warns", "primary": ""}[style]
	}
	a := Action{Label: b.Label, Style: style, Small: small}
	if b.Link != "" {
		var away bool
		a.URL, away = d.link(b.Link)
		return BlockButton{Action: a, Out: away}
	}
	values := map[string]any{}
	for key, value := range b.Values {
		values[key] = value
	}
	if row != nil {
		values["row"] = row.ID
	}
	text, _ := json.Marshal(values) // of what came out of JSON
	fields := append([]Hidden{{"_values", string(text)}}, d.standing()...)
	if d.Mark != nil {
		fields = append(fields, Hidden{"_sealed", d.Mark(b.Action, string(text))})
	}
	address, question := d.action(b.Action), cmp.Or(b.Confirm, d.Questions[b.Action])
	if question == "" {
		a.URL, a.Post, a.Swap, a.Fields = address, true, true, fields
		return BlockButton{Action: a}
	}
	ask := Confirm{ID: d.id(), Title: question, URL: address, Swap: true, Fields: append(fields, confirmed), Do: b.Label, Keep: "Cancel", Danger: b.Style == "danger"}
	a.Dialog = ask.ID
	return BlockButton{Action: a, Ask: &ask}
}

// The names of what the server adds to forms begin with _, which no element's
// name does. confirmed is what a form says whose question was answered with yes.
var confirmed = Hidden{"_confirmed", "1"}

// standing is what every form says of the page it stands on.
func (d *drawing) standing() []Hidden {
	return append([]Hidden{{"_page", d.Page}, {"_query", d.Query}}, d.Keep...)
}

// action is where the server takes an action of the plugin.
func (d *drawing) action(id string) string { return d.Base + "/-/actions/" + url.PathEscape(id) }

// number writes a number as people read it.
func number(n float64) string {
	text := strconv.FormatFloat(n, 'f', -1, 64)
	if len(text) > 15 {
		text = fmt.Sprintf("%.6g", n)
	}
	return Number(text)
}
