package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestWhenADigestIsDue(t *testing.T) {
	friday := time.Date(2026, 11, 27, 7, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		now      time.Time
		sent     string
		weekends bool
		due      bool
	}{
		{friday, "", false, true},
		{friday, "2026-11-26", false, true},
		{friday, "2026-11-27", false, false},
		{friday.Add(-time.Minute), "2026-11-26", false, false},
		{friday.Add(10 * time.Hour), "2026-11-26", false, true},
		{friday.AddDate(0, 0, 1), "2026-11-27", false, false},
		{friday.AddDate(0, 0, 1), "2026-11-27", true, true},
	} {
		if got := (settings{Hour: 7, Weekends: c.weekends}).due(c.now, c.sent); got != c.due {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

func TestWhatADigestSays(t *testing.T) {
	var n news
	if n.title() != "Nothing new since yesterday" || n.body() != "" {
		t.Errorf("%q %q", n.title(), n.body())
	}
	when := time.Unix(1000, 0)
	for _, row := range []string{`{"title":"Old","updated_at":999}`, `{"title":"Tide","updated_at":10,"last_message_at":1000}`} {
		if err := n.add(json.RawMessage(row), when); err != nil {
			t.Fatal(err)
		}
	}
	if n.title() != "1 conversation moved since yesterday" || n.body() != "Tide" {
		t.Errorf("%q %q", n.title(), n.body())
	}
	for range 6 {
		if err := n.add(json.RawMessage(`{"title":"Berth","updated_at":2000}`), when); err != nil {
			t.Fatal(err)
		}
	}
	if n.title() != "7 conversations moved since yesterday" || !strings.HasSuffix(n.body(), "Berth · and 2 more") {
		t.Errorf("%q %q", n.title(), n.body())
	}
}
