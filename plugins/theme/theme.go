package theme

import (
	"fmt"
	"slices"
	"strings"
)

// Theme is what a manifest of the kind theme has: colours by token, for each
// scheme those that are others than the default ones, and a logo.
type Theme struct {
	Light map[string]string `json:"light,omitzero"`
	Dark  map[string]string `json:"dark,omitzero"`
	Logo  string            `json:"logo,omitzero"` // a picture of the package, in the mark's place
}

// token is a colour of the design with its defaults.
type token struct{ name, light, dark string }

// tokens are those a theme may set. The colours of danger, warning and success
// mean the same everywhere, and what lies on others as a veil goes with them.
var tokens = []token{
	{"canvas", "oklch(0.969 0.005 95)", "oklch(0.172 0.011 225)"},
	{"surface", "oklch(0.992 0.002 95)", "oklch(0.203 0.012 225)"},
	{"raised", "oklch(1 0 0)", "oklch(0.244 0.014 225)"},
	{"sunken", "oklch(0.957 0.006 95)", "oklch(0.166 0.010 225)"},
	{"line", "oklch(0.908 0.007 95)", "oklch(0.286 0.014 225)"},
	{"line-strong", "oklch(0.83 0.009 95)", "oklch(0.36 0.016 225)"},
	{"line-control", "oklch(0.635 0.012 95)", "oklch(0.535 0.018 225)"},
	{"ink", "oklch(0.238 0.016 222)", "oklch(0.935 0.007 215)"},
	{"ink-2", "oklch(0.415 0.015 222)", "oklch(0.782 0.012 218)"},
	{"ink-3", "oklch(0.515 0.014 222)", "oklch(0.672 0.014 220)"},
	{"accent", "oklch(0.455 0.082 216)", "oklch(0.775 0.074 208)"},
	{"accent-hover", "oklch(0.40 0.076 218)", "oklch(0.83 0.066 207)"},
	{"on-accent", "oklch(0.995 0.003 200)", "oklch(0.19 0.03 225)"},
	{"accent-ink", "oklch(0.43 0.08 217)", "oklch(0.815 0.070 208)"},
	{"accent-soft", "oklch(0.946 0.013 208)", "oklch(0.275 0.028 218)"},
	{"accent-line", "oklch(0.80 0.055 210)", "oklch(0.46 0.065 212)"},
	{"chart-bar", "oklch(0.655 0.028 216)", "oklch(0.53 0.028 218)"},
}

// fixed are the others, which have to be read on a theme's surfaces.
var fixed = []token{
	{"hover", "oklch(0.27 0.02 220 / .05)", "oklch(0.92 0.02 220 / .06)"},
	{"press", "oklch(0.27 0.02 220 / .075)", "oklch(0.92 0.02 220 / .10)"},
	{"danger", "oklch(0.505 0.172 27)", "oklch(0.752 0.125 24)"},
	{"danger-fill", "oklch(0.525 0.178 27)", "oklch(0.665 0.150 25)"},
	{"on-danger", "oklch(0.995 0.003 30)", "oklch(0.19 0.04 25)"},
	{"danger-soft", "oklch(0.957 0.018 22)", "oklch(0.275 0.045 22)"},
	{"warn", "oklch(0.488 0.098 68)", "oklch(0.832 0.115 82)"},
	{"warn-soft", "oklch(0.962 0.026 85)", "oklch(0.272 0.028 80)"},
	{"warn-mark", "oklch(0.66 0.142 63)", "oklch(0.80 0.135 78)"},
	{"ok", "oklch(0.468 0.094 156)", "oklch(0.79 0.115 158)"},
	{"ok-soft", "oklch(0.956 0.026 158)", "oklch(0.275 0.036 160)"},
}

// Pair is two tokens of which one stands on the other; Back may be "press over
// canvas".
type Pair struct {
	Front, Back string
	Need        float64
}

