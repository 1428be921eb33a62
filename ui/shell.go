package ui

import "html/template"

// Layout names what surrounds a page.
type Layout string

// The layouts.
const (
	LayoutApp    Layout = "app"    // sidebar 216, then panes; the page writes the panes
	LayoutAdmin  Layout = "admin"  // sidebar 228, then the ledger
	LayoutBare   Layout = "bare"   // two halves: a 344 px form and the mark (sign-in, register, invite)
	LayoutWizard Layout = "wizard" // step rail 300 and a 560 px form (first-run set-up)
	LayoutPlain  Layout = "plain"  // one column under the mark (errors, notices)
)

func (l Layout) file() string {
	if l == "" {
		return string(LayoutPlain)
	}
	return string(l)
}

// Theme is the colour scheme a person chose; ThemeSystem follows the device.
type Theme string

// The themes, as the cookie or3_theme carries them.
const (
	ThemeSystem Theme = "system"
	ThemeLight  Theme = "light"
	ThemeDark   Theme = "dark"
)

// ParseTheme reads a cookie or form value; anything unknown is ThemeSystem.
func ParseTheme(s string) Theme {
	if t := Theme(s); t == ThemeLight || t == ThemeDark {
		return t
	}
	return ThemeSystem
}

// Cookies that hold preferences of a browser rather than of a person. They are
// readable by scripts on purpose: the switch works without a round trip.
const (
	ThemeCookie = "or3_theme" // light, dark or absent
	KeysCookie  = "or3_keys"  // "off" switches single-key shortcuts off
)

// Pane tells the app layout which pane a small screen shows.
type Pane string

// The panes.
const (
	PaneList Pane = "list"
	PaneRead Pane = "read"
)

// Person is who is signed in. The zero Person is nobody.
type Person struct {
	ID    string
	Name  string
	Email string
}

// WorkspaceLink is one workspace in the switcher.
type WorkspaceLink struct {
	ID      string
	Name    string
	Role    string // "Owner"
	URL     string // where the switch leads
	Current bool
}

// SyncFoot is the line at the bottom of the app's sidebar that always says
// whether everything is on the server.
type SyncFoot struct {
	Icon string // "check", "cloud-upload", "cloud-off", "circle-alert"
	Word string // "Synced"
	Note string // "Everything is on the server."
	Tone Tone
	URL  string // opens what waits; "" when nothing does
}

// Step is one line of the wizard's rail.
type Step struct {
	Name string
	Note string
	Done bool
	Now  bool
}

// Number is the step's place in the rail, counted from 1.
func (Step) Number(index int) int { return index + 1 }

// Shell is what surrounds a page: everything a layout shows. The server builds
// one per request; empty parts are left out of the page.
type Shell struct {
	Layout Layout
	Title  string // "Members"; the document title adds the site's name
	Site   string // the workspace's or the server's name; "OR3 Cloud" when empty
	Host   string // "cloud.kestrelboats.example"

	Theme    Theme
	ThemeURL string // the stylesheet of the workspace's theme; "" = the default colours
	LogoURL  string // its picture in the mark's place; "" = the mark
	KeysOff  bool   // single-key shortcuts are switched off
	Next     string // the page's own address, where preference forms return to

	Person     Person
	Workspace  WorkspaceLink   // the active one
	Workspaces []WorkspaceLink // all of them, for the switcher
	Nav        []NavGroup
	Commands   []Command // what the palette and the shortcut sheet list

	AppURL      string // admin: back to the app
	AdminURL    string // app: to the admin pages; "" when the person may not
	SettingsURL string
	NewURL      string // where a workspace is created; "" when not offered
	SearchURL   string // the search page; "" when there is none
	PaletteURL  string // GET ?q= answers partials/palette; "" = commands only

	Sync    *SyncFoot
	Flash   *Notice  // what the last act did, with its undo
	Notices []Notice // what holds for the whole page ("You are offline")

	Pane    Pane   // app
	Steps   []Step // wizard
	Foot    string // wizard: the sentence under the rail
	Promise string // bare: the sentence in the right half
	Detail  string // bare: the sentence below it

	Local   *LocalFoot // the app without accounts: stands where the person and sync do
	App     *AppFacts  // starts the client's bundle; nil leaves it out
	Swaps   bool       // the page has parts that htmx swaps, also where the app runs
	Neutral bool       // the shell that names nobody; the client fills it

	Version   string
	RequestID string
}

// DocumentTitle is what the browser's tab says.
func (s Shell) DocumentTitle() string {
	site := s.Site
	if site == "" {
		site = product
	}
	if s.Title == "" || s.Title == site {
		return site
	}
	return s.Title + " · " + site
}

// SignedIn reports whether the page has a person.
func (s Shell) SignedIn() bool { return s.Person.ID != "" }

// Scheme is the value of the document's data-theme.
func (s Shell) Scheme() Theme { return ParseTheme(string(s.Theme)) }

const product = "OR3 Cloud"

func (s Shell) complete() Shell {
	if s.Layout == "" {
		s.Layout = LayoutPlain
	}
	if s.Site == "" {
		s.Site = product
	}
	if s.Theme == "" {
		s.Theme = ThemeSystem
	}
	if s.Pane == "" {
		s.Pane = PaneList
	}
	return s
}

// Frame is what a layout template receives.
type Frame struct {
	Shell
	Content template.HTML
}

// ClientFacts is the JSON the client script starts from.
type ClientFacts struct {
	Commands   []Command `json:"commands"`
	KeysOff    bool      `json:"keys_off"`
	PaletteURL string    `json:"palette_url"`
}

// Client gathers the client's facts.
func (s Shell) Client() ClientFacts {
	commands := s.Commands
	if commands == nil {
		commands = []Command{}
	}
	return ClientFacts{Commands: commands, KeysOff: s.KeysOff, PaletteURL: s.PaletteURL}
}
