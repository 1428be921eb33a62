// Command webhook-relay tells another server who joins and leaves. What could not
// be delivered is tried again, and its page shows what became of it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

func main() {}

var _ = sdk.Register(sdk.Plugin{
	Pages:   map[string]sdk.PageFunc{"": page},
	Actions: map[string]sdk.ActionFunc{"test": test},
	Events:  map[string]sdk.EventFunc{"*": event},
	Jobs:    map[string]sdk.JobFunc{"retry": retry},
})

// The host that http.fetch names in or3.manifest.json. Change both to yours.
const relayHost = "hooks.example.org"

// delivery is one message and what became of it, under a key that sorts the newest
// first.
type delivery struct {
	At    time.Time       `json:"at"`
	Type  string          `json:"type"`
	Body  json.RawMessage `json:"body"`
	Tries int             `json:"tries"`
	State string          `json:"state"` // sent, waiting, given_up
	Said  string          `json:"said"`
}

const (
	keep     = 7 * 24 * time.Hour
	maxTries = 5
)

func event(c *sdk.Call, e host.EventInput) error {
	_, err := deliver(c, e.Type, e.Payload)
	return err
}

func test(c *sdk.Call, _ sdk.Values) (*sdk.Answer, error) {
	d, err := deliver(c, "test", json.RawMessage(`{}`))
	if err != nil {
		return nil, err
	}
	if d.State != "sent" {
		return nil, sdk.Fail("not_delivered", d.Said)
	}
	return sdk.Say("The other server took it: " + d.Said + "."), nil
}

// deliver sends a new message and notes what became of it.
func deliver(c *sdk.Call, kind string, payload json.RawMessage) (delivery, error) {
	at, err := sdk.Time()
	if err != nil {
		return delivery{}, err
	}
	body, err := json.Marshal(map[string]any{"type": kind, "at": at, "workspace": c.Workspace.ID, "payload": payload})
	if err != nil {
		return delivery{}, err
	}
	d := delivery{At: at, Type: kind, Body: body}
	if err := d.send(c); err != nil {
		return d, err
	}
	return d, sdk.KVSetFor(fmt.Sprintf("delivery/%013d", 9_999_999_999_999-at.UnixMilli()), d, keep)
}

// send tries once. The server puts the token into the header: the plugin never sees it.
func (d *delivery) send(c *sdk.Call) error {
	var s struct {
		Path string `json:"path"`
	}
	if err := c.Settings(&s); err != nil {
		return err
	}
	answer, err := sdk.Fetch(host.Fetch{Method: "POST", URL: "https://" + relayHost + s.Path, Body: d.Body,
		Headers: map[string]string{"Content-Type": "application/json"}, Secrets: map[string]string{"Authorization": "Bearer {{token}}"}})
	d.took(answer, err)
	var refused *host.Error
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	return nil
}

// took notes what the other server said.
func (d *delivery) took(answer host.Fetched, err error) {
	d.Tries++
	var refused *host.Error
	switch {
	case errors.As(err, &refused):
		d.Said = refused.Message
	case err != nil:
		d.Said = err.Error()
	default:
		d.Said = fmt.Sprintf("status %d", answer.Status)
	}
	switch {
	case err == nil && answer.Status/100 == 2:
		d.State = "sent"
	case err == nil && answer.Status/100 == 4 && answer.Status != 408 && answer.Status != 429 || d.Tries >= maxTries:
		d.State = "given_up" // asking the same again would not help
	default:
		d.State = "waiting"
	}
}

// retry sends again what waits, ten messages a run.
func retry(c *sdk.Call) error {
	keys, err := sdk.KVList(host.KVList{Prefix: "delivery/", Limit: 200})
	if err != nil {
		return err
	}
	sent := 0
	for _, item := range keys.Items {
		var d delivery
		if err := json.Unmarshal(item.Value, &d); err != nil {
			return err
		}
		if d.State != "waiting" || sent == 10 {
			continue
		}
		sent++
		if err := d.send(c); err != nil {
			return err
		}
		if err := sdk.KVSetFor(item.Key, d, keep); err != nil {
			return err
		}
	}
	return nil
}

func page(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) {
	keys, err := sdk.KVList(host.KVList{Prefix: "delivery/", Limit: 50})
	if err != nil {
		return nil, err
	}
	kinds := map[string]string{"sent": "ok", "waiting": "warn", "given_up": "danger"}
	table := &host.Table{Caption: "Deliveries", Empty: "Nothing was sent yet.", Columns: []host.Column{
		{Key: "at", Title: "When", As: "time"}, {Key: "type", Title: "What", As: "code"}, {Key: "state", Title: "State"},
		{Key: "said", Title: "Answer"}, {Key: "tries", Title: "Tries", As: "number"}}}
	for _, item := range keys.Items {
		var d delivery
		if err := json.Unmarshal(item.Value, &d); err != nil {
			return nil, err
		}
		table.Rows = append(table.Rows, host.Row{ID: item.Key, Cells: map[string]sdk.Cell{"at": sdk.Of(d.At.Format(time.RFC3339)), "type": sdk.Of(d.Type),
			"state": {Value: d.State, Kind: kinds[d.State]}, "said": sdk.Of(d.Said), "tries": sdk.Of(d.Tries)}})
	}
	return sdk.Show("Webhook relay", table, sdk.Buttons(sdk.Button{Label: "Send a test", Action: "test", Style: "primary"})), nil
}