// Pairs are those that have to keep apart: 4.5 to 1 for text, 3 to 1 for what is
// seen and not read.
func Pairs() []Pair {
	var all []Pair
	need := func(least float64, front string, backs ...string) {
		for _, back := range backs {
			all = append(all, Pair{front, back, least})
		}
	}
	need(4.5, "ink", "surface", "canvas", "raised", "sunken", "accent-soft")
	need(4.5, "surface", "ink")
	need(4.5, "ink-2", "surface", "raised", "sunken", "accent-soft", "press over canvas", "hover over canvas")
	need(4.5, "ink-3", "surface", "canvas", "raised", "sunken", "accent-soft", "press over surface")
	need(4.5, "on-accent", "accent", "accent-hover")
	need(4.5, "ink", "warn-soft", "danger-soft", "ok-soft")
	need(4.5, "ink-2", "warn-soft", "danger-soft", "ok-soft")
	need(4.5, "accent-ink", "surface", "canvas", "accent-soft", "warn-soft", "danger-soft", "raised")
	need(4.5, "danger", "surface", "canvas", "danger-soft", "raised")
	need(4.5, "on-danger", "danger-fill")
	need(4.5, "warn", "surface", "canvas", "raised", "warn-soft")
	need(4.5, "ok", "surface", "canvas", "raised", "ok-soft")
	need(3, "accent", "surface", "canvas", "accent-soft", "raised")
	need(3, "line-control", "surface", "raised", "canvas")
	need(3, "warn-mark", "surface")
	need(3, "chart-bar", "surface")
	return all
}

// Tokens are the names of what a theme may set.
func Tokens() []string {
	names := make([]string, len(tokens))
	for i, t := range tokens {
		names[i] = t.name
	}
	return names
}

// Defaults are the colours of both schemes without a theme, by token.
func Defaults() (light, dark map[string]string) {
	light, dark = map[string]string{}, map[string]string{}
	for _, t := range slices.Concat(tokens, fixed) {
		light[t.name], dark[t.name] = t.light, t.dark
	}
	return light, dark
}

// Problem is what is wrong with a theme, at "light/ink".
type Problem struct {
	At, Message string
	Unreadable  bool // two colours are too close; otherwise it is none, or none of ours
}

// Check judges a theme: its colours are some, its tokens are ours, and every pair
// that people read or see keeps apart.
func (t *Theme) Check() []Problem {
	var wrong []Problem
	light, dark := Defaults()
	for _, scheme := range []struct {
		name      string
		set, base map[string]string
	}{{"light", t.Light, light}, {"dark", t.Dark, dark}} {
		sound := true
		colours := map[string]Colour{}
		for name, text := range scheme.base {
			colours[name], _ = Parse(text) // ours
		}
		for _, name := range sorted(scheme.set) {
			at := scheme.name + "/" + name
			c, err := Parse(scheme.set[name])
			switch {
			case !slices.Contains(Tokens(), name):
				wrong = append(wrong, Problem{At: at, Message: fmt.Sprintf("%q is nothing a theme can set. It can set %s.", name, strings.Join(Tokens(), ", "))})
				sound = false
			case err != nil:
				wrong = append(wrong, Problem{At: at, Message: err.Error() + "."})
				sound = false
			case c.a != 1:
				wrong = append(wrong, Problem{At: at, Message: "Nothing may shine through a colour of a theme."})
				sound = false
			default:
				colours[name] = c
			}
		}
		if sound {
			wrong = append(wrong, unreadable(scheme.name, scheme.set, colours)...)
		}
	}
	return wrong
}

// unreadable are the pairs that a scheme brings too close to each other.
func unreadable(scheme string, set map[string]string, colours map[string]Colour) (wrong []Problem) {
	for _, p := range Pairs() {
		top, below, layered := strings.Cut(p.Back, " over ")
		back, names := colours[top], []string{p.Front, top}
		if layered {
			back, names = back.Over(colours[below]), append(names, below)
		}
		i := slices.IndexFunc(names, func(name string) bool { return set[name] != "" })
		if has := Contrast(colours[p.Front], back); i >= 0 && has < p.Need {
			wrong = append(wrong, Problem{At: scheme + "/" + names[i], Unreadable: true,
				Message: fmt.Sprintf("%s on %s is %.2f to 1 and has to be %.1f: people could not tell them apart. Change one of the two.", p.Front, p.Back, has, p.Need)})
		}
	}
	return wrong
}

// CSS is the stylesheet of a theme that was checked. Who asked their system for more
// contrast keeps the default colours.
func (t *Theme) CSS() string {
	light, dark := Defaults()
	var out strings.Builder
	for _, token := range tokens {
		one, other := t.Light[token.name], t.Dark[token.name]
		if one == "" && other == "" {
			continue
		}
		if one == "" {
			one = light[token.name]
		}
		if other == "" {
			other = dark[token.name]
		}
		fmt.Fprintf(&out, "    --%s: light-dark(%s, %s);\n", token.name, one, other)
	}
	if out.Len() == 0 {
		return ""
	}
	return "@media not (prefers-contrast: more) {\n  :root {\n" + out.String() + "  }\n}\n"
}

func sorted(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
