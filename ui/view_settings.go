package ui

// SettingsPage is /settings: a person's own things, section by section.
type SettingsPage struct {
	Email       string
	DisplayName string
	Locale      string
	TimeZone    string
	Locales     []Option
	Zones       []string // suggestions for the time zone field
	ZoneNow     string   // "14:31 in Europe/Oslo"
	Provider    string
	HasPassword bool // false when another provider keeps the password
	Devices     []Device
	Others      int // devices beside this one
	Tokens      []Token
	NewToken    TokenForm
	Fresh       *Secret // a token just made, shown this once
	Theme       string  // "system", "light", "dark"
	Themes      []Option
	Shortcuts   bool // single-key shortcuts are on
	Workspaces  []WorkspaceRow
	Problems    Problems // Form: "profile", "password", "token"
}

// Template implements View.
func (SettingsPage) Template() string { return "pages/app/settings" }

// Title implements View.
func (SettingsPage) Title() string { return "Settings" }

// Device is one signed-in browser.
type Device struct {
	ID      string
	Name    string // "Firefox on Linux"
	Address string
	Current bool
	Since   Moment
	Seen    Moment
	Ends    Moment
	EndURL  string
}

// Token is one personal API token, without its secret.
type Token struct {
	ID        string
	Name      string
	Hint      string // the first characters: or3_pat_7Qm2…
	Created   Moment
	Used      Moment // zero: never
	Ends      Moment
	Expired   bool
	RevokeURL string
}

// TokenForm makes a token.
type TokenForm struct {
	Name    string
	Expires []Option
}

// Secret is shown once and never again.
type Secret struct {
	Heading string
	Value   string
	Text    string // what to do with it, and that it cannot be shown again
}

// ShortcutsPage is the sheet of keys, as a page of its own and in the dialog.
type ShortcutsPage struct {
	On     bool
	Groups []ShortcutGroup
}

// ShortcutGroup is one part of the sheet.
type ShortcutGroup struct {
	Name string
	Rows []ShortcutRow
}

// ShortcutRow is one shortcut: its keys, pressed together or one after another.
type ShortcutRow struct {
	Keys   []string
	Then   bool // one after another
	Text   string
	Single bool // fires on a single key: can be switched off
}

// Template implements View.
func (ShortcutsPage) Template() string { return "pages/app/shortcuts" }

// Title implements View.
func (ShortcutsPage) Title() string { return "Keyboard shortcuts" }
