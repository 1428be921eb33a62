package ui

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

// Themes are the three looks.
func (p SettingsPage) Themes() []Choice {
	return []Choice{
		{Value: string(ThemeSystem), Label: "System", Note: "As this device is set", Icon: "sun-moon", Selected: ParseTheme(string(p.Theme)) == ThemeSystem},
		{Value: string(ThemeLight), Label: "Light", Icon: "sun", Selected: p.Theme == ThemeLight},
		{Value: string(ThemeDark), Label: "Dark", Icon: "moon", Selected: p.Theme == ThemeDark},
	}
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
	Rows []Command
}

// ShortcutGroups sorts the commands that have keys under their groups, in the
// registry's order.
func ShortcutGroups(commands []Command) []ShortcutGroup {
	var groups []ShortcutGroup
	for _, c := range commands {
		if c.Keys == "" {
			continue
		}
		at := -1
		for i := range groups {
			if groups[i].Name == c.Group {
				at = i
			}
		}
		if at < 0 {
			groups = append(groups, ShortcutGroup{Name: c.Group})
			at = len(groups) - 1
		}
		groups[at].Rows = append(groups[at].Rows, c)
	}
	return groups
}
