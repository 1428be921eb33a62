package ui

import (
	"fmt"
	"time"
)

// Moment is one point in time as a page shows it: ISO for <time datetime>,
// Text for the line and Full for the tooltip, with the zone's name.
type Moment struct {
	ISO  string
	Text string
	Full string
}

// IsZero reports a moment that never was (never used, never seen).
func (m Moment) IsZero() bool { return m.ISO == "" }

// Clock turns times into words, in a person's zone, seen from Now.
type Clock struct {
	Now  time.Time
	Zone *time.Location
}

// ClockIn makes a clock for the named IANA zone; an empty or unknown name is UTC.
func ClockIn(now time.Time, zone string) Clock {
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		loc = time.UTC
	}
	return Clock{Now: now.In(loc), Zone: loc}
}

// ZoneName is the zone's IANA name, "UTC" when the person chose none.
func (c Clock) ZoneName() string { return c.Zone.String() }

// At is a moment in a sentence: "14:31", "Yesterday, 17:40", "Friday, 16:52"
// up to a week, then "18 November", with the year when it is another one.
func (c Clock) At(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	l := t.In(c.Zone)
	switch days := c.daysAgo(l); {
	case days == 0:
		return c.moment(l, l.Format("15:04"))
	case days == 1:
		return c.moment(l, "Yesterday, "+l.Format("15:04"))
	case days == -1:
		return c.moment(l, "Tomorrow, "+l.Format("15:04"))
	case days > 1 && days < 7:
		return c.moment(l, l.Format("Monday, 15:04"))
	}
	return c.moment(l, c.date(l))
}

// Short is a moment in a narrow column: "14:31", "Yest.", "Fri", "17 Nov", "17 Nov 2025".
func (c Clock) Short(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	l := t.In(c.Zone)
	switch days := c.daysAgo(l); {
	case days == 0:
		return c.moment(l, l.Format("15:04"))
	case days == 1:
		return c.moment(l, "Yest.")
	case days > 1 && days < 7:
		return c.moment(l, l.Format("Mon"))
	case l.Year() == c.Now.Year():
		return c.moment(l, l.Format("2 Jan"))
	}
	return c.moment(l, l.Format("2 Jan 2006"))
}

// Log is a moment in a log's first column: "14:31:08" today, else "22 Nov 14:31".
func (c Clock) Log(t time.Time) Moment {
	l := t.In(c.Zone)
	switch {
	case c.daysAgo(l) == 0:
		return c.moment(l, l.Format("15:04:05"))
	case l.Year() == c.Now.Year():
		return c.moment(l, l.Format("2 Jan 15:04"))
	}
	return c.moment(l, l.Format("2 Jan 2006"))
}

// Message is a moment beside a message's author: "14:29" (the day stands above).
func (c Clock) Message(t time.Time) Moment {
	return c.moment(t.In(c.Zone), t.In(c.Zone).Format("15:04"))
}

// Day names a message's day for the separator: "Today, 23 November",
// "Yesterday, 22 November", "Friday, 20 November", "3 March 2025".
func (c Clock) Day(t time.Time) string {
	l := t.In(c.Zone)
	switch days := c.daysAgo(l); {
	case days == 0:
		return "Today, " + l.Format("2 January")
	case days == 1:
		return "Yesterday, " + l.Format("2 January")
	case l.Year() == c.Now.Year():
		return l.Format("Monday, 2 January")
	}
	return l.Format("2 January 2006")
}

// Ago is a past moment by its distance: "Now", "6 min ago", "3 h ago", then as At.
func (c Clock) Ago(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	l := t.In(c.Zone)
	switch d := c.Now.Sub(t); {
	case d < 2*time.Minute:
		return c.moment(l, "Now")
	case d < time.Hour:
		return c.moment(l, fmt.Sprintf("%d min ago", int(d.Minutes())))
	case d < 6*time.Hour:
		return c.moment(l, fmt.Sprintf("%d h ago", int(d.Hours())))
	}
	return c.At(t)
}

// Until is a coming end by its distance: "in 5 days", "in 3 h", "now".
func (c Clock) Until(t time.Time) Moment {
	l := t.In(c.Zone)
	switch d := t.Sub(c.Now); {
	case d <= 0:
		return c.moment(l, "now")
	case d < time.Hour:
		return c.moment(l, fmt.Sprintf("in %d min", max(1, int(d.Minutes()))))
	case d < 48*time.Hour:
		return c.moment(l, fmt.Sprintf("in %d h", int(d.Hours())))
	default:
		return c.moment(l, fmt.Sprintf("in %d days", int(d.Hours()/24)))
	}
}

func (c Clock) date(l time.Time) string {
	if l.Year() == c.Now.Year() {
		return l.Format("2 January")
	}
	return l.Format("2 January 2006")
}

func (c Clock) moment(l time.Time, text string) Moment {
	return Moment{ISO: l.UTC().Format(time.RFC3339), Text: text, Full: l.Format("Monday, 2 January 2006, 15:04:05 ") + c.ZoneName()}
}

// daysAgo counts calendar days in the clock's zone from l to now.
func (c Clock) daysAgo(l time.Time) int {
	midnight := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(c.Now).Sub(midnight(l)).Hours() / 24)
}
