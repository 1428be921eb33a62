package ui

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
)

// sources lists every template by its path below templates.
func sources(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(templateFiles, "templates", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".html" {
			return err
		}
		text, err := templateFiles.ReadFile(name)
		all[strings.TrimPrefix(name, "templates/")] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// lint rules: html/template escapes neither hx-* addresses nor scripts in hx-on,
// and the content policy forbids inline styles and handlers.
var lint = []struct {
	name string
	find *regexp.Regexp
}{
	{"hx-on runs scripts from attributes", regexp.MustCompile(`hx-on[:=-]`)},
	{"js: and javascript: run scripts", regexp.MustCompile(`(?i)["'\s]\s*(js|javascript):`)},
	{"hx-vals and hx-headers need the json function", regexp.MustCompile(`hx-(?:vals|headers)(?::inherited)?\s*=\s*["'][^>]*?\{\{-?\s*(?:[^j\s]|j[^s])`)},
	{"an hx- address must come from url or path", regexp.MustCompile(`hx-(?:get|post|put|patch|delete|push-url|replace-url)(?::inherited)?\s*=\s*["'][^"']*\{\{-?\s*(?:[^up\s]|u[^r]|p[^a])`)},
	{"an hx- address must be whole: no text around its action", regexp.MustCompile(`hx-(?:get|post|put|patch|delete)(?::inherited)?\s*=\s*["'][^"'{]+\{\{`)},
	{"an hx-confirm must not hold data: js: in it would run", regexp.MustCompile(`hx-confirm\s*=\s*["'][^"']*\{\{`)},
	{"inline styles are forbidden", regexp.MustCompile(`(?i)<[^>{]*\sstyle\s*=|<style`)},
	{"inline handlers are forbidden", regexp.MustCompile(`(?i)<[a-z][^>]*\son[a-z]+\s*=`)},
	{"data-hx- attributes are not ours", regexp.MustCompile(`data-hx-`)},
	{"scripts are files, or data", regexp.MustCompile(`<script(?:\s+type="text/javascript")?\s*>`)},
	{"the engine's layouts and embed are never used", regexp.MustCompile(`\{\{-?\s*embed\b`)},
	{"links to other places need rel", regexp.MustCompile(`target="_blank"(?:[^>](?:[^r]|r[^e]))*>`)},
}

func TestTemplatesKeepTheRules(t *testing.T) {
	for name, text := range sources(t) {
		for _, rule := range lint {
			if at := rule.find.FindString(text); at != "" {
				t.Errorf("%s: %s: %q", name, rule.name, at)
			}
		}
	}
}

func TestTheRulesFindWhatTheyForbid(t *testing.T) {
	for _, bad := range []string{
		`<a hx-on:click="go()">`, `<a hx-on-click="x">`, `<a href="javascript:x">`, `<a hx-vals="js:{a:1}">`,
		`<a hx-vals='{"a":"{{.A}}"}'>`, `<a hx-vals="{{.A}}">`, `<a hx-get="{{.URL}}">`, `<a hx-get="/x?q={{url .Q}}">`, `<form hx-post:inherited="{{.X}}">`,
		`<p style="color:red">`, `<style>`, `<a onclick="x()">`, `<img src="x" onerror=x>`, `<a data-hx-get="/x">`, `<script>x</script>`,
		`{{embed}}`, `<a hx-confirm="{{.Name}}">`, `<a href="https://x.example" target="_blank">`,
	} {
		found := false
		for _, rule := range lint {
			found = found || rule.find.MatchString(bad)
		}
		if !found {
			t.Errorf("no rule finds %s", bad)
		}
	}
}

func TestTheRulesLeaveGoodTemplatesAlone(t *testing.T) {
	for _, good := range []string{
		`<a hx-get="{{url "/x" "q" .Q}}">`, `<a hx-get="{{path .URL}}">`, `<a hx-get="/admin/members">`, `<a hx-vals='{{json .V}}'>`, `<a hx-vals="{{json .V}}">`, `<a hx-vals='{"a":1}'>`,
		`<script type="application/json" id="x">{{.}}</script>`, `<script src="{{asset "app.js"}}" defer></script>`, `<p class="on">Sign on = yes</p>`,
	} {
		for _, rule := range lint {
			if at := rule.find.FindString(good); at != "" {
				t.Errorf("%q is found in %s: %s", at, good, rule.name)
			}
		}
	}
}

var blockName = regexp.MustCompile(`\{\{-?\s*(?:define|block)\s+"([^"]+)"`)

// All templates share one namespace: the last of two blocks with one name wins.
func TestBlocksAreNamedByTheirFile(t *testing.T) {
	owner := map[string]string{}
	for name, text := range sources(t) {
		file := strings.TrimSuffix(name, ".html")
		for _, match := range blockName.FindAllStringSubmatch(text, -1) {
			block := match[1]
			if other, taken := owner[block]; taken {
				t.Errorf("block %q stands in %s and in %s", block, other, name)
			}
			owner[block] = name
			prefix, _, ok := strings.Cut(block, "#")
			if !ok || prefix != file && prefix != strings.TrimPrefix(file, "pages/") {
				t.Errorf("%s: block %q should be called %q", name, block, strings.TrimPrefix(file, "pages/")+"#…")
			}
		}
	}
}

var heading = regexp.MustCompile(`<h1[\s>]`)

func TestLayoutsLeaveTheHeadingToThePage(t *testing.T) {
	for name, text := range sources(t) {
		if !strings.HasPrefix(name, "pages/") && heading.MatchString(text) {
			t.Errorf("%s has an h1", name)
		}
	}
}
