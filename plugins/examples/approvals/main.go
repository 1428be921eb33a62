// Command approvals keeps editors from changing a workspace at night: a filter of
// decisions, settings that say when night is, and exceptions that an owner makes.
package main

import (
	"fmt"
	"time"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

func main() {}

var _ = sdk.Register(sdk.Plugin{
	Pages:   map[string]sdk.PageFunc{"": page},
	Actions: map[string]sdk.ActionFunc{"except": except, "revoke": revoke},
	Filter:  filter,
})

// settings are those of the manifest.
type settings struct {
	From   string  `json:"from"`
	To     string  `json:"to"`
	Offset float64 `json:"utc_offset"` // hours
}

// longest is how long a decision may be kept.
const longest = time.Minute

// filter is asked for every decision. It can only take away, so it lets pass what
// it does not know.
func filter(c *sdk.Call, d host.Decision) (host.FilterAnswer, error) {
	pass := host.FilterAnswer{Allowed: d.Allowed}
	if !d.Allowed || d.Permission != "workspace.write" || d.Role != "editor" {
		return pass, nil
	}
	n, err := tonight(c)
	if err != nil {
		return pass, err
	}
	ttl := int(min(n.left, longest) / time.Second)
	pass.TTL = &ttl
	if !n.now {
		return pass, nil
	}
	excepted, err := sdk.KVGet("except/"+d.UserID, new(bool))
	if err != nil || excepted {
		return pass, err
	}
	return host.FilterAnswer{Reason: "Nobody but owners changes this workspace at night, until " + n.ends + ". An owner can make an exception.", TTL: &ttl}, nil
}

func tonight(c *sdk.Call) (night, error) {
	var s settings
	if err := c.Settings(&s); err != nil {
		return night{}, err
	}
	at, err := sdk.Time()
	if err != nil {
		return night{}, err
	}
	return s.at(at)
}

// night is whether it is night, and how long it stays so or not.
type night struct {
	now  bool
	left time.Duration
	ends string // as in the settings
}

func (s settings) at(at time.Time) (night, error) {
	from, err := clock(s.From)
	if err != nil {
		return night{}, err
	}
	to, err := clock(s.To)
	if err != nil {
		return night{}, err
	}
	at = at.UTC().Add(time.Duration(s.Offset * float64(time.Hour)))
	since := at.Sub(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC))
	until := func(moment time.Duration) time.Duration {
		if moment <= since {
			moment += 24 * time.Hour
		}
		return moment - since
	}
	if from == to {
		return night{left: 24 * time.Hour, ends: s.To}, nil // there is no night
	}
	n := night{now: until(to) < until(from), ends: s.To}
	n.left = until(from)
	if n.now {
		n.left = until(to)
	}
	return n, nil
}

// clock reads a time of day such as 22:30.
func clock(text string) (time.Duration, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("the setting %q is no time of day", text)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}
