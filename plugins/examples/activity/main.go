// Command activity counts what happens in a workspace: events become days in the
// plugin's store, which a widget draws as a chart, and a list that a page filters.
package main

import (
	"encoding/json"
	"fmt"
	"time"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

func main() {}

var _ = sdk.Register(sdk.Plugin{
	Pages:   map[string]sdk.PageFunc{"": page},
	Widgets: map[string]sdk.WidgetFunc{"days": widget},
	Events:  map[string]sdk.EventFunc{"*": event},
})

// day is what happened on one day, under "day/2026-11-29".
type day struct {
	Changes int `json:"changes"`
	Refused int `json:"refused"`
	People  int `json:"people"`
}

// entry is one line of the list, under a key that sorts the newest first. What
// somebody changes within a minute is one line, however much it is: an import of a
// thousand rows would push everything else out of sight.
type entry struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"` // sync or people
	Who     string    `json:"who"`
	Words   string    `json:"words"`
	Changes int       `json:"changes,omitempty"`
}

const keep = 30 * 24 * time.Hour

func event(_ *sdk.Call, e host.EventInput) error {
	now, err := sdk.Time()
	if err != nil {
		return err
	}
	key := "day/" + now.Format(time.DateOnly)
	var today day
	if _, err := sdk.KVGet(key, &today); err != nil {
		return err
	}
	line, err := today.add(e)
	if err != nil || line.Words == "" {
		return err
	}
	if err := sdk.KVSetFor(key, today, keep); err != nil {
		return err
	}
	key = line.key(now)
	var before entry
	if _, err := sdk.KVGet(key, &before); err != nil {
		return err
	}
	line.join(before)
	line.At = now
	return sdk.KVSetFor(key, line, keep)
}

// join adds what the same person did earlier in the minute.
func (e *entry) join(before entry) {
	if e.Changes == 0 {
		return
	}
	e.Changes += before.Changes
	e.Words = count(e.Changes, "change")
}

// add counts an event and says it in words; "" for one that is not worth a line.
func (d *day) add(e host.EventInput) (entry, error) {
	if e.Type == "sync.push:action:after" {
		var push struct {
			Actor   struct{ ID string } `json:"actor"`
			Success int                 `json:"success_count"`
			Fail    int                 `json:"fail_count"`
		}
		if err := json.Unmarshal(e.Payload, &push); err != nil {
			return entry{}, err
		}
		d.Changes, d.Refused = d.Changes+push.Success, d.Refused+push.Fail
		if push.Success == 0 {
			return entry{}, nil
		}
		return entry{Kind: "sync", Who: push.Actor.ID, Words: count(push.Success, "change"), Changes: push.Success}, nil
	}
	var member struct {
		UserID string `json:"user_id"`
	}
	if err := json.Unmarshal(e.Payload, &member); err != nil {
		return entry{}, err
	}
	d.People++
	words := map[string]string{"admin.user:action:added": "joined", "admin.user:action:removed": "left", "admin.user:action:role_changed": "has another role"}[e.Type]
	return entry{Kind: "people", Who: member.UserID, Words: words}, nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// key is where a line is kept: changes of a person within a minute share one.
func (e entry) key(at time.Time) string {
	if e.Changes == 0 {
		return entryKey(at)
	}
	return entryKey(at.Truncate(time.Minute)) + "/" + e.Who
}

// entryKey begins with what is left of a far day, so that keys in order are the newest first.
func entryKey(at time.Time) string {
	return fmt.Sprintf("entry/%013d", 9_999_999_999_999-at.UnixMilli())
}
