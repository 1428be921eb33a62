package theme_test

import (
	"math"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/theme"
)

func TestColoursAreReadAsABrowserDoes(t *testing.T) {
	for text, ok := range map[string]bool{
		"#1a6b7c": true, "oklch(0.455 0.082 216)": true, "oklch(0.27 0.02 220 / .05)": true,
		"": false, "red": false, "#fff": false, "#12345g": false, "oklch(2 0 0)": false, "oklch(0.5 0.1)": false, "oklch(0.5 0.1 NaN)": false, "#000;}": false, "oklch(0 0 0) url(x)": false, "var(--ink)": false,
		// What Go takes for a number or a space, and a browser does not.
		"oklch(0x1p-1 0.1 200)": false, "oklch(1. 0.1 200)": false, "oklch(0.5\u00a00.1\u00a0200)": false, "oklch(0.5 0.1 -0)": false,
	} {
		if _, err := theme.Parse(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
	// One colour, written in both ways.
	a, _ := theme.Parse("#006174")
	b, _ := theme.Parse("oklch(0.455 0.082 216)")
	if c := theme.Contrast(a, b); math.Abs(c-1) > 0.02 {
		t.Errorf("the accent and itself: %.3f", c)
	}
	white, _ := theme.Parse("#ffffff")
	black, _ := theme.Parse("#000000")
	if c := theme.Contrast(black, white); math.Abs(c-21) > 0.001 {
		t.Errorf("black on white: %.3f", c)
	}
}

func TestAThemeThatCannotBeReadIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		theme theme.Theme
		at    string // of the first problem; "" where there is none
		said  string
	}{
		"nothing":           {theme.Theme{}, "", ""},
		"another accent":    {theme.Theme{Light: map[string]string{"accent": "#7a2a6a", "accent-hover": "#611f54", "accent-ink": "#6d255e"}}, "", ""},
		"pale text":         {theme.Theme{Light: map[string]string{"ink": "#aaaaaa"}}, "light/ink", "ink on surface is 2."},
		"dark on dark":      {theme.Theme{Dark: map[string]string{"surface": "#e0e0e0"}}, "dark/surface", "ink on surface is"},
		"a pale button":     {theme.Theme{Light: map[string]string{"accent": "#d9d9d9"}}, "light/accent", "on-accent on accent"},
		"grey on a menu":    {theme.Theme{Light: map[string]string{"raised": "#dadada", "ink-2": "#666666", "ink-3": "#505050", "line-control": "#747474"}}, "light/ink-2", "ink-2 on raised is 4."},
		"what is not ours":  {theme.Theme{Light: map[string]string{"danger": "#00ff00"}}, "light/danger", "nothing a theme can set"},
		"no colour":         {theme.Theme{Dark: map[string]string{"ink": "url(https://example.org/x)"}}, "dark/ink", "is no colour"},
		"one shone through": {theme.Theme{Light: map[string]string{"ink": "oklch(0.2 0 0 / .2)"}}, "light/ink", "shine through"},
	} {
		wrong := c.theme.Check()
		if c.at == "" && len(wrong) > 0 || c.at != "" && (len(wrong) == 0 || wrong[0].At != c.at || !strings.Contains(wrong[0].Message, c.said)) {
			t.Errorf("%s: %+v", name, wrong)
		}
	}
}

func TestAStylesheetHasWhatWasSetAndTheRestByDefault(t *testing.T) {
	css := (&theme.Theme{Light: map[string]string{"accent": "#7a2a6a"}, Dark: map[string]string{"canvas": "#101014"}}).CSS()
	for _, line := range []string{"--accent: light-dark(#7a2a6a, oklch(0.775 0.074 208));", "--canvas: light-dark(oklch(0.969 0.005 95), #101014);", "@media not (prefers-contrast: more)"} {
		if !strings.Contains(css, line) {
			t.Errorf("no %q in\n%s", line, css)
		}
	}
	if strings.Count(css, "--") != 2 || (&theme.Theme{Logo: "assets/logo.svg"}).CSS() != "" {
		t.Errorf("there is more than was set:\n%s", css)
	}
}
