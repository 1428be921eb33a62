// Package theme is what a theme may change: colours, each by its token and for both
// schemes, judged so that whatever is written in them can still be read.
package theme

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Colour is linear sRGB as a screen of 8 bits shows it, with an alpha.
type Colour struct{ r, g, b, a float64 }

// OKLCH turns lightness, chroma and hue into what a browser shows, clipped to the
// gamut.
func OKLCH(l, c, h, alpha float64) Colour {
	a, b := c*math.Cos(h*math.Pi/180), c*math.Sin(h*math.Pi/180)
	cube := func(x float64) float64 { return x * x * x }
	lp, mp, sp := cube(l+0.3963377774*a+0.2158037573*b), cube(l-0.1055613458*a-0.0638541728*b), cube(l-0.0894841775*a-1.2914855480*b)
	// Rounded to the 8 bits of the screen, as contrast is measured there.
	screen := func(x float64) float64 { return linear(math.Round(encoded(min(max(x, 0), 1))*255) / 255) }
	return Colour{screen(4.0767416621*lp - 3.3077115913*mp + 0.2309699292*sp), screen(-1.2684380046*lp + 2.6097574011*mp - 0.3413193965*sp),
		screen(-0.0041960863*lp - 0.7034186147*mp + 1.7076147010*sp), alpha}
}

func encoded(x float64) float64 {
	if x <= 0.0031308 {
		return 12.92 * x
	}
	return 1.055*math.Pow(x, 1/2.4) - 0.055
}

func linear(x float64) float64 {
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

// Over is the colour on another one, which nothing shines through.
func (c Colour) Over(below Colour) Colour {
	mix := func(top, bottom float64) float64 { return linear(encoded(top)*c.a + encoded(bottom)*(1-c.a)) }
	return Colour{mix(c.r, below.r), mix(c.g, below.g), mix(c.b, below.b), 1}
}

func (c Colour) luminance() float64 { return 0.2126*c.r + 0.7152*c.g + 0.0722*c.b }

// Contrast is the ratio of two colours by WCAG 2.
func Contrast(a, b Colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// plainNumber is one that Go and CSS read alike: the stylesheet has the text as it was
// written.
var plainNumber = regexp.MustCompile(`^([0-9]+|[0-9]*\.[0-9]+)$`)

// Parse reads a colour: "#1a6b7c", or "oklch(0.455 0.082 216)" with an alpha after a
// slash.
func Parse(text string) (Colour, error) {
	bad := fmt.Errorf("%q is no colour: write one such as #1a6b7c or oklch(0.455 0.082 216)", text)
	if hex, ok := strings.CutPrefix(text, "#"); ok {
		n, err := strconv.ParseUint(hex, 16, 32)
		if err != nil || len(hex) != 6 {
			return Colour{}, bad
		}
		part := func(shift uint) float64 { return linear(float64(n>>shift&0xff) / 255) }
		return Colour{part(16), part(8), part(0), 1}, nil
	}
	inner, ok := strings.CutPrefix(text, "oklch(")
	inner, closed := strings.CutSuffix(inner, ")")
	if !ok || !closed || strings.ContainsFunc(inner, func(r rune) bool { return r < ' ' || r > '~' }) {
		return Colour{}, bad // other spaces are none to a browser
	}
	front, back, layered := strings.Cut(inner, "/")
	words := strings.Fields(front)
	if layered {
		words = append(words, strings.TrimSpace(back))
	} else {
		words = append(words, "1")
	}
	if len(words) != 4 {
		return Colour{}, bad
	}
	var n [4]float64
	for i, most := range [4]float64{1, 0.5, 360, 1} {
		var err error
		if n[i], err = strconv.ParseFloat(words[i], 64); err != nil || !plainNumber.MatchString(words[i]) || n[i] > most {
			return Colour{}, bad
		}
	}
	return OKLCH(n[0], n[1], n[2], n[3]), nil
}
