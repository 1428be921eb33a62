package ui

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// markdownCases are texts that are drawn or shown as they were written; the
// browser's rule is held to the same ones.
func markdownCases(t *testing.T) map[string]boundsCase {
	t.Helper()
	file, err := os.ReadFile("testdata/markdown_bounds.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name   string
		Costly bool
		Parts  [][2]any
	}
	if err := json.Unmarshal(file, &cases); err != nil {
		t.Fatal(err)
	}
	all := map[string]boundsCase{}
	for _, c := range cases {
		var text strings.Builder
		for _, part := range c.Parts {
			text.WriteString(strings.Repeat(part[0].(string), int(part[1].(float64))))
		}
		all[c.Name] = boundsCase{text.String(), c.Costly}
	}
	return all
}

type boundsCase struct {
	text   string
	costly bool
}

func TestAMarkdownTextThatWouldKeepTheServerOrATabBusyIsShownAsItWasWritten(t *testing.T) {
	for name, c := range markdownCases(t) {
		if asWritten := strings.HasPrefix(string(Markdown(c.text)), `<p class="as-written">`); asWritten != c.costly {
			t.Errorf("%s: as it was written: %v, want %v", name, asWritten, c.costly)
		}
		if costly(c.text) != c.costly {
			t.Errorf("%s: costly: %v, want %v", name, !c.costly, c.costly)
		}
	}
}

func TestATextShownAsItWasWrittenIsNotReadAsMarkup(t *testing.T) {
	if got := string(Markdown(strings.Repeat(">", 100) + "\n<b>")); !strings.HasSuffix(got, "\n&lt;b&gt;</p>") {
		t.Errorf("drawn as %q", got)
	}
}
