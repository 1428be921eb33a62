package engine_test

import (
	"runtime"
	"strings"
	"testing"

	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// Of a long text only what stands about the word is freed of marks: a page has many
// hits, and each may be as long as a payload.
func TestALineOfALongTextTakesNoMoreThanItsSurroundings(t *testing.T) {
	dull := strings.Repeat("all *quiet* on deck ", 13_000)
	const about = "deck the keel is done"
	for _, c := range []struct{ where, text, begins, holds string }{
		{"in the middle", dull + "the **keel** is done " + dull, "…", about},
		{"at the end", dull + "the **keel** is done", "…", about},
		{"at the beginning", "the **keel** is done " + dull, "the keel is done all quiet", ""},
		{"between words of several bytes", dull + "æøå the **keel** æøå " + dull, "…", "deck æøå the keel æøå all"},
		{"in an address that is not shown", "first " + dull + "[plan](https://x.example/keel) " + dull, "first all quiet", ""},
		{"nowhere", "first " + dull, "first all quiet", ""},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := engine.Hit{Table: wire.Messages, Text: c.text}.Around("keel", 160)
		runtime.ReadMemStats(&after)
		if !strings.HasPrefix(got, c.begins) || !strings.Contains(got, c.holds) || strings.Contains(got, "*") {
			t.Errorf("%s: %q", c.where, got)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 16*uint64(len(c.text)) { // reading the whole takes some thirty times as much; watched code takes more than other
			t.Errorf("%s: %d bytes were taken for a line of %d", c.where, took, len(c.text))
		}
	}
}
