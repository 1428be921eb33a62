package ui

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// Clock turns moments into words for one reader: their zone, their order of
// day and month, and what time it is now.
type Clock struct {
	zone       *time.Location
	monthFirst bool
	now        time.Time
}

// NewClock makes a reader's clock. An unknown or empty zone is UTC; locale is a
// language tag such as "en-GB".
func NewClock(zone, locale string, now time.Time) Clock {
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "" || zone == "Local" {
		loc = time.UTC
	}
	return Clock{zone: loc, monthFirst: monthFirst(locale), now: now.In(loc)}
}

// Zone names the reader's zone: "Europe/Oslo".
func (c Clock) Zone() string {
	if c.zone == nil {
		return "UTC"
	}
	return c.zone.String()
}

// Now is the moment everything is seen from.
func (c Clock) Now() Time { return c.At(c.now) }

// At binds a moment to the clock. The zero moment stays "never".
func (c Clock) At(t time.Time) Time {
	if c.zone == nil {
		c.zone = time.UTC
	}
	if t.IsZero() {
		return Time{}
	}
	return Time{at: t.In(c.zone), clock: c}
}

// AtMillis is At for epoch milliseconds; 0 is never.
func (c Clock) AtMillis(ms int64) Time {
	if ms == 0 {
		return Time{}
	}
	return c.At(time.UnixMilli(ms))
}

// Time is a moment as one reader sees it. Its methods give <time> elements; the
// exact moment with its zone is the tooltip.
type Time struct {
	at    time.Time
	clock Clock
}

// IsZero reports "never".
func (t Time) IsZero() bool { return t.at.IsZero() }

// Ago says how long since: Now, 6 min ago, 3 h ago, Yesterday, 17:40, then the date.
func (t Time) Ago() template.HTML { return t.element(t.ago()) }

// Short is for lists: 14:31 today, Yest., Fri up to a week, then 17 Nov, then 2025.
func (t Time) Short() template.HTML { return t.element(t.short()) }

// Long is for text: 14:31 today, Yesterday, 17:40, Friday, 16:52, then 18 November.
func (t Time) Long() template.HTML { return t.element(t.long()) }

// Words is what Long says, as text: 14:31 today, then 18 November.
func (t Time) Words() string { return t.long() }

// Stamp is a day and a time of day, as text, for names: 29 November, 14:02.
func (t Time) Stamp() string { return t.date("January", false) + ", " + t.format("15:04") }

// Hour is the time of day alone: 14:31.
func (t Time) Hour() template.HTML { return t.element(t.format("15:04")) }

// Second is the time of day with seconds today, else the short date: for logs.
func (t Time) Second() template.HTML {
	if t.days() == 0 {
		return t.element(t.format("15:04:05"))
	}
	return t.element(t.date("Jan", t.far()))
}

// Date is day and month, and the year when it is another: 18 November.
func (t Time) Date() template.HTML { return t.element(t.date("January", t.far())) }

// Day heads a group of messages: Today, 23 November.
func (t Time) Day() template.HTML {
	date := t.date("January", t.far())
	switch t.days() {
	case 0:
		return t.element("Today, " + date)
	case 1:
		return t.element("Yesterday, " + date)
	}
	return t.element(t.format("Monday") + ", " + date)
}

// SameDay reports whether two moments fall on one day of the reader.
func (t Time) SameDay(other Time) bool {
	return t.at.Format(time.DateOnly) == other.at.Format(time.DateOnly)
}

// In says how long until: in 5 days, in 3 h.
func (t Time) In() template.HTML {
	return t.element(span(t.at.Sub(t.clock.now)))
}

// ISO is the moment for machines, RFC 3339 in the reader's zone.
func (t Time) ISO() string { return t.format(time.RFC3339) }

// Exact is the moment in full, with its zone.
func (t Time) Exact() string {
	if t.IsZero() {
		return ""
	}
	return t.date("January", true) + ", " + t.format("15:04:05 MST")
}

func (t Time) element(words string) template.HTML {
	if t.IsZero() {
		return "Never"
	}
	return timeElement(t.ISO(), t.Exact(), words)
}

func (t Time) ago() string {
	past := t.clock.now.Sub(t.at)
	switch {
	case past < time.Minute:
		return "Now"
	case past < time.Hour:
		return fmt.Sprintf("%d min ago", int(past/time.Minute))
	case t.days() == 0:
		return fmt.Sprintf("%d h ago", int(past/time.Hour))
	}
	return t.long()
}

func (t Time) short() string {
	switch d := t.days(); {
	case d == 0:
		return t.format("15:04")
	case d == 1:
		return "Yest."
	case d > 1 && d < 7:
		return t.format("Mon")
	case t.far():
		return t.format("2006")
	}
	return t.date("Jan", false)
}

func (t Time) long() string {
	switch d := t.days(); {
	case d == 0:
		return t.format("15:04")
	case d == 1:
		return "Yesterday, " + t.format("15:04")
	case d > 1 && d < 7:
		return t.format("Monday, 15:04")
	}
	return t.date("January", t.far())
}

func (t Time) date(month string, year bool) string {
	switch {
	case t.clock.monthFirst && year:
		return t.format(month + " 2, 2006")
	case t.clock.monthFirst:
		return t.format(month + " 2")
	case year:
		return t.format("2 " + month + " 2006")
	}
	return t.format("2 " + month)
}

func (t Time) format(layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.at.Format(layout)
}

// days counts midnights between the moment and now; negative in the future.
func (t Time) days() int {
	midnight := func(m time.Time) time.Time {
		return time.Date(m.Year(), m.Month(), m.Day(), 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(t.clock.now).Sub(midnight(t.at)) / (24 * time.Hour))
}

func (t Time) far() bool { return t.at.Year() != t.clock.now.Year() }

func span(d time.Duration) string {
	switch {
	case d <= 0:
		return "now"
	case d < time.Hour:
		return "in " + Plural(int((d+time.Minute-1)/time.Minute), "minute", "minutes")
	case d < 48*time.Hour:
		return fmt.Sprintf("in %d h", int(d/time.Hour))
	}
	// To the nearest day: what was just made for 7 days does not end in 6.
	return "in " + Plural(int((d+12*time.Hour)/(24*time.Hour)), "day", "days")
}

// monthFirst tells the locales that write the month before the day.
func monthFirst(locale string) bool {
	switch strings.ToLower(strings.ReplaceAll(locale, "_", "-")) {
	case "en-us", "en-ph", "es-us", "fil-ph":
		return true
	}
	return false
}
