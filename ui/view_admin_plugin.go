package ui

// PluginHead is the top of every page about one plugin.
type PluginHead struct {
	ID        string
	Name      string
	Icon      string
	About     string // "0.2.0, Rowe Software"
	State     State
	Theme     bool   // it changes colours and logo, and runs nothing
	Workspace string // the active one's name
	Tabs      Tabs
	ReadOnly  ReadOnly
	Notices   []Notice
}

// PluginOverviewPage is /admin/plugins/ID.
type PluginOverviewPage struct {
	PluginHead
	Description string
	Figures     []Figure
	FiguresNote string
	Here        *PluginPlace // in the active workspace; nil where there is none
	Places      *PluginPlaces
	Grants      []ConsentAsk
	Versions    []PluginVersion
	Facts       []PluginFact
	Server      bool // may manage the package
	StopURL     string
	StartURL    string
	UpdateURL   string // where a newer package is sent
	ExportURL   string
	RemoveURL   string
	BringURL    string // reinstates an uninstalled one
	PurgeURL    string
	PurgeAt     Time
}

// PageName implements View.
func (PluginOverviewPage) PageName() string { return "admin/plugin" }

// PageTitle implements View.
func (p PluginOverviewPage) PageTitle() string { return p.Name }

// PluginFact is a line about the package.
type PluginFact struct {
	Name string
	Text string
	Code string // what a machine made and people compare, after the text
	URL  string
	At   Time
}

// PluginPlace is a workspace with the plugin in it.
type PluginPlace struct {
	ID         string
	Name       string
	State      State
	Note       string
	Switch     PluginSwitch
	Leads      []Action // to where it is seen, while it is on
	ReleaseURL string   // "" = there is nothing to release it from, or this person cannot
}

// PluginPlaces is where a plugin is switched on, for who sees the whole server.
type PluginPlaces struct {
	Rows []PluginPlace
	More int
}

// PluginVersion is one version of the package that is kept.
type PluginVersion struct {
	Version     string
	SHA256      string
	Size        int64
	At          Time
	By          string
	State       State
	Signature   State
	RollbackURL string
	Back        string // what one goes back to: the number, and the package where two have the same
	ConsentURL  string
}

// Short is the hash as far as people compare it.
func (v PluginVersion) Short() string { return ShortHash(v.SHA256) }

// ShortHash is a hash as far as people compare it.
func ShortHash(sum string) string {
	if len(sum) > 12 {
		return sum[:12]
	}
	return sum
}

// PluginTabs are the pages about one plugin. base is its address, current one of
// "", "settings", "log", "calls".
func PluginTabs(base, current string, settings bool) Tabs {
	tabs := Tabs{Label: "About this plugin"}
	for _, t := range []struct{ id, label string }{{"", "Overview"}, {"settings", "Settings"}, {"log", "Log"}, {"calls", "Calls"}} {
		if t.id == "settings" && !settings {
			continue
		}
		address := base
		if t.id != "" {
			address += "/" + t.id
		}
		tabs.Items = append(tabs.Items, Tab{Label: t.label, URL: address, Current: t.id == current})
	}
	return tabs
}
