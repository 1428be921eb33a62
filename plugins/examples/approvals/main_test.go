package main

import (
	"testing"
	"time"
)

func TestWhenItIsNight(t *testing.T) {
	for _, c := range []struct {
		s    settings
		at   string
		now  bool
		left time.Duration
	}{
		{settings{From: "22:00", To: "06:00"}, "21:59", false, time.Minute},
		{settings{From: "22:00", To: "06:00"}, "22:00", true, 8 * time.Hour},
		{settings{From: "22:00", To: "06:00"}, "00:30", true, 5*time.Hour + 30*time.Minute},
		{settings{From: "22:00", To: "06:00"}, "06:00", false, 16 * time.Hour},
		{settings{From: "01:00", To: "05:00"}, "23:00", false, 2 * time.Hour},
		{settings{From: "01:00", To: "05:00"}, "04:59", true, time.Minute},
		{settings{From: "22:00", To: "06:00", Offset: 2}, "20:00", true, 8 * time.Hour},
		{settings{From: "22:00", To: "06:00", Offset: -5.5}, "03:30", true, 8 * time.Hour},
		{settings{From: "08:00", To: "08:00"}, "08:00", false, 24 * time.Hour},
	} {
		at, err := time.Parse("15:04", c.at)
		if err != nil {
			t.Fatal(err)
		}
		n, err := c.s.at(at)
		if err != nil || n.now != c.now || n.left != c.left {
			t.Errorf("%+v at %s: %+v, %v", c.s, c.at, n, err)
		}
	}
	for _, s := range []settings{{From: "ten", To: "06:00"}, {From: "22:00", To: ""}} {
		if _, err := s.at(time.Now()); err == nil {
			t.Errorf("%+v is taken", s)
		}
	}
}
