package ui

import (
	"slices"
	"strings"
)

// SettingsPage is /settings: a person's own things, section by section.
type SettingsPage struct {
	Email      string
	Provider   string
	Profile    Form // display_name, locale, time_zone
	Zones      []string
	Now        Time     // what the chosen time zone makes of now
	Password   *Form    // current_password, new_password, keep_tokens; nil when another provider keeps it
	Devices    []Device // this one first
	Others     int      // devices beside this one
	Tokens     []Token
	NewToken   Form    // name, expires
	Fresh      *Secret // a token just made, shown this once
	Theme      Theme
	KeysOff    bool
	Workspaces []WorkspaceRow
}

// PageName implements View.
func (SettingsPage) PageName() string { return "app/settings" }

// PageTitle implements View.
func (SettingsPage) PageTitle() string { return "Settings" }

// Locales are the choices of the language field.
func (p SettingsPage) Locales() []Option { return LocaleOptions(p.Profile.Value("locale")) }

// Expiries are the lives a new token can have.
func (SettingsPage) Expiries() []Option { return ExpiryOptions() }

// Appearance is the form of what this browser remembers: theme, keys.
func (p SettingsPage) Appearance() Form {
	keys := "on"
	if p.KeysOff {
		keys = "off"
	}
	return Form{ID: "appearance", Values: map[string]string{"theme": string(ParseTheme(string(p.Theme))), "keys": keys}}
}

// Themes are the three looks.
func (SettingsPage) Themes() []Option {
	return []Option{{string(ThemeSystem), "As this device is set"}, {string(ThemeLight), "Light"}, {string(ThemeDark), "Dark"}}
}

// KeyChoices switch single-key shortcuts.
func (SettingsPage) KeyChoices() []Option {
	return []Option{{"on", "On; they never act while you type"}, {"off", "Off; Ctrl K and Ctrl Enter still work"}}
}

// ZoneHint says what time it is in the chosen zone, "" when none is.
func (p SettingsPage) ZoneHint() string {
	if p.Profile.Failed() || p.Profile.Value("time_zone") == "" {
		return ""
	}
	return "It is " + p.Now.format("15:04") + " there now."
}

// Device is one signed-in browser.
type Device struct {
	ID      string
	Name    string // "Firefox on Linux"
	Address string
	Current bool
	Since   Time
	Seen    Time
	Ends    Time
}

// Token is one personal API token, without its secret.
type Token struct {
	ID      string
	Name    string
	Hint    string // its first characters
	Created Time
	Used    Time // zero: never
	Ends    Time
	Expired bool
}

// ShortcutsPage is the sheet of keys as a page of its own.
type ShortcutsPage struct {
	KeysOff bool
	Back    string
	Groups  []ShortcutGroup
}

// PageName implements View.
func (ShortcutsPage) PageName() string { return "app/shortcuts" }

// PageTitle implements View.
func (ShortcutsPage) PageTitle() string { return "Keyboard shortcuts" }

// ShortcutGroup is one part of the sheet.
type ShortcutGroup struct {
	Name string
	Rows []ShortcutRow
}

// ShortcutRow is one command with its keys: steps one after another, each of
// keys pressed together.
type ShortcutRow struct {
	Label string
	Steps [][]string
}

// ShortcutGroups sorts the commands that have keys under their groups, in the
// registry's order.
func ShortcutGroups(commands []Command) []ShortcutGroup {
	var groups []ShortcutGroup
	for _, c := range commands {
		if c.Keys == "" {
			continue
		}
		at := slices.IndexFunc(groups, func(g ShortcutGroup) bool { return g.Name == c.Group })
		if at < 0 {
			groups = append(groups, ShortcutGroup{Name: c.Group})
			at = len(groups) - 1
		}
		groups[at].Rows = append(groups[at].Rows, ShortcutRow{Label: c.Label, Steps: keySteps(c.Keys)})
	}
	return groups
}

// keySteps reads the registry's notation: "g m" is two steps, "mod+k" one.
func keySteps(keys string) [][]string {
	named := map[string]string{"mod": "Ctrl", "shift": "Shift", "enter": "Enter", "escape": "Esc"}
	var steps [][]string
	for step := range strings.SplitSeq(keys, " ") {
		var together []string
		for key := range strings.SplitSeq(step, "+") {
			name, ok := named[key]
			if !ok {
				name = strings.ToUpper(key)
			}
			together = append(together, name)
		}
		steps = append(steps, together)
	}
	return steps
}
