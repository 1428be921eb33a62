package ui_test

import (
	"testing"

	"or3.cloud/or3/ui"
)

func TestTheMarksOfMarkdownAreNoWords(t *testing.T) {
	for text, want := range map[string]int{"# Before 09:00\n\n- Seacocks closed — 2\n\n> ***": 5, " - # ": 0, "": 0} {
		if n := ui.CountWords(text); n != want {
			t.Errorf("%q has %d words, want %d", text, n, want)
		}
	}
}
