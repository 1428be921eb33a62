package ui_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"or3.cloud/or3/ui"
	"or3.cloud/or3/ui/fixtures"
)

var update = flag.Bool("update", false, "write the golden files of the pages anew")

// hashed is the part of an asset's address that changes with its bytes.
var hashed = regexp.MustCompile(`\.[0-9a-f]{12}\.(svg|css|js|png|woff2)`)

func newRenderer(t *testing.T) *ui.Renderer {
	t.Helper()
	assets, err := ui.EmbeddedAssets()
	if err != nil {
		t.Fatal(err)
	}
	r, err := ui.NewRenderer(ui.Options{Assets: assets})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEveryPageLooksAsRecordedInEveryState(t *testing.T) {
	r := newRenderer(t)
	seen := map[string]bool{}
	for _, f := range fixtures.All() {
		if seen[f.Name] {
			t.Fatalf("two fixtures are called %s", f.Name)
		}
		seen[f.Name] = true
		t.Run(f.Name, func(t *testing.T) {
			var out bytes.Buffer
			if err := r.Fragment(&out, "pages/"+f.View.PageName(), f.View); err != nil {
				t.Fatal(err)
			}
			got := hashed.ReplaceAllString(tidy(out.String()), ".$1")
			path := filepath.Join("testdata", "pages", filepath.FromSlash(f.Name)+".html")
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v (run go test ./ui -update)", err)
			}
			if got != string(want) {
				t.Errorf("the page changed. Look at it, then run go test ./ui -update.\n%s", firstDifference(string(want), got))
			}
		})
	}
}

func TestNoPageLeaksTemplateMistakesOrForeignMarkup(t *testing.T) {
	r := newRenderer(t)
	for _, f := range fixtures.All() {
		var out bytes.Buffer
		shell := fixtures.Shell(f, "")
		if err := r.Page(&out, shell, f.View.PageName(), f.View); err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		page := out.String()
		for _, bad := range []string{"ZgotmplZ", "<no value>", "%!", `<script>alert`, `href="javascript:`, " style=", "onclick="} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page holds %q", f.Name, bad)
			}
		}
		if n := strings.Count(page, "<h1"); n != 1 {
			t.Errorf("%s: %d h1, want 1", f.Name, n)
		}
		for _, problem := range structure(t, page) {
			t.Errorf("%s: %s", f.Name, problem)
		}
	}
}

// structure finds duplicate ids, labels and descriptions that point nowhere,
// and controls without a name.
func structure(t *testing.T, page string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return []string{err.Error()}
	}
	ids, refs, problems := map[string]int{}, map[string]string{}, []string(nil)
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			switch a.Key {
			case "id":
				ids[a.Val]++
			case "for", "aria-labelledby", "aria-describedby", "commandfor", "popovertarget", "list":
				for id := range strings.FieldsSeq(a.Val) {
					refs[id] = n.Data + " " + a.Key
				}
			case "action", "href":
				if a.Val == "" {
					problems = append(problems, n.Data+" with an empty "+a.Key)
				}
			}
		}
	}
	for id, n := range ids {
		if n > 1 {
			problems = append(problems, "id "+id+" is there more than once")
		}
	}
	for id, from := range refs {
		if ids[id] == 0 {
			problems = append(problems, from+" points to "+id+", which is not there")
		}
	}
	return problems
}

// tidy removes the space at line ends and empty lines, so that golden files
// change only when a page does.
func tidy(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if line = strings.TrimRight(line, " \t\r\n"); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range g {
		if i >= len(w) || w[i] != g[i] {
			old := "(end)"
			if i < len(w) {
				old = w[i]
			}
			return "want " + old + "\ngot  " + g[i]
		}
	}
	return "the page ends early"
}
