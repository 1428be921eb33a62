package host_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/host"
)

var manifest = host.Manifest{
	Actions: map[string]bool{"save": true, "remove": true, "propose": true},
	Assets:  map[string]bool{"assets/harbour.png": true, "assets/map.html": true},
	HTML:    true, Frame: true,
}

// full is an answer with every block and every element.
func full() host.Answer {
	at := 3.5
	return host.Answer{Title: "Slip 4", Flash: &host.Flash{Kind: "ok", Text: "Saved."}, Blocks: host.Blocks{
		&host.Heading{Text: "Work", Level: 3},
		&host.Text{Text: "Slings **at nine**."},
		&host.Banner{Kind: "warn", Title: "Low water", Text: "At 14:10."},
		&host.Stats{Items: []host.Stat{{Label: "Hulls", Value: "12", Note: "two more than in May"}}},
		&host.Meter{Label: "Berths", Value: 3, Max: 8, Text: "3 of 8"},
		&host.KeyValues{Items: []host.KeyValue{{Key: "Length", Value: host.Of(12.5), As: "number"}}},
		&host.Table{
			Columns: []host.Column{{Key: "name", Title: "Name", Sortable: true}, {Key: "state", Title: "State", As: "badge"}},
			Rows: []host.Row{{ID: "h14", Link: "hulls/h14", Cells: map[string]host.Cell{"name": host.Of("Hull 14"), "state": {Value: "late", Kind: "warn"}},
				Actions: []host.Button{{Label: "Remove", Action: "remove", Style: "danger", Confirm: "Remove Hull 14?"}}}},
			Sort: "name", Desc: true, Next: "c2",
		},
		&host.List{Items: []host.Item{{Title: "Crane", Text: "booked", Meta: "09:00", Badge: "new", Link: "https://example.com/crane"}}},
		&host.Chart{Kind: "bar", Title: "Hulls a week", Labels: []string{"40", "41"}, Series: []host.Series{{Name: "lifted", Values: []float64{2, 4}}}},
		&host.Form{Action: "save", Submit: "Save", Elements: host.Elements{
			&host.TextField{Field: host.Field{Name: "name", Label: "Name", Required: true}, Value: "Hull 14", Kind: "text"},
			&host.TextArea{Field: host.Field{Name: "notes", Label: "Notes"}, Rows: 3},
			&host.NumberField{Field: host.Field{Name: "length", Label: "Length"}, Value: &at, Unit: "m"},
			&host.Select{Field: host.Field{Name: "slip", Label: "Slip"}, Options: []host.Option{{Value: "4", Label: "Slip 4"}}, Value: "4"},
			&host.Combobox{Field: host.Field{Name: "yard", Label: "Yard"}, Action: "propose", Free: true},
			&host.Checkbox{Field: host.Field{Name: "insured", Label: "Insured"}, Value: true},
			&host.Radio{Field: host.Field{Name: "side", Label: "Side"}, Options: []host.Option{{Value: "port", Label: "Port"}}},
			&host.Toggle{Field: host.Field{Name: "alarm", Label: "Alarm"}},
			&host.DateField{Field: host.Field{Name: "day", Label: "Day"}, Value: "2026-05-01"},
			&host.SecretField{Field: host.Field{Name: "key", Label: "Key"}, Set: true},
			&host.FileField{Field: host.Field{Name: "plan", Label: "Plan"}, Accept: []string{"text/csv"}},
			&host.MemberField{Field: host.Field{Name: "who", Label: "Who"}},
			&host.WorkspaceField{Field: host.Field{Name: "where", Label: "Where"}},
			&host.ButtonField{Button: host.Button{Label: "Try", Action: "propose"}},
		}},
		&host.Actions{Items: []host.Button{{Label: "Open", Link: "/w/w1"}}},
		&host.Tabs{Items: []host.Tab{{Title: "Now", Blocks: host.Blocks{&host.Divider{}}}, {Title: "Before", Link: "?tab=before"}}},
		&host.Columns{Columns: []host.Blocks{{&host.Code{Text: "a = 1"}}, {&host.Progress{Label: "Import", Value: 1, Max: 3}}}},
		&host.Card{Title: "Crane", Blocks: host.Blocks{&host.Image{Asset: "harbour.png", Alt: "The harbour"}}},
		&host.Accordion{Items: []host.Fold{{Title: "More", Blocks: host.Blocks{&host.Empty{Title: "Nothing yet"}}}}},
		&host.HTML{HTML: "<p>Hello</p>"},
		&host.Frame{Asset: "map.html", Title: "Map"},
	}}
}

