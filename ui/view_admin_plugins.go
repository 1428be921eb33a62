package ui

import "strings"

// PluginsPage is /admin/plugins: what is installed on this server, and how it
// does in the active workspace.
type PluginsPage struct {
	Workspace  WorkspaceRef // ID is "" for who has none open
	ReadOnly   ReadOnly
	SafeMode   bool
	Server     bool // the person may see what concerns the whole server
	CanInstall bool
	CanSwitch  bool // in the active workspace
	Chips      []FilterChip
	Filtered   bool
	Rows       []PluginRow
	Total      int
	Gone       int // uninstalled, and among them
	Themes     int // that are not
	Waiting    int // that wait for somebody's consent
	Upload     PluginUpload
	Refused    *PackageRefused // the package that was sent last
}

// PageName implements View.
func (PluginsPage) PageName() string { return "admin/plugins" }

// PageTitle implements View.
func (PluginsPage) PageTitle() string { return "Plugins" }

// Facts is the line below the title.
func (p PluginsPage) Facts() string {
	var facts string
	switch run := p.Total - p.Gone - p.Themes; {
	case run > 0 && p.Themes > 0:
		facts = Number(run) + " installed and " + Plural(p.Themes, "theme", "themes")
	case run > 0:
		facts = Number(run) + " installed"
	case p.Themes > 0:
		facts = "No plugins, " + Plural(p.Themes, "theme", "themes")
	default:
		facts = "None installed"
	}
	if p.Waiting > 0 {
		facts += ", " + Plural(p.Waiting, "waits for an answer", "wait for an answer")
	}
	return facts
}

// Empty stands where the list would.
func (p PluginsPage) Empty(all string) Empty {
	if p.Filtered {
		return Empty{Kind: NoMatch, Title: "No plugin like that", Text: "None of the installed ones is in this state.", Actions: []Action{{Label: "Show all", URL: all}}}
	}
	return Empty{Icon: "blocks", Title: "No plugins yet", Text: "A plugin adds pages, widgets and jobs, and runs in a sandbox. It can do nothing before an owner has read what it asks for and agreed."}
}

// FilterChip is one choice of a filter, as a link.
type FilterChip struct {
	Text    string
	Count   int
	URL     string
	Current bool
}

// PluginRow is one installed plugin.
type PluginRow struct {
	ID        string
	Name      string
	Version   string
	Publisher string
	Icon      string
	URL       string
	State     State
	StateNote string // "since 10:40", "29 days left"
	ToDo      *Action
	Signature State
	Risks     PluginRisks
	Calls     int
	Errors    int
	P95       string
	Off       bool // uninstalled or stopped
	Theme     bool // it runs nothing, and is chosen rather than switched on
	Here      PluginSwitch
}

// PluginRisks counts capabilities by what an owner gives away with them.
type PluginRisks struct{ High, Medium, Low int }

// Words say it: "1 high, 2 low".
func (r PluginRisks) Words() string {
	var parts []string
	for _, each := range []struct {
		n    int
		word string
	}{{r.High, " high"}, {r.Medium, " medium"}, {r.Low, " low"}} {
		if each.n > 0 {
			parts = append(parts, Number(each.n)+each.word)
		}
	}
	if parts == nil {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// PluginSwitch turns a plugin on or off in one workspace.
type PluginSwitch struct {
	On  bool
	URL string // "" = this person cannot
	Why string // why it cannot be switched just now
}

// Word is the switch in words.
func (s PluginSwitch) Word() string {
	if s.On {
		return "On"
	}
	return "Off"
}

// PluginUpload is the form that takes a package.
type PluginUpload struct {
	Form
	URL   string
	Limit string // "25 MiB"
	Bytes int64
	Force bool // asks whether a plugin that is there is to be replaced
}

// PackageRefused is why a package was not taken, for whoever made it.
type PackageRefused struct {
	File     string // as it was called
	Plugin   string // "Tides 0.2.0", as far as it could be read
	Size     int64
	SHA256   string
	Message  string
	Findings []PackageFinding
	Again    string // where another one can be sent
}

// PageName implements View.
func (PackageRefused) PageName() string { return "admin/plugin-refused" }

// PageTitle implements View.
func (PackageRefused) PageTitle() string { return "Package refused" }

// PackageFinding is one thing that is in the way.
type PackageFinding struct {
	Code    string
	At      string // a file of the package, or a place in its manifest
	Offset  int
	Message string
}

// Place says where: "plugin.wasm at 1,024".
func (f PackageFinding) Place() string {
	if f.Offset > 0 {
		return strings.TrimSpace(f.At + " at byte " + Number(f.Offset))
	}
	return f.At
}

// Report is all of it as text, to be copied.
func (p PackageRefused) Report() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Plugin != "" {
		b.WriteString(" (" + p.Plugin + ")")
	}
	b.WriteString(" was refused\n")
	if p.SHA256 != "" {
		b.WriteString("sha256 " + p.SHA256 + "\n")
	}
	for _, f := range p.Findings {
		b.WriteString("\n" + f.Code)
		if place := f.Place(); place != "" {
			b.WriteString("  " + place)
		}
		b.WriteString("\n  " + f.Message + "\n")
	}
	return b.String()
}
