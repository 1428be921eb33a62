package ui

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/theme"
)

var (
	declaration = regexp.MustCompile(`--([a-z0-9-]+): light-dark\(oklch\(([^)]+)\), oklch\(([^)]+)\)\);`)
	avatarLine  = regexp.MustCompile(`(color|background): light-dark\(oklch\(([0-9.]+) ([0-9.]+) var\(--hue\)\), oklch\(([0-9.]+) ([0-9.]+) var\(--hue\)\)\)`)
)

func numbers(t *testing.T, text string) []float64 {
	t.Helper()
	var out []float64
	for _, word := range strings.Fields(strings.ReplaceAll(text, "/", " ")) {
		n, err := strconv.ParseFloat(word, 64)
		if err != nil {
			t.Fatalf("%q in %q", word, text)
		}
		out = append(out, n)
	}
	return out
}

// tokens reads the colours of both schemes from the stylesheet itself.
func tokens(t *testing.T) (light, dark map[string]theme.Colour) {
	t.Helper()
	css, err := os.ReadFile("styles/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	normal, _, _ := strings.Cut(string(css), "@media")
	light, dark = map[string]theme.Colour{}, map[string]theme.Colour{}
	for _, m := range declaration.FindAllStringSubmatch(normal, -1) {
		for into, text := range map[*map[string]theme.Colour]string{&light: m[2], &dark: m[3]} {
			n := append(numbers(t, text), 1)
			(*into)[m[1]] = theme.OKLCH(n[0], n[1], n[2], n[3])
		}
	}
	return light, dark
}

func TestColoursCanBeRead(t *testing.T) {
	light, dark := tokens(t)
	for scheme, set := range map[string]map[string]theme.Colour{"light": light, "dark": dark} {
		pick := func(name string) theme.Colour {
			top, below, layered := strings.Cut(name, " over ")
			c, ok := set[top]
			if !ok {
				t.Fatalf("no token --%s", top)
			}
			if layered {
				return c.Over(set[below])
			}
			return c
		}
		for _, p := range theme.Pairs() {
			if got := theme.Contrast(pick(p.Front), pick(p.Back)); got < p.Need {
				t.Errorf("%s: %s on %s is %.2f, needs %.1f", scheme, p.Front, p.Back, got, p.Need)
			}
		}
	}
}

// A theme is judged by the same defaults as are in the stylesheet.
func TestAThemeIsJudgedByTheColoursOfTheStylesheet(t *testing.T) {
	light, dark := tokens(t)
	byDay, byNight := theme.Defaults()
	for scheme, c := range map[string]struct {
		set  map[string]theme.Colour
		base map[string]string
	}{"light": {light, byDay}, "dark": {dark, byNight}} {
		for name, text := range c.base {
			if want, err := theme.Parse(text); err != nil || c.set[name] != want {
				t.Errorf("%s: --%s is not %s in the stylesheet (%v)", scheme, name, text, err)
			}
		}
	}
}

// Two measured pairs hold the arithmetic above against a browser's.
func TestContrastIsComputedAsABrowserShowsIt(t *testing.T) {
	light, dark := tokens(t)
	for name, pair := range map[string][2]float64{
		"ink on surface light":    {theme.Contrast(light["ink"], light["surface"]), 16.05},
		"ink-3 on raised dark":    {theme.Contrast(dark["ink-3"], dark["raised"]), 5.48},
		"danger on surface light": {theme.Contrast(light["danger"], light["surface"]), 6.27},
		"on-accent on accent":     {theme.Contrast(dark["on-accent"], dark["accent"]), 9.21},
	} {
		if math.Abs(pair[0]-pair[1]) > 0.06 {
			t.Errorf("%s is %.2f, a browser measures %.2f", name, pair[0], pair[1])
		}
	}
}

func TestInitialsCanBeReadOnEveryHue(t *testing.T) {
	css, err := os.ReadFile("styles/small.css")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]float64{}
	for _, m := range avatarLine.FindAllStringSubmatch(string(css), -1) {
		found[m[1]] = numbers(t, strings.Join(m[2:], " "))
	}
	front, back := found["color"], found["background"]
	if front == nil || back == nil {
		t.Fatal("no avatar colours in styles/small.css")
	}
	for _, hue := range []float64{216, 55, 150, 320, 20, 265} {
		for i := range 2 {
			got := theme.Contrast(theme.OKLCH(front[2*i], front[2*i+1], hue, 1), theme.OKLCH(back[2*i], back[2*i+1], hue, 1))
			if got < 4.5 {
				t.Errorf("hue %v, scheme %d: %.2f", hue, i, got)
			}
		}
	}
}
