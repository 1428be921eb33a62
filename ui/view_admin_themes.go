package ui

import (
	"cmp"

	"or3.cloud/or3/plugins/theme"
)

// ThemesPage is /admin/themes: how a workspace looks, and could.
type ThemesPage struct {
	Workspace  string
	Rows       []ThemeRow // the default one first
	SafeMode   bool
	ReadOnly   ReadOnly
	InstallURL string // "" = this person installs nothing
}

// PageName implements View.
func (ThemesPage) PageName() string { return "admin/themes" }

// PageTitle implements View.
func (ThemesPage) PageTitle() string { return "Themes" }

// ThemeRow is one theme of the list.
type ThemeRow struct {
	ID, Name   string
	About      string // its version, and who made it
	Describes  string
	Note       string // why it cannot be used just now
	Used       bool
	Light      []string // a few colours of each scheme
	Dark       []string
	Logo       bool
	URL        string
	UseURL     string
	ConsentURL string
}

// State is what stands beside the one that is used.
func (r ThemeRow) State() State { return State{Tone: OK, Word: "In use"} }

// DefaultTheme is the look without a theme.
func DefaultTheme(used bool) ThemeRow {
	row := ThemeRow{ID: "default", Name: "Default", Describes: "Paper by day, harbour water by night.", Used: used}
	row.Light, row.Dark = swatches(nil)
	return row
}

// ThemeRowOf is the row of a theme without what can be done about it.
func ThemeRowOf(id, name, about, describes string, t *theme.Theme, used bool) ThemeRow {
	row := ThemeRow{ID: id, Name: name, About: about, Describes: describes, Used: used}
	row.Light, row.Dark = swatches(t)
	row.Logo = t != nil && t.Logo != ""
	return row
}

// swatches are the colours that tell most of a theme.
func swatches(t *theme.Theme) (light, dark []string) {
	if t == nil {
		t = &theme.Theme{}
	}
	byDay, byNight := theme.Defaults()
	for _, name := range []string{"canvas", "surface", "ink", "ink-3", "accent", "accent-soft"} {
		light, dark = append(light, cmp.Or(t.Light[name], byDay[name])), append(dark, cmp.Or(t.Dark[name], byNight[name]))
	}
	return light, dark
}
