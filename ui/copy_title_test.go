package ui_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"or3.cloud/or3/ui"
)

// The client makes the same names: sync/client/test/document_conflict.test.ts.
func TestACopyHasANameThatTellsItApart(t *testing.T) {
	for _, c := range []struct{ title, noun, who, when, want string }{
		{"Tides", "document", "Ada", "29 November, 14:02", "Tides (copy of Ada, 29 November, 14:02)"},
		{"Tides (copy of Ada, 29 November, 14:02)", "document", "Bo (night)", "30 November, 08:00", "Tides (copy of Bo night, 30 November, 08:00)"},
		{"", "prompt", "", "29 November, 14:02", "Untitled prompt (copy, 29 November, 14:02)"},
	} {
		if got := ui.CopyTitle(c.title, c.noun, c.who, c.when); got != c.want {
			t.Errorf("the copy of %q is called %q, want %q", c.title, got, c.want)
		}
	}
	long := ui.CopyTitle(strings.Repeat("é", 200), "document", strings.Repeat("A", 80), "29 November, 14:02")
	if utf8.RuneCountInString(long) != 200 || !strings.HasSuffix(long, "é… (copy of "+strings.Repeat("A", 40)+", 29 November, 14:02)") {
		t.Errorf("the copy of a long title is called %q", long)
	}
}
