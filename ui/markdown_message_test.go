package ui

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestAMessageWithMarksIsDrawnAndOneWithoutIsShownAsTyped(t *testing.T) {
	file, err := os.ReadFile("testdata/message_marks.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text   string
		Marked bool
	}
	if err := json.Unmarshal(file, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if got := MarkedText(c.Text); (got != "") != c.Marked {
			t.Errorf("%q is drawn as %q", c.Text, got)
		}
	}
}

func TestAMessageKeepsItsLinesAndItsAngleBrackets(t *testing.T) {
	for text, want := range map[string]string{
		"**bold** one\ntwo":                        "<p><strong>bold</strong> one<br>\ntwo</p>\n",
		"*a* <b>word</b>":                          "<p><em>a</em> &lt;b&gt;word&lt;/b&gt;</p>\n",
		"<div>\n*a*":                               "<p>&lt;div&gt;<br>\n<em>a</em></p>\n",
		"[here](javascript:alert(1)) *a*":          "<p>here <em>a</em></p>\n",
		"# Keel\n\n`x`":                            "<h2>Keel</h2>\n<p><code>x</code></p>\n",
		"*a* https://example.com/x_y_z":            `<p><em>a</em> <a href="https://example.com/x_y_z" rel="nofollow noreferrer">https://example.com/x_y_z</a></p>` + "\n",
		"- [x] done\n- [ ] *to do*":                "",
		strings.Repeat(">", 100) + " **too deep**": "",
	} {
		got := string(MarkedText(text))
		if want != "" && got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
