//go:build wasip1

// Command yard is the plugin of the server's tests: a page for each thing that a
// plugin may do, and for each that a hostile one tries.
package main

import (
	"errors"
	"fmt"
	"strings"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

func main() {}

var _ = sdk.Register(sdk.Plugin{
	Pages: map[string]sdk.PageFunc{
		"": page, "form": form, "plain": plain, "write": text("For who writes."), "own": text("For owners."), "hulls": page, "hulls/{id}": hull,
		"loop": loop, "trap": trap, "fails": func(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) { return nil, errors.New("no water in the basin") },
		"no": func(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) {
			return nil, sdk.Fail("not_found", "There is no such hull.")
		},
		"leads": func(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) { return sdk.Go("hulls", "Went on."), nil },
		"away":  func(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) { return sdk.Go("https://example.com/", ""), nil },
		"script": func(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) {
			return sdk.Show("<script>alert(1)</script>", sdk.Text("<img src=x onerror=alert(1)>"), sdk.Banner("info", `"><script>alert(2)</script>`, "")), nil
		},
		"frame": func(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) {
			return sdk.Show("Map", &host.Frame{Asset: "map.html", Title: "Map"}, &host.Image{Asset: "mark.svg", Alt: "The mark"}), nil
		},
		"large": func(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) {
			return sdk.Show("Large", sdk.Text(strings.Repeat("x", 31000)), sdk.Text(strings.Repeat("x", 31000)), sdk.Text(strings.Repeat("x", 31000)), sdk.Text(strings.Repeat("x", 31000)), sdk.Text(strings.Repeat("x", 31000)),
				sdk.Text(strings.Repeat("x", 31000)), sdk.Text(strings.Repeat("x", 31000)), sdk.Text(strings.Repeat("x", 31000)), sdk.Text(strings.Repeat("x", 31000))), nil
		},
	},
	Widgets: map[string]sdk.WidgetFunc{
		"slips": func(c *sdk.Call, size string) (*sdk.Answer, error) {
			return sdk.Show("Slips", &host.Stats{Items: []host.Stat{{Label: "Slips in " + c.Workspace.Name, Value: "4 of 6", Note: size}}}, sdk.Buttons(sdk.Button{Label: "Ask again", Action: "say"})), nil
		},
		"broken": func(*sdk.Call, string) (*sdk.Answer, error) { return nil, errors.New("the tide gauge is silent") },
	},
	Actions: map[string]sdk.ActionFunc{
		"save": save, "say": func(c *sdk.Call, v sdk.Values) (*sdk.Answer, error) {
			return sdk.Say("Done by " + c.Actor.Role + " " + v.String("row")), nil
		},
		"remove": func(*sdk.Call, sdk.Values) (*sdk.Answer, error) { return sdk.Go("hulls", "Removed."), nil },
		"show": func(*sdk.Call, sdk.Values) (*sdk.Answer, error) {
			return sdk.Show("Shown", sdk.Text("Only shown.")), nil
		},
		"own":  func(*sdk.Call, sdk.Values) (*sdk.Answer, error) { return sdk.Say("Owned."), nil },
		"away": func(*sdk.Call, sdk.Values) (*sdk.Answer, error) { return &sdk.Answer{Redirect: "//evil.example"}, nil },
		"loop": func(c *sdk.Call, v sdk.Values) (*sdk.Answer, error) { return loop(c, sdk.PageInput{}) },
		"propose": func(_ *sdk.Call, v sdk.Values) (*sdk.Answer, error) {
			return sdk.Show("", &host.List{Items: []host.Item{{Title: v.String("query") + " north", Text: "<b>"}, {Title: "South"}}}), nil
		},
	},
})

func text(words string) sdk.PageFunc {
	return func(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) { return sdk.Show("", sdk.Text(words)), nil }
}

func page(c *sdk.Call, in sdk.PageInput) (*sdk.Answer, error) {
	return sdk.Show("Yard of "+c.Workspace.Name,
		sdk.Text(fmt.Sprintf("You are %s, asked as %s.", c.Actor.Role, c.RequestID)),
		&host.Table{Sort: in.Query["sort"], Columns: []host.Column{{Key: "name", Title: "Hull", Sortable: true}, {Key: "who", Title: "Master", As: "member"}},
			Rows: []host.Row{{ID: "h14", Link: "hulls/h14", Cells: map[string]host.Cell{"name": sdk.Of("Hull 14"), "who": sdk.Of(c.Actor.ID)}, Actions: []host.Button{{Label: "Lower", Action: "say"}, {Label: "Remove", Action: "remove", Style: "danger"}}}}},
		sdk.Buttons(sdk.Button{Label: "Show", Action: "show"}, sdk.Button{Label: "Away", Action: "away"}, sdk.Button{Label: "Own", Action: "own"}, sdk.Button{Label: "Loop", Action: "loop"})), nil
}

func hull(_ *sdk.Call, in sdk.PageInput) (*sdk.Answer, error) {
	return sdk.Show("", sdk.Heading("Hull "+in.Param("id"))), nil
}

func form(c *sdk.Call, in sdk.PageInput) (*sdk.Answer, error) {
	field := func(name, label string, required bool) host.Field {
		return host.Field{Name: name, Label: label, Required: required}
	}
	return sdk.Show("Plan a hull", &host.Form{Action: "save", Submit: "Save hull", Elements: host.Elements{
		&host.TextField{Field: field("name", "Name", true), MaxLength: 20}, &host.NumberField{Field: field("length", "Length", false), Unit: "m"},
		&host.Select{Field: field("slip", "Slip", false), Options: []host.Option{{Value: "4", Label: "Slip 4"}, {Value: "5", Label: "Slip 5"}}},
		&host.Combobox{Field: field("yard", "Yard", false), Action: "propose", Free: true}, &host.Checkbox{Field: field("insured", "Insured", false)},
		&host.SecretField{Field: field("key", "Key", false)}, &host.FileField{Field: field("plan", "Plan", false), Accept: []string{"text/csv"}, MaxKB: 2},
		&host.MemberField{Field: field("who", "Master", false)}, &host.WorkspaceField{Field: field("where", "Workspace", false)},
		&host.ButtonField{Button: host.Button{Label: "Try it", Action: "say"}},
	}}), nil
}

// plain has a form that is sent to the page itself.
func plain(c *sdk.Call, in sdk.PageInput) (*sdk.Answer, error) {
	said := "Nobody has said anything."
	if in.Form != nil {
		said = fmt.Sprint("You said ", in.Form["word"])
	}
	return sdk.Show("Plain", sdk.Text(said), &host.Form{Elements: host.Elements{&host.TextField{Field: host.Field{Name: "word", Label: "Word", Required: true}}}}), nil
}

func save(_ *sdk.Call, v sdk.Values) (*sdk.Answer, error) {
	if v.String("name") == "Hull 13" {
		return nil, sdk.Invalid(map[string]string{"name": "There is no Hull 13 in any yard."})
	}
	if v.String("name") == "Nobody" {
		return nil, sdk.Fail("busy", "The crane is away.")
	}
	plan, _ := v["plan"].(map[string]any)
	return sdk.Go("hulls", fmt.Sprintf("Saved %s, %v m, slip %s, plan %v of %v bytes, insured %v.", v.String("name"), v["length"], v.String("slip"), plan["name"], plan["size"], v["insured"])), nil
}

func loop(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) {
	n := 0
	for {
		n++
	}
}

func trap(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) {
	var none []int
	return sdk.Show(fmt.Sprint(none[len(none)])), nil
}