func TestEveryBlockAndElementSurvivesTheWay(t *testing.T) {
	sent := full()
	data, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	got, err := host.ParseAnswer(data, manifest)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if !reflect.DeepEqual(got, sent) {
		again, _ := json.Marshal(got)
		t.Errorf("sent %s\ngot  %s", data, again)
	}
	for _, kind := range host.BlockTypes() {
		if !strings.Contains(string(data), `"type":"`+kind.Name+`"`) {
			t.Errorf("the answer of this test has no %s", kind.Name)
		}
		if name := kind.New().BlockType(); name != kind.Name {
			t.Errorf("the block %s calls itself %s", kind.Name, name)
		}
	}
	for _, kind := range host.ElementTypes() {
		if !strings.Contains(string(data), `"type":"`+kind.Name+`"`) {
			t.Errorf("the answer of this test has no element %s", kind.Name)
		}
		if name := kind.New().ElementType(); name != kind.Name {
			t.Errorf("the element %s calls itself %s", kind.Name, name)
		}
	}
}

func TestAnAnswerIsRefusedWithThePlaceAndWhatToChange(t *testing.T) {
	blocks := func(b string) string { return `{"blocks":[{"type":"divider"},` + b + `]}` }
	deep := `{"type":"divider"}`
	for range host.MaxDepth {
		deep = `{"type":"card","title":"c","blocks":[` + deep + `]}`
	}
	for what, c := range map[string]struct{ answer, says string }{
		"no JSON":               {`<p>`, "cannot be read"},
		"nothing":               {`{}`, "neither blocks nor"},
		"unknown key":           {`{"blocks":[],"script":"x"}`, `no key "script"`},
		"unknown block":         {blocks(`{"type":"script"}`), `/1: "script" is no block`},
		"no type":               {blocks(`{"text":"x"}`), `/1: this block has no "type"`},
		"no object":             {blocks(`7`), "/1: a block is an object"},
		"unknown key of block":  {blocks(`{"type":"text","text":"x","onclick":"y"}`), `/1: there is no key "onclick"`},
		"inner place":           {blocks(`{"type":"card","title":"c","blocks":[{"type":"x"}]}`), `/1/0: "x" is no block`},
		"missing":               {blocks(`{"type":"heading"}`), "/blocks/1/text is missing"},
		"too long":              {blocks(`{"type":"heading","text":"` + strings.Repeat("ä", 201) + `"}`), "/blocks/1/text has 201 characters; at most 200"},
		"wrong word":            {blocks(`{"type":"banner","title":"x","kind":"loud"}`), `/blocks/1/kind: "loud" is none of info, ok, warn, danger`},
		"wrong type":            {blocks(`{"type":"meter","label":"x","value":"y","max":1}`), `"value" cannot be a string`},
		"too many columns":      {blocks(`{"type":"columns","columns":[[],[],[],[]]}`), "4 entries; at most 3"},
		"too deep":              {`{"blocks":[` + deep + `]}`, "more than 6 deep"},
		"too many":              {`{"blocks":[` + strings.Repeat(`{"type":"divider"},`, 500) + `{"type":"divider"}]}`, "more than 500"},
		"too large":             {`{"blocks":[],"title":"` + strings.Repeat("x", host.MaxAnswer) + `"}`, "at most 262144"},
		"script link":           {blocks(`{"type":"list","items":[{"title":"x","link":"javascript:alert(1)"}]}`), "/blocks/1/items/0: a link is"},
		"link in a cell":        {blocks(`{"type":"table","columns":[{"key":"a","title":"A"}],"rows":[{"id":"1","cells":{"a":{"value":"x","link":"//evil.example"}}}]}`), "/blocks/1/rows/0/cells/a: a link is"},
		"unknown action":        {blocks(`{"type":"actions","items":[{"label":"x","action":"y"}]}`), `no action "y"`},
		"neither":               {blocks(`{"type":"actions","items":[{"label":"x"}]}`), "either an action or a link"},
		"unknown asset":         {blocks(`{"type":"image","asset":"../x.png","alt":""}`), "no file assets/../x.png"},
		"cell without column":   {blocks(`{"type":"table","columns":[{"key":"a","title":"A"}],"rows":[{"id":"1","cells":{"b":1}}]}`), "no such column"},
		"list in a cell":        {blocks(`{"type":"table","columns":[{"key":"a","title":"A"}],"rows":[{"id":"1","cells":{"a":[1]}}]}`), "a cell is a string"},
		"one name twice":        {blocks(`{"type":"form","elements":[{"type":"text","name":"a","label":"A"},{"type":"date","name":"a","label":"A"}]}`), `two elements have the name "a"`},
		"strange name":          {blocks(`{"type":"form","elements":[{"type":"text","name":"a-b","label":"A"}]}`), `the name "a-b"`},
		"a chart that is short": {blocks(`{"type":"chart","kind":"line","title":"x","labels":["1","2"],"series":[{"name":"a","values":[1]}]}`), "1 values for 2 labels"},
		"a chart beyond scale":  {blocks(`{"type":"chart","kind":"bar","title":"x","labels":["1","2"],"series":[{"name":"a","values":[0,1.7e308]}]}`), `series "a" has a number beyond 1e+100`},
		"full of nothing":       {blocks(`{"type":"meter","label":"x","value":1,"max":-1}`), "max is more than 0"},
		"redirect elsewhere":    {`{"redirect":"https://evil.example/"}`, "/redirect: an address below"},
		"flash without words":   {`{"flash":""}`, "/flash/text is missing"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := host.ParseAnswer([]byte(c.answer), manifest)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one with %q", err, c.says)
			}
		})
	}
	if _, err := host.ParseAnswer([]byte(`{"blocks":[{"type":"html","html":"x"}]}`), host.Manifest{}); err == nil || !strings.Contains(err.Error(), "ui.html") {
		t.Errorf("html without its capability: %v", err)
	}
}

