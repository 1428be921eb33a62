package excerpt_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"or3.cloud/or3/internal/excerpt"
)

func TestATextInAListHasNoMarks(t *testing.T) {
	text, err := os.ReadFile("testdata/plain.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Text, Plain string }
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, c := range cases {
		if got := strings.Join(strings.Fields(excerpt.Plain(c.Text)), " "); got != c.Plain {
			t.Errorf("%q reads %q, want %q", c.Text, got, c.Plain)
		}
	}
}

func TestABeginningIsOnOneLineAndCutAtAWord(t *testing.T) {
	long := strings.Repeat("[slip](https://harbour.example/"+strings.Repeat("x", 60)+") ", 10_000)
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"Slip 2 is  **free**\nfrom the 9th, so", 20, "Slip 2 is free from…"},
		{strings.Repeat("æ", 30), 10, strings.Repeat("æ", 10) + "…"},
		{"short", 5, "short"},
		{"", 5, ""},
		{" \n\t ", 5, ""},
		{long, 12, "slip slip…"},
		{strings.Repeat("æ", 999) + "ø", 1000, strings.Repeat("æ", 999) + "ø"},
		{strings.Repeat(" ", 1<<20) + "far behind", 20, ""},
		{"a\xffb", 5, "a\xffb"},
	} {
		if got := excerpt.Of(c.text, c.limit); got != c.want {
			t.Errorf("%.40q at %d reads %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}
