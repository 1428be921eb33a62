package main

import (
	"encoding/json"
	"testing"
	"time"

	"or3.cloud/or3/plugins/host"
)

func TestAnEventIsCountedAndSaid(t *testing.T) {
	d := day{Changes: 1}
	for _, c := range []struct{ kind, payload, words string }{
		{"sync.push:action:after", `{"actor":{"id":"u1"},"success_count":2,"fail_count":1}`, "2 changes"},
		{"sync.push:action:after", `{"actor":{"id":"u1"},"success_count":1}`, "1 change"},
		{"sync.push:action:after", `{"actor":{"id":"u1"},"fail_count":1}`, ""},
		{"admin.user:action:added", `{"user_id":"u2"}`, "joined"},
		{"admin.user:action:role_changed", `{"user_id":"u2"}`, "has another role"},
	} {
		e, err := d.add(host.EventInput{Type: c.kind, Payload: json.RawMessage(c.payload)})
		if err != nil || e.Words != c.words {
			t.Errorf("%s %s: %+v, %v", c.kind, c.payload, e, err)
		}
	}
	if d != (day{Changes: 4, Refused: 2, People: 2}) {
		t.Errorf("%+v", d)
	}
	if _, err := d.add(host.EventInput{Type: "admin.user:action:added", Payload: json.RawMessage(`7`)}); err == nil {
		t.Error("an event that is no object is counted")
	}
}

// An import is many pushes within a minute: one line, for each who is at work.
func TestWhatOnePersonChangesInAMinuteIsOneLine(t *testing.T) {
	at := time.Date(2026, 11, 29, 8, 0, 30, 0, time.UTC)
	mine, more := entry{Who: "u1", Words: "2 changes", Changes: 2}, entry{Who: "u1", Words: "1 change", Changes: 1}
	if mine.key(at) != more.key(at.Add(20*time.Second)) || mine.key(at) == more.key(at.Add(time.Minute)) || mine.key(at) == (entry{Who: "u2", Changes: 1}).key(at) {
		t.Errorf("%s", mine.key(at))
	}
	if more.join(mine); more.Words != "3 changes" || more.Changes != 3 {
		t.Errorf("%+v", more)
	}
	joined := entry{Kind: "people", Who: "u1", Words: "joined"}
	if joined.join(mine); joined.Words != "joined" || joined.key(at) == joined.key(at.Add(time.Second)) {
		t.Errorf("%+v at %s", joined, joined.key(at))
	}
}

func TestTheNewestEntryComesFirst(t *testing.T) {
	at := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	if entryKey(at.Add(time.Millisecond)) >= entryKey(at) || len(entryKey(at)) != len(entryKey(at.AddDate(200, 0, 0))) {
		t.Errorf("%s %s", entryKey(at), entryKey(at.AddDate(200, 0, 0)))
	}
}
