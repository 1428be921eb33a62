package ui

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// colour is linear sRGB with an alpha.
type colour struct{ r, g, b, a float64 }

// oklch turns lightness, chroma and hue into sRGB as a browser would show it,
// clipped to the gamut.
func oklch(l, c, h, alpha float64) colour {
	a, b := c*math.Cos(h*math.Pi/180), c*math.Sin(h*math.Pi/180)
	cube := func(x float64) float64 { return x * x * x }
	lp, mp, sp := cube(l+0.3963377774*a+0.2158037573*b), cube(l-0.1055613458*a-0.0638541728*b), cube(l-0.0894841775*a-1.2914855480*b)
	// Rounded to the 8 bits of the screen, as contrast is measured there.
	screen := func(x float64) float64 {
		x = min(max(x, 0), 1)
		if x <= 0.0031308 {
			x *= 12.92
		} else {
			x = 1.055*math.Pow(x, 1/2.4) - 0.055
		}
		x = math.Round(x*255) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return colour{screen(4.0767416621*lp - 3.3077115913*mp + 0.2309699292*sp), screen(-1.2684380046*lp + 2.6097574011*mp - 0.3413193965*sp),
		screen(-0.0041960863*lp - 0.7034186147*mp + 1.7076147010*sp), alpha}
}

func (c colour) over(below colour) colour {
	encode := func(x float64) float64 {
		if x <= 0.0031308 {
			return 12.92 * x
		}
		return 1.055*math.Pow(x, 1/2.4) - 0.055
	}
	mix := func(top, bottom float64) float64 {
		x := encode(top)*c.a + encode(bottom)*(1-c.a)
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return colour{mix(c.r, below.r), mix(c.g, below.g), mix(c.b, below.b), 1}
}

func (c colour) luminance() float64 { return 0.2126*c.r + 0.7152*c.g + 0.0722*c.b }

func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

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
func tokens(t *testing.T) (light, dark map[string]colour) {
	t.Helper()
	css, err := os.ReadFile("styles/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	normal, _, _ := strings.Cut(string(css), "@media")
	light, dark = map[string]colour{}, map[string]colour{}
	for _, m := range declaration.FindAllStringSubmatch(normal, -1) {
		for into, text := range map[*map[string]colour]string{&light: m[2], &dark: m[3]} {
			n := append(numbers(t, text), 1)
			(*into)[m[1]] = oklch(n[0], n[1], n[2], n[3])
		}
	}
	return light, dark
}

func TestColoursCanBeRead(t *testing.T) {
	light, dark := tokens(t)
	pairs := []struct {
		front, back string
		need        float64
	}{
		{"ink", "surface", 4.5}, {"ink", "canvas", 4.5}, {"ink-2", "surface", 4.5}, {"ink-2", "press over canvas", 4.5}, {"ink-2", "hover over canvas", 4.5},
		{"ink-3", "surface", 4.5}, {"ink-3", "canvas", 4.5}, {"ink-3", "raised", 4.5}, {"ink-3", "sunken", 4.5}, {"ink-3", "accent-soft", 4.5}, {"ink-3", "press over surface", 4.5},
		{"on-accent", "accent", 4.5}, {"on-accent", "accent-hover", 4.5}, {"accent-ink", "surface", 4.5}, {"accent-ink", "accent-soft", 4.5}, {"accent-ink", "warn-soft", 4.5}, {"accent-ink", "danger-soft", 4.5}, {"accent-ink", "raised", 4.5},
		{"danger", "surface", 4.5}, {"danger", "danger-soft", 4.5}, {"danger", "raised", 4.5}, {"on-danger", "danger-fill", 4.5},
		{"warn", "surface", 4.5}, {"warn", "warn-soft", 4.5}, {"ok", "surface", 4.5}, {"ok", "ok-soft", 4.5}, {"surface", "ink", 4.5},
		{"accent", "surface", 3}, {"accent", "canvas", 3}, {"accent", "accent-soft", 3}, {"accent", "raised", 3},
		{"line-control", "surface", 3}, {"line-control", "raised", 3}, {"line-control", "canvas", 3}, {"warn-mark", "surface", 3}, {"chart-bar", "surface", 3},
	}
	for scheme, set := range map[string]map[string]colour{"light": light, "dark": dark} {
		pick := func(name string) colour {
			top, below, layered := strings.Cut(name, " over ")
			c, ok := set[top]
			if !ok {
				t.Fatalf("no token --%s", top)
			}
			if layered {
				return c.over(set[below])
			}
			return c
		}
		for _, p := range pairs {
			if got := contrast(pick(p.front), pick(p.back)); got < p.need {
				t.Errorf("%s: %s on %s is %.2f, needs %.1f", scheme, p.front, p.back, got, p.need)
			}
		}
	}
}

// Two measured pairs hold the arithmetic above against a browser's.
func TestContrastIsComputedAsABrowserShowsIt(t *testing.T) {
	light, dark := tokens(t)
	for name, pair := range map[string][2]float64{
		"ink on surface light":    {contrast(light["ink"], light["surface"]), 16.05},
		"ink-3 on raised dark":    {contrast(dark["ink-3"], dark["raised"]), 5.48},
		"danger on surface light": {contrast(light["danger"], light["surface"]), 6.27},
		"on-accent on accent":     {contrast(dark["on-accent"], dark["accent"]), 9.21},
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
			got := contrast(oklch(front[2*i], front[2*i+1], hue, 1), oklch(back[2*i], back[2*i+1], hue, 1))
			if got < 4.5 {
				t.Errorf("hue %v, scheme %d: %.2f", hue, i, got)
			}
		}
	}
}
