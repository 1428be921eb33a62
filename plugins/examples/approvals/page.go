package main

import (
	"time"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

func page(c *sdk.Call, _ sdk.PageInput) (*sdk.Answer, error) {
	n, err := tonight(c)
	if err != nil {
		return nil, err
	}
	banner := sdk.Banner("ok", "It is day", "Editors can change this workspace.")
	if n.now {
		banner = sdk.Banner("warn", "It is night", "Until "+n.ends+" only owners change this workspace, and those who have an exception.")
	}
	keys, err := sdk.KVList(host.KVList{Prefix: "except/"})
	if err != nil {
		return nil, err
	}
	owner := c.Actor.Role == "owner"
	table := &host.Table{Caption: "Exceptions", Empty: "Nobody has an exception.", Columns: []host.Column{{Key: "who", Title: "Who", As: "member"}}}
	for _, item := range keys.Items {
		who := item.Key[len("except/"):]
		row := host.Row{ID: who, Cells: map[string]sdk.Cell{"who": sdk.Of(who)}}
		if owner {
			row.Actions = []sdk.Button{{Label: "Take back", Action: "revoke", Style: "danger"}}
		}
		table.Rows = append(table.Rows, row)
	}
	blocks := []sdk.Block{banner, sdk.Heading("Exceptions"), table}
	if owner {
		blocks = append(blocks, &host.Form{Action: "except", Submit: "Make an exception", Elements: host.Elements{
			&host.MemberField{Field: sdk.Field{Name: "who", Label: "Who", Hint: "Ends by itself after twelve hours.", Required: true}}}})
	}
	return sdk.Show("Approvals", blocks...), nil
}

// except and revoke are for owners: their permission in the manifest says so.
func except(_ *sdk.Call, v sdk.Values) (*sdk.Answer, error) {
	who := v.String("who")
	if err := sdk.KVSetFor("except/"+who, true, 12*time.Hour); err != nil {
		return nil, err
	}
	return sdk.Say("They can change this workspace for twelve hours."), sdk.Audit(host.AuditEntry{Action: "excepted", Target: who})
}

func revoke(_ *sdk.Call, v sdk.Values) (*sdk.Answer, error) {
	who := v.String("row")
	if err := sdk.KVDelete("except/" + who); err != nil {
		return nil, err
	}
	return sdk.Say("The exception is gone, within a minute."), sdk.Audit(host.AuditEntry{Action: "revoked", Target: who})
}
