package ui

import (
	"testing"
	"time"
)

func TestClockWordsTimesAsAPersonWouldSayThem(t *testing.T) {
	now := time.Date(2026, 11, 23, 13, 31, 8, 0, time.UTC)
	oslo := ClockIn(now, "Europe/Oslo")
	cases := []struct {
		what string
		got  string
		want string
	}{
		{"today", oslo.At(now).Text, "14:31"},
		{"yesterday", oslo.At(now.Add(-20 * time.Hour)).Text, "Yesterday, 18:31"},
		{"within a week", oslo.At(now.AddDate(0, 0, -3)).Text, "Friday, 14:31"},
		{"a week ago", oslo.At(now.AddDate(0, 0, -7)).Text, "16 November"},
		{"another year", oslo.At(now.AddDate(-1, 0, 0)).Text, "23 November 2025"},
		{"never", oslo.At(time.Time{}).Text, ""},
		{"just before local midnight", oslo.At(time.Date(2026, 11, 22, 22, 59, 0, 0, time.UTC)).Text, "Yesterday, 23:59"},
		{"just after local midnight", oslo.At(time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC)).Text, "00:00"},
		{"short today", oslo.Short(now).Text, "14:31"},
		{"short yesterday", oslo.Short(now.AddDate(0, 0, -1)).Text, "Yest."},
		{"short weekday", oslo.Short(now.AddDate(0, 0, -4)).Text, "Thu"},
		{"short date", oslo.Short(now.AddDate(0, 0, -6)).Text, "Tue"},
		{"short older", oslo.Short(now.AddDate(0, 0, -8)).Text, "15 Nov"},
		{"log today", oslo.Log(now).Text, "14:31:08"},
		{"log earlier", oslo.Log(now.AddDate(0, 0, -1)).Text, "22 Nov 14:31"},
		{"message", oslo.Message(now).Text, "14:31"},
		{"day today", oslo.Day(now), "Today, 23 November"},
		{"day yesterday", oslo.Day(now.AddDate(0, 0, -1)), "Yesterday, 22 November"},
		{"day this year", oslo.Day(now.AddDate(0, 0, -3)), "Friday, 20 November"},
		{"day last year", oslo.Day(now.AddDate(-1, 0, 0)), "23 November 2025"},
		{"ago now", oslo.Ago(now.Add(-30 * time.Second)).Text, "Now"},
		{"ago minutes", oslo.Ago(now.Add(-6 * time.Minute)).Text, "6 min ago"},
		{"ago hours", oslo.Ago(now.Add(-3 * time.Hour)).Text, "3 h ago"},
		{"ago yesterday", oslo.Ago(now.Add(-24 * time.Hour)).Text, "Yesterday, 14:31"},
		{"until days", oslo.Until(now.AddDate(0, 0, 5)).Text, "in 5 days"},
		{"until hours", oslo.Until(now.Add(3 * time.Hour)).Text, "in 3 h"},
		{"until past", oslo.Until(now.Add(-time.Hour)).Text, "now"},
		{"full", oslo.At(now).Full, "Monday, 23 November 2026, 14:31:08 Europe/Oslo"},
		{"iso", oslo.At(now).ISO, "2026-11-23T13:31:08Z"},
		{"unknown zone", ClockIn(now, "Atlantis/Deep").At(now).Text, "13:31"},
		{"the server's own zone is nobody's", ClockIn(now, "Local").ZoneName(), "UTC"},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, c.got, c.want)
		}
	}
}

func TestInitialsComeFromFirstAndLastName(t *testing.T) {
	for name, want := range map[string]string{
		"Ines Okafor": "IO", "maren": "M", "Tomasz van der Wójcik": "TW", "": "?", "—": "?", "æva Ø": "ÆØ", "R2 D2": "RD",
	} {
		if got := initials(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if FaceOf("a", "Ines Okafor") != FaceOf("a", "Ines Okafor") {
		t.Error("a face changed between two looks")
	}
}

func TestProblemsBelongToTheirForm(t *testing.T) {
	p := Problems{Form: "profile", Fields: []Problem{{"display_name", "Name", "Write a name."}}}
	if p.In("password").Any() || !p.In("profile").Any() {
		t.Error("problems showed up at the wrong form")
	}
	if p.Of("display_name") != "Write a name." || p.Of("email") != "" {
		t.Error("wrong sentence for a field")
	}
	if p.Heading() != "1 thing to fix before this can be saved" {
		t.Errorf("heading %q", p.Heading())
	}
}
