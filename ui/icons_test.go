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

// iconSources is every text that may name an icon, by file.
func iconSources(t *testing.T) map[string]string {
	t.Helper()
	texts := sources(t)
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
			if !strings.HasSuffix(file, "_test.go") {
				texts[file] = string(data)
			}
		}
	}
	return texts
}

// usedIcons reads the names of icons out of templates, Go and scripts.
func usedIcons(file, text string) []string {
	find := inMarkup
	switch filepath.Ext(file) {
	case ".go":
		find = inGo
	case ".ts":
		find = inScript
	}
	matches := find.FindAllStringSubmatch(text, -1)
	for _, body := range returned.FindAllStringSubmatch(text, -1) {
		matches = append(matches, word.FindAllStringSubmatch(body[1], -1)...)
	}
	var names []string
	for _, m := range matches {
		names = append(names, m[1])
	}
	return names
}

func drawnIcons(t *testing.T) map[string]bool {
	t.Helper()
	sprite, err := os.ReadFile("static/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]bool{}
	for _, m := range symbol.FindAllStringSubmatch(string(sprite), -1) {
		drawn[m[1]] = true
	}
	return drawn
}

func TestTheSpriteHasEveryIconThatIsUsed(t *testing.T) {
	drawn, found := drawnIcons(t), 0
	for file, text := range iconSources(t) {
		for _, name := range usedIcons(file, text) {
			found++
			if !drawn[name] {
				t.Errorf("%s uses the icon %q, which ui/icons does not have", file, name)
			}
		}
	}
	if found < 100 {
		t.Fatalf("found only %d uses of icons: the patterns no longer fit the sources", found)
	}
}

func TestTheSpriteHasNoIconThatNobodyUses(t *testing.T) {
	var all strings.Builder
	for _, text := range iconSources(t) {
		all.WriteString(text)
	}
	for name := range drawnIcons(t) {
		if !strings.Contains(all.String(), `"`+name+`"`) {
			t.Errorf("nobody uses the icon %q: remove ui/icons/%s.svg and run go generate ./ui", name, name)
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
