package main

import (
	"encoding/json"
	"time"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

const (
	shownDays = 14
	perPage   = 25
)

func widget(_ *sdk.Call, size string) (*sdk.Answer, error) {
	now, err := sdk.Time()
	if err != nil {
		return nil, err
	}
	chart := &host.Chart{Kind: "bar", Title: "Changes a day", Series: []host.Series{{Name: "Changes"}}}
	if size != "small" {
		chart.Series = append(chart.Series, host.Series{Name: "Refused"})
	}
	stored, err := days()
	if err != nil {
		return nil, err
	}
	for i := shownDays - 1; i >= 0; i-- {
		at := now.AddDate(0, 0, -i)
		d := stored[at.Format(time.DateOnly)]
		chart.Labels = append(chart.Labels, at.Format("2 Jan"))
		for s, n := range []int{d.Changes, d.Refused}[:len(chart.Series)] {
			chart.Series[s].Values = append(chart.Series[s].Values, float64(n))
		}
	}
	return sdk.Show("", chart), nil
}

func days() (map[string]day, error) {
	keys, err := sdk.KVList(host.KVList{Prefix: "day/", Limit: 40})
	out := map[string]day{}
	for _, item := range keys.Items {
		var d day
		if err := json.Unmarshal(item.Value, &d); err != nil {
			return nil, err
		}
		out[item.Key[len("day/"):]] = d
	}
	return out, err
}

func page(_ *sdk.Call, in sdk.PageInput) (*sdk.Answer, error) {
	kind := in.Query["kind"]
	table := &host.Table{Caption: "What happened", Empty: "Nothing happened yet. It appears here as soon as something does.", Columns: []host.Column{
		{Key: "at", Title: "When", As: "time"}, {Key: "who", Title: "Who", As: "member"}, {Key: "what", Title: "What"}, {Key: "kind", Title: "Kind", As: "badge"},
	}}
	// Entries of other kinds are passed over, a few pages of the store at most.
	after := in.Query["cursor"]
	for range 4 {
		found, err := sdk.KVList(host.KVList{Prefix: "entry/", After: after, Limit: 100})
		if err != nil {
			return nil, err
		}
		for _, item := range found.Items {
			var e entry
			if err := json.Unmarshal(item.Value, &e); err != nil {
				return nil, err
			}
			if kind != "" && e.Kind != kind {
				continue
			}
			if len(table.Rows) == perPage {
				table.Next = table.Rows[perPage-1].ID
				return shown(kind, table), nil
			}
			table.Rows = append(table.Rows, host.Row{ID: item.Key, Cells: map[string]sdk.Cell{
				"at": sdk.Of(e.At.Format(time.RFC3339)), "who": sdk.Of(e.Who), "what": sdk.Of(e.Words), "kind": sdk.Of(e.Kind)}})
		}
		if after = found.Next; after == "" {
			break
		}
	}
	table.Next = after
	return shown(kind, table), nil
}

func shown(kind string, table *host.Table) *sdk.Answer {
	tab := func(title, value string) host.Tab {
		return host.Tab{Title: title, Link: "?kind=" + value, Open: kind == value}
	}
	return sdk.Show("Changes by day", &host.Tabs{Items: []host.Tab{tab("All", ""), tab("Changes", "sync"), tab("People", "people")}}, table)
}
