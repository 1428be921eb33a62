// Command digest tells everybody once a day what has changed in the workspace.
package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

func main() {}

var _ = sdk.Register(sdk.Plugin{
	Pages:   map[string]sdk.PageFunc{"": page},
	Actions: map[string]sdk.ActionFunc{"send": send},
	Jobs:    map[string]sdk.JobFunc{"digest": digest},
})

type settings struct {
	Hour     float64 `json:"hour"` // UTC
	Weekends bool    `json:"weekends"`
}

// due tells whether the digest of a day is to be sent now; sent is the day of the last one.
func (s settings) due(now time.Time, sent string) bool {
	weekend := now.Weekday() == time.Saturday || now.Weekday() == time.Sunday
	return now.Hour() >= int(s.Hour) && sent != now.Format(time.DateOnly) && (s.Weekends || !weekend)
}

// digest runs every quarter of an hour, as plugin:digest: it sees what all members
// see, and nobody's private rows.
func digest(c *sdk.Call) error {
	var s settings
	if err := c.Settings(&s); err != nil {
		return err
	}
	now, err := sdk.Time()
	if err != nil {
		return err
	}
	var sent string
	if _, err := sdk.KVGet("sent", &sent); err != nil || !s.due(now, sent) {
		return err
	}
	news, err := since(now.Add(-24 * time.Hour))
	if err != nil {
		return err
	}
	// Noted first: telling nobody is better than telling everybody twice.
	if err := sdk.KVSet("sent", now.Format(time.DateOnly)); err != nil || news.total == 0 {
		return err
	}
	after := ""
	for {
		people, err := sdk.Members(host.MemberList{After: after})
		if err != nil {
			return err
		}
		for _, m := range people.Members {
			if err := tell(c, m.ID, news); err != nil {
				return err
			}
		}
		if after = people.Next; after == "" {
			return nil
		}
	}
}

func tell(c *sdk.Call, userID string, n news) error {
	_, err := sdk.Notify(host.Notice{UserID: userID, Title: n.title(), Body: n.body(), Link: "/w/" + c.Workspace.ID})
	return err
}

func send(c *sdk.Call, _ sdk.Values) (*sdk.Answer, error) {
	now, err := sdk.Time()
	if err != nil {
		return nil, err
	}
	n, err := since(now.Add(-24 * time.Hour))
	if err != nil {
		return nil, err
	}
	return sdk.Say("It is among your notifications."), tell(c, c.Actor.ID, n)
}

func page(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) {
	now, err := sdk.Time()
	if err != nil {
		return nil, err
	}
	n, err := since(now.Add(-24 * time.Hour))
	if err != nil {
		return nil, err
	}
	list := &host.List{Empty: "Nothing has changed for a day."}
	for _, title := range n.titles {
		list.Items = append(list.Items, host.Item{Title: title})
	}
	return sdk.Show("Digest", sdk.Text("What the next digest would say: **"+n.title()+"**"), list,
		sdk.Buttons(sdk.Button{Label: "Send it to me", Action: "send", Style: "primary"})), nil
}

// news is what has changed.
type news struct {
	total  int
	titles []string // the first ones
}

const shown = 5

func since(when time.Time) (n news, err error) {
	after := ""
	for range 10 { // two thousand threads are enough to look through
		rows, err := sdk.RowList(host.RowList{Table: "threads", After: after, Limit: 200})
		if err != nil {
			return n, err
		}
		for _, row := range rows.Rows {
			if err := n.add(row, when); err != nil {
				return n, err
			}
		}
		if after = rows.Next; after == "" {
			break
		}
	}
	return n, nil
}

func (n *news) add(row json.RawMessage, when time.Time) error {
	var thread struct {
		Title   string `json:"title"`
		Last    int64  `json:"last_message_at"`
		Updated int64  `json:"updated_at"`
	}
	if err := json.Unmarshal(row, &thread); err != nil {
		return err
	}
	if max(thread.Last, thread.Updated) < when.Unix() {
		return nil
	}
	n.total++
	if thread.Title != "" && len(n.titles) < shown {
		n.titles = append(n.titles, thread.Title)
	}
	return nil
}

func (n news) title() string {
	switch n.total {
	case 0:
		return "Nothing new since yesterday"
	case 1:
		return "1 conversation moved since yesterday"
	}
	return fmt.Sprintf("%d conversations moved since yesterday", n.total)
}

func (n news) body() string {
	body := strings.Join(n.titles, " · ")
	if more := n.total - len(n.titles); more > 0 && body != "" {
		body += fmt.Sprintf(" · and %d more", more)
	}
	if runes := []rune(body); len(runes) > 1000 {
		body = string(runes[:999]) + "…"
	}
	return body
}
