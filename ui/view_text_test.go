package ui

import (
	"reflect"
	"strings"
	"testing"
)

func TestTextKeepsParagraphsAndLineBreaks(t *testing.T) {
	got := TextOf("first line\r\nsecond line\n\n\nnext paragraph  ")
	want := []Paragraph{
		{Lines: []Inline{{Parts: []Part{{Text: "first line"}}}, {Parts: []Part{{Text: "second line"}}}}},
		{Lines: []Inline{{Parts: []Part{{Text: "next paragraph"}}}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v", got)
	}
}

func TestAddressesBecomeLinksAndNothingElseDoes(t *testing.T) {
	cases := map[string][]Part{
		"see https://or3.example/a?b=c&d, then": {{Text: "see "}, {Text: "https://or3.example/a?b=c&d", URL: "https://or3.example/a?b=c&d"}, {Text: ", then"}},
		"(http://or3.example)":                  {{Text: "("}, {Text: "http://or3.example", URL: "http://or3.example"}, {Text: ")"}},
		"(see http://or3.example/x_(y)).":       {{Text: "(see "}, {Text: "http://or3.example/x_(y)", URL: "http://or3.example/x_(y)"}, {Text: ")."}},
		"javascript:alert(1)":                   {{Text: "javascript:alert(1)"}},
		"xhttp://or3.example":                   {{Text: "xhttp://or3.example"}},
		"http://":                               {{Text: "http://"}},
		"<b>bold</b>":                           {{Text: "<b>bold</b>"}},
	}
	for line, want := range cases {
		if got := partsOf(line); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, want %+v", line, got, want)
		}
	}
}

// Brackets without number are counted once, not once for each of them.
func TestAnAddressEndsHoweverManyBracketsFollowIt(t *testing.T) {
	got := partsOf("http://or3.example/(x)" + strings.Repeat(")", 4<<20))
	if len(got) != 2 || got[0].URL != "http://or3.example/(x)" {
		t.Errorf("%d parts", len(got))
	}
}

func TestPreviewCutsAtAWord(t *testing.T) {
	if got := Preview("Slip 2 is  free\nfrom the 9th, so", 20); got != "Slip 2 is free from…" {
		t.Errorf("got %q", got)
	}
	if got := Preview(strings.Repeat("æ", 30), 10); got != strings.Repeat("æ", 10)+"…" {
		t.Errorf("got %q", got)
	}
	if got := Preview("short", 20); got != "short" {
		t.Errorf("got %q", got)
	}
}

func FuzzTextOfLosesNoWords(f *testing.F) {
	for _, seed := range []string{"", "a https://b.example.", "http://http://", "((https://x))", "\u00a0https://a\n\nb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var b strings.Builder
		for _, p := range TextOf(text) {
			for _, l := range p.Lines {
				for _, part := range l.Parts {
					if part.URL != "" && !strings.HasPrefix(part.URL, "http://") && !strings.HasPrefix(part.URL, "https://") {
						t.Fatalf("link to %q", part.URL)
					}
					b.WriteString(part.Text)
				}
			}
		}
		squeeze := func(s string) string {
			return strings.NewReplacer(" ", "", "\t", "", "\n", "", "\r", "").Replace(s)
		}
		if squeeze(b.String()) != squeeze(text) {
			t.Fatalf("%q became %q", text, b.String())
		}
	})
}