func TestAFlashMayBeAWord(t *testing.T) {
	a, err := host.ParseAnswer([]byte(`{"flash":"Saved."}`), manifest)
	if err != nil || a.Flash.Text != "Saved." {
		t.Errorf("%+v, %v", a.Flash, err)
	}
}

func FuzzAnAnswerNeverPanicsAndStandsAsItIs(f *testing.F) {
	data, _ := json.Marshal(full())
	f.Add(data)
	f.Add([]byte(`{"blocks":[{"type":"card","title":"x","blocks":[{"type":"text","text":"y"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := host.ParseAnswer(data, manifest)
		if err != nil {
			return
		}
		again, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if len(again) > host.MaxAnswer {
			return
		}
		if b, err := host.ParseAnswer(again, manifest); err != nil || fmt.Sprintf("%#v", b.Title) != fmt.Sprintf("%#v", a.Title) {
			t.Fatalf("%v: %s", err, again)
		}
	})
}

// Whoever develops a plugin reads which field of a row was refused.
func TestAnErrorSaysItsFields(t *testing.T) {
	for want, e := range map[string]host.Error{
		"busy: The crane is away.":                                {Code: "busy", Message: "The crane is away."},
		"validation_error: status: It is required.":               {Code: "validation_error", Message: "It is required.", Fields: map[string]string{"status": "It is required."}},
		"validation_error: status: It is required; title: So it.": {Code: "validation_error", Message: "It is required.", Fields: map[string]string{"title": "So it.", "status": "It is required."}},
		"invalid: Some of it has to be changed; name: Too long; who: Nobody.": {Code: "invalid", Message: "Some of it has to be changed.",
			Fields: map[string]string{"who": "Nobody.", "name": "Too long."}},
	} {
		if got := e.Error(); got != want {
			t.Errorf("it says %q, not %q", got, want)
		}
	}
}
