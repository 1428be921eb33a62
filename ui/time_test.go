package ui

import (
	"strings"
	"testing"
	"time"
)

// words strips the <time> element from around what a person reads.
func words(html string) string {
	_, rest, _ := strings.Cut(html, ">")
	text, _, _ := strings.Cut(rest, "<")
	return text
}

func TestMomentsReadAsAPersonSaysThem(t *testing.T) {
	clock := testClock() // Monday, 23 November 2026, 14:31:08 in Oslo
	at := func(text string) Time {
		m, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return clock.At(m)
	}
	cases := []struct{ when, long, short, ago, day string }{
		{"2026-11-23T13:31:00Z", "14:31", "14:31", "Now", "Today, 23 November"},
		{"2026-11-23T13:20:00Z", "14:20", "14:20", "11 min ago", "Today, 23 November"},
		{"2026-11-22T23:30:00Z", "00:30", "00:30", "14 h ago", "Today, 23 November"},
		{"2026-11-22T22:30:00Z", "Yesterday, 23:30", "Yest.", "Yesterday, 23:30", "Yesterday, 22 November"},
		{"2026-11-20T15:52:00Z", "Friday, 16:52", "Fri", "Friday, 16:52", "Friday, 20 November"},
		{"2026-11-17T07:00:00Z", "Tuesday, 08:00", "Tue", "Tuesday, 08:00", "Tuesday, 17 November"},
		{"2026-11-16T07:00:00Z", "16 November", "16 Nov", "16 November", "Monday, 16 November"},
	}
	for _, c := range cases {
		m := at(c.when)
		for name, pair := range map[string][2]string{"long": {words(string(m.Long())), c.long}, "short": {words(string(m.Short())), c.short}, "ago": {words(string(m.Ago())), c.ago}, "day": {words(string(m.Day())), c.day}} {
			if pair[0] != pair[1] {
				t.Errorf("%s %s: %q, want %q", c.when, name, pair[0], pair[1])
			}
		}
	}
	if got := words(string(at("2025-03-03T10:00:00Z").Date())); got != "3 March 2025" {
		t.Errorf("another year reads %q", got)
	}
	for after, want := range map[time.Duration]string{-time.Second: "now", 90 * time.Second: "in 2 minutes", time.Minute: "in 1 minute", 20 * time.Hour: "in 20 h", 7 * 24 * time.Hour: "in 7 days"} {
		if got := words(string(clock.At(clock.now.Add(after)).In())); got != want {
			t.Errorf("in %v reads %q, want %q", after, got, want)
		}
	}
}

func TestAMomentCarriesItsZone(t *testing.T) {
	m := testClock().At(time.Date(2026, 11, 23, 13, 31, 8, 0, time.UTC))
	if got := string(m.Hour()); got != `<time datetime="2026-11-23T14:31:08+01:00" title="23 November 2026, 14:31:08 CET">14:31</time>` {
		t.Error(got)
	}
	if m := testClock().AtMillis(0); !m.IsZero() || m.Ago() != "Never" {
		t.Error("0 is never")
	}
	if zone := NewClock("Mars/Olympus", "", time.Now()).Zone(); zone != "UTC" {
		t.Errorf("an unknown zone is %s", zone)
	}
}

func TestAmericansReadTheMonthFirst(t *testing.T) {
	clock := NewClock("America/New_York", "en-US", time.Date(2026, 11, 23, 13, 31, 8, 0, time.UTC))
	if got := words(string(clock.At(time.Date(2025, 3, 3, 15, 0, 0, 0, time.UTC)).Date())); got != "March 3, 2025" {
		t.Error(got)
	}
}
