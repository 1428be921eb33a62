package ui

import "testing"

func TestABranchAndAForkOfOneThreadHaveTitlesOfTheirOwn(t *testing.T) {
	for _, c := range []struct {
		title  string
		copied bool
		want   string
	}{
		{ContinuedTitle("Hull 14"), false, "Hull 14 (continued)"},
		{ContinuedTitle("Hull 14"), true, "Hull 14 (copy)"},
		{"What about (continued) keels?", true, "What about (continued) keels?"},
		{"", true, ""},
	} {
		if got := ForkTitle(c.title, c.copied); got != c.want {
			t.Errorf("%q, copied %v: %q, want %q", c.title, c.copied, got, c.want)
		}
	}
}
