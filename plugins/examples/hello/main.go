// Command hello is the smallest plugin that shows something: one page and one
// widget.
package main

import (
	"fmt"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

func main() {}

var _ = sdk.Register(sdk.Plugin{
	Pages:   map[string]sdk.PageFunc{"": page},
	Widgets: map[string]sdk.WidgetFunc{"hello": widget},
})

func page(c *sdk.Call, _ sdk.PageInput) (*sdk.Answer, error) {
	return sdk.Show("Hello",
		sdk.Text(fmt.Sprintf("Hello, **%s**.", c.Workspace.Name)),
		&host.KeyValues{Items: []host.KeyValue{
			{Key: "You are", Value: sdk.Of(c.Actor.ID), As: "member"},
			{Key: "Your role", Value: sdk.Of(c.Actor.Role)},
			{Key: "This plugin", Value: sdk.Of(c.Plugin.ID + " " + c.Plugin.Version), As: "code"},
		}}), nil
}

func widget(c *sdk.Call, size string) (*sdk.Answer, error) {
	blocks := []sdk.Block{&host.Stats{Items: []host.Stat{{Label: "Workspace", Value: c.Workspace.Name}, {Label: "Size", Value: size}}}}
	for i := range 11 {
		blocks = append(blocks, &host.Meter{Label: fmt.Sprintf("Berth %d", i+1), Value: float64(i), Max: 11})
	}
	return sdk.Show("Hello", blocks...), nil
}
