package main

import (
	"fmt"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

func page(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) {
	var s state
	found, err := sdk.KVGet("import", &s)
	if err != nil {
		return nil, err
	}
	var blocks []sdk.Block
	if found {
		blocks = s.blocks()
	}
	if !found || s.Done == s.Total {
		blocks = append(blocks, &host.Form{Action: "start", Submit: "Import", Elements: host.Elements{
			&host.FileField{Field: sdk.Field{Name: "file", Label: "CSV file", Required: true, Hint: "Its first line names the columns title and content. Each further line becomes a document."},
				Accept: []string{"text/csv", "text/plain", "application/vnd.ms-excel"}, MaxKB: 500}}})
	}
	return sdk.Show("CSV import", blocks...), nil
}

// blocks show how far it is, what went wrong, and what one can do.
func (s state) blocks() []sdk.Block {
	blocks := []sdk.Block{&host.Progress{Label: s.Name, Value: float64(s.Done), Max: float64(s.Total), Text: fmt.Sprintf("%d of %d lines", s.Done, s.Total)}}
	if s.Done < s.Total {
		blocks = append(blocks, sdk.Text("The rest is imported by itself, some lines a minute."),
			sdk.Buttons(sdk.Button{Label: "Import more now", Action: "step", Style: "primary"},
				sdk.Button{Label: "Stop", Action: "stop", Style: "danger", Confirm: "Forget the lines that are not imported yet?"}))
	} else {
		blocks = append(blocks, sdk.Banner("ok", fmt.Sprintf("%d documents are there", s.Total-s.Wrong), ""))
	}
	if s.Wrong == 0 {
		return blocks
	}
	table := &host.Table{Caption: "Lines that were refused", Columns: []host.Column{{Key: "line", Title: "Line", As: "number"}, {Key: "why", Title: "Why"}}}
	for _, f := range s.Failed {
		table.Rows = append(table.Rows, host.Row{ID: fmt.Sprint(f.Line), Cells: map[string]sdk.Cell{"line": sdk.Of(f.Line), "why": sdk.Of(f.Why)}})
	}
	return append(blocks, sdk.Banner("warn", fmt.Sprintf("Lines that were refused: %d", s.Wrong), "These are the first of them."), table)
}
