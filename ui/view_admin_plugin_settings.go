package ui

// PluginSettingsPage is /admin/plugins/ID/settings: the form that the plugin's
// manifest describes, for the active workspace.
type PluginSettingsPage struct {
	PluginHead
	Title       string
	Description string
	Form        Form
	Fields      []SettingField
	URL         string // "" = this person reads
	CheckURL    string // answers one field: POST, ?field=
	SavedAt     Time
}

// PageName implements View.
func (PluginSettingsPage) PageName() string { return "admin/plugin-settings" }

// PageTitle implements View.
func (p PluginSettingsPage) PageTitle() string { return "Settings of " + p.Name }

// SettingField is one setting. Group has the fields of an object, of which the
// setting itself is only the name.
type SettingField struct {
	Field
	Swatch   string // a colour that is set: #1a6b7c
	Secret   bool
	Set      bool // a secret that there is
	ClearBox string
	Boxes    []SettingBox // a list of choices
	Group    []SettingField
	Check    string // where it is judged as it is typed; "" = only with the form
	Value    string // for who reads: what is set, in words
}

// SettingBox is one choice of a list.
type SettingBox struct {
	Value   string
	Label   string
	Checked bool
}
