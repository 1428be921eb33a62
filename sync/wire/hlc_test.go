package wire_test

import (
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"or3.cloud/or3/sync/wire"
)

func TestHLCReadsWhatItWritesAndNothingElse(t *testing.T) {
	var cases struct {
		Valid []struct {
			Text    string `json:"text"`
			Millis  int64  `json:"millis"`
			Counter int    `json:"counter"`
			Node    string `json:"node"`
		} `json:"valid"`
		Invalid []string `json:"invalid"`
	}
	readTestdata(t, "hlc.json", &cases)
	for _, c := range cases.Valid {
		got, err := wire.ParseHLC(c.Text)
		if want := (wire.HLC{Millis: c.Millis, Counter: c.Counter, Node: c.Node}); err != nil || got != want {
			t.Errorf("%s reads as %+v, %v; want %+v", c.Text, got, err, want)
		}
		if got.String() != c.Text {
			t.Errorf("%s is written as %s", c.Text, got)
		}
	}
	for _, text := range cases.Invalid {
		if got, err := wire.ParseHLC(text); err == nil {
			t.Errorf("%q reads as %+v, want an error", text, got)
		}
	}
}

func TestTextsOfReadingsSortAsTheReadings(t *testing.T) {
	reading := rapid.Custom(func(t *rapid.T) wire.HLC {
		return wire.HLC{
			Millis:  rapid.Int64Range(0, 9_999_999_999_999).Draw(t, "millis"),
			Counter: rapid.IntRange(0, 9999).Draw(t, "counter"),
			Node:    rapid.StringMatching(`[a-z0-9]{1,16}`).Draw(t, "node"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := reading.Draw(t, "a"), reading.Draw(t, "b")
		earlier := a.Millis < b.Millis || a.Millis == b.Millis && (a.Counter < b.Counter || a.Counter == b.Counter && a.Node < b.Node)
		if earlier != (a.String() < b.String()) {
			t.Fatalf("%s and %s sort differently from what they mean", a, b)
		}
	})
}

// noon is the time of these tests; any would do.
var noon = time.UnixMilli(1764288000000)

func TestAClockNeverRepeatsItselfWhileTheWallClockStands(t *testing.T) {
	c := wire.NewClock(func() time.Time { return noon }, "a")
	var mu sync.Mutex
	seen := map[string]bool{}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			before := ""
			for range 5000 { // beyond the counter's 9999
				text := c.Next()
				if text <= before {
					t.Errorf("%s came after %s", text, before)
				}
				before = text
				mu.Lock()
				if seen[text] {
					t.Errorf("%s was read twice", text)
				}
				seen[text] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

func TestAClockReadsLaterThanEverythingItWasTold(t *testing.T) {
	c := wire.NewClock(func() time.Time { return noon }, "a")
	ahead := wire.HLC{Millis: noon.Add(time.Minute).UnixMilli(), Counter: 7, Node: "zz"}.String()
	c.Observe(ahead)
	if got := c.Next(); got <= ahead {
		t.Errorf("after %s the clock read %s", ahead, got)
	}
	c.Observe("nonsense")
	absurd := wire.HLC{Millis: noon.Add(time.Hour).UnixMilli(), Node: "zz"}.String()
	c.Observe(absurd)
	if got := c.Next(); got >= absurd {
		t.Errorf("the clock followed %s, which no server accepts", absurd)
	}
}

func TestAClockThatWasSetBackIsBelievedAgain(t *testing.T) {
	now := noon
	c := wire.NewClock(func() time.Time { return now }, "a")
	c.Next()
	now = noon.Add(-time.Hour)
	got, err := wire.ParseHLC(c.Next())
	if err != nil || got.Millis != now.UnixMilli() {
		t.Errorf("an hour back the clock reads %s (%v), which would be refused", got, err)
	}
}

// A phone that was an hour ahead is set right and hears of another device's
// write. What it writes next is later than that one, whatever it read before.
func TestAClockThatWasSetBackStillFollowsWhatItHears(t *testing.T) {
	wall := noon.Add(time.Hour)
	c := wire.NewClock(func() time.Time { return wall }, "a")
	c.Next()
	wall = noon
	heard := wire.HLC{Millis: noon.Add(time.Minute).UnixMilli(), Node: "b"}.String()
	c.Observe(heard)
	if got := c.Next(); got <= heard {
		t.Errorf("after hearing %s it reads %s", heard, got)
	}
}
