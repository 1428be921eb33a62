package ui

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	symbol   = regexp.MustCompile(`<symbol id="([a-z0-9-]+)"`)
	inMarkup = regexp.MustCompile(`icon \(?(?:or \.[A-Za-z.]+ )?"([a-z0-9-]+)"`)
	inGo     = regexp.MustCompile(`(?:Icon|icon)\w*(?::|\s*=|\()\s*"([a-z0-9-]+)"`)
	inScript = regexp.MustCompile(`\bicon\("([a-z0-9-]+)"`)
	returned = regexp.MustCompile(`func [^\n]*(?:Glyph|Icon)\([^\n]*\{\n(?s:(.*?))\n\}`)
	word     = regexp.MustCompile(`return "([a-z0-9-]+)"`)
)

// The sprite holds what pages, code and scripts name, found by reading them.
func TestTheSpriteHasEveryIconThatIsUsed(t *testing.T) {
	sprite, err := os.ReadFile("static/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]bool{}
	for _, m := range symbol.FindAllStringSubmatch(string(sprite), -1) {
		drawn[m[1]] = true
	}
	used := map[string]string{}
	note := func(file, text string, find *regexp.Regexp) {
		for _, m := range find.FindAllStringSubmatch(text, -1) {
			used[m[1]] = file
		}
	}
	for name, text := range sources(t) {
		note(name, text, inMarkup)
	}
	for _, pattern := range []string{"*.go", "fixtures/*.go", "storybook/*.go", "../server/*.go", "client/src/*.ts"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text := string(data)
			if strings.HasSuffix(file, ".ts") {
				note(file, text, inScript)
				continue
			}
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			note(file, text, inGo)
			for _, body := range returned.FindAllStringSubmatch(text, -1) {
				note(file, body[1], word)
			}
		}
	}
	if len(used) < 40 {
		t.Fatalf("found only %d icons: the patterns no longer fit the sources", len(used))
	}
	for name, file := range used {
		if !drawn[name] {
			t.Errorf("%s uses the icon %q, which ui/icons does not have", file, name)
		}
	}
}

func TestAnIconNameCannotBringMarkup(t *testing.T) {
	r := newRenderer(t)
	for _, name := range []string{"", `x"/><script>`, "../x", "A"} {
		if got, err := r.icon(name); err == nil {
			t.Errorf("%q gave %s", name, got)
		}
	}
}
