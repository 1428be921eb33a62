package host_test

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/host"
)

func TestValuesComeInTheDeclaredShape(t *testing.T) {
	form := full().Blocks[9].(*host.Form)
	plan := map[string]any{"name": "plan.csv", "type": "text/csv", "data": base64.StdEncoding.EncodeToString([]byte("a,b"))}
	values, wrong := host.CheckValues(form.Elements, map[string]any{
		"name": "Hull 15", "notes": "", "length": "7.25", "slip": "4", "yard": "Somewhere", "insured": "on", "side": "port", "day": "2026-05-02",
		"plan": plan, "who": "u1", "where": "w1", "stranger": "x", "key": "",
	})
	if len(wrong) > 0 {
		t.Fatalf("wrong: %v", wrong)
	}
	want := map[string]any{
		"name": "Hull 15", "notes": "", "length": 7.25, "slip": "4", "yard": "Somewhere", "insured": true, "side": "port", "alarm": false, "day": "2026-05-02",
		"plan": map[string]any{"name": "plan.csv", "type": "text/csv", "size": 3.0, "data": plan["data"]}, "who": "u1", "where": "w1",
	}
	if !reflect.DeepEqual(values, want) {
		t.Errorf("got  %v\nwant %v", values, want)
	}
	if _, err := json.Marshal(values); err != nil {
		t.Error(err)
	}
}

func TestAWrongValueIsToldToThePersonBesideIt(t *testing.T) {
	zero, ten := 0.0, 10.0
	field := host.Field{Name: "x", Label: "X", Required: true}
	for what, c := range map[string]struct {
		element host.Element
		given   any
		says    string
	}{
		"empty":            {&host.TextField{Field: field}, "  ", "Fill this in."},
		"missing":          {&host.TextField{Field: field}, nil, "Fill this in."},
		"a number as text": {&host.TextField{Field: field}, 7.0, "Write text here."},
		"long":             {&host.TextField{Field: field, MaxLength: 3}, "äöüß", "At most 3 characters; these are 4."},
		"longer than ever": {&host.TextArea{Field: field, MaxLength: 99999}, strings.Repeat("x", 32001), "At most 32000"},
		"e-mail":           {&host.TextField{Field: field, Kind: "email"}, "a b@c", "e-mail"},
		"address":          {&host.TextField{Field: field, Kind: "url"}, "javascript:x", "https://"},
		"no number":        {&host.NumberField{Field: field}, "7 apples", "Write a number."},
		"not a number":     {&host.NumberField{Field: field}, "NaN", "Write a number."},
		"small":            {&host.NumberField{Field: field, Min: &zero}, -1.0, "At least 0."},
		"large":            {&host.NumberField{Field: field, Max: &ten}, "11", "At most 10."},
		"no option":        {&host.Select{Field: field, Options: []host.Option{{Value: "a", Label: "A"}}}, "b", "Choose one of the list."},
		"no proposal":      {&host.Combobox{Field: field, Options: []host.Option{{Value: "a", Label: "A"}}}, "b", "Choose one of the list."},
		"not ticked":       {&host.Checkbox{Field: field}, nil, "ticked"},
		"no truth":         {&host.Toggle{Field: field}, 3.0, "on or off"},
		"no day":           {&host.DateField{Field: field}, "2026-02-30", "YYYY-MM-DD"},
		"too early":        {&host.DateField{Field: field, Min: "2026-05-01"}, "2026-04-30", "Not before 2026-05-01."},
		"too late":         {&host.DateField{Field: field, Max: "2026-05-01"}, "2026-05-02", "Not after 2026-05-01."},
		"no file":          {&host.FileField{Field: field}, nil, "Choose a file."},
		"no base64":        {&host.FileField{Field: field}, map[string]any{"name": "x", "data": "?"}, "Choose a file."},
		"large file":       {&host.FileField{Field: field, MaxKB: 1}, map[string]any{"name": "x", "data": base64.StdEncoding.EncodeToString(make([]byte, 1001))}, "At most 1 KB; this file has 2."},
		"wrong file":       {&host.FileField{Field: field, Accept: []string{"text/csv"}}, map[string]any{"name": "x", "type": "image/png", "data": ""}, "text/csv"},
	} {
		t.Run(what, func(t *testing.T) {
			values, wrong := host.CheckValues(host.Elements{c.element}, map[string]any{"x": c.given})
			if !strings.Contains(wrong["x"], c.says) || len(values) > 0 {
				t.Errorf("%q, values %v; want %q", wrong["x"], values, c.says)
			}
		})
	}
}
