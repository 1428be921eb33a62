package ui_test

import (
	"testing"

	"or3.cloud/or3/ui"
)

func TestEveryIDHasAnAddressOfItsOwn(t *testing.T) {
	seen := map[string]string{}
	for id, want := range map[string]string{
		"t1": "t1", "a.b_c:d~e-f": "a.b_c%3Ad~e-f", "~x": "~x", "...": "...", ".x": ".x",
		".": "~.", "..": "~..", "~.": "~~.", "~..": "~~..", "~~.": "~~~.",
	} {
		got := ui.PathID(id)
		if got != want || seen[got] != "" {
			t.Errorf("%q is written as %q (also %q), want %q", id, got, seen[got], want)
		}
		if seen[got] = id; ui.IDInPath(got) != id {
			t.Errorf("%q comes back as %q", id, ui.IDInPath(got))
		}
	}
	if got := ui.IDInPath("a:b%3ac"); got != "a:b:c" {
		t.Errorf("another way to write a colon is read as %q", got)
	}
	if got := ui.PathID("../x?y"); got != "..%2Fx%3Fy" {
		t.Errorf("what is no id leaves its segment: %q", got)
	}
}
