package ui

// AppFacts is what the client's bundle starts from, as JSON in the page.
type AppFacts struct {
	Mode       string    `json:"mode"` // "cloud" or "local"
	Version    string    `json:"version"`
	Shell      string    `json:"shell"` // where the blueprints are
	AdminBase  string    `json:"admin_base,omitempty"`
	Admin      bool      `json:"admin,omitempty"` // this person may open the admin pages
	User       *AppUser  `json:"user"`            // null in the neutral shell
	Workspace  string    `json:"workspace"`
	Workspaces []AppPart `json:"workspaces"`
	CanWrite   bool      `json:"can_write"`
	ReadOnly   string    `json:"read_only"` // why not, in words
	Look       *AppLook  `json:"look,omitempty"`
}

// AppLook is what plugins make of a workspace's frame. The browser keeps it for
// the time without a server: the shell it starts from then knows no workspace.
type AppLook struct {
	Theme string        `json:"theme,omitempty"` // as Shell.ThemeURL
	Logo  string        `json:"logo,omitempty"`  // as Shell.LogoURL
	Nav   []AppLookItem `json:"nav,omitempty"`
}

// AppLookItem is an entry of the sidebar that the neutral shell does not have.
type AppLookItem struct {
	Group string `json:"group,omitempty"` // its title; "" = among the app's own
	ID    string `json:"id"`
	Label string `json:"label"`
	Icon  string `json:"icon"`
	URL   string `json:"url"`
}

// AppUser is who is signed in.
type AppUser struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Email  string `json:"email"`
	Zone   string `json:"zone"` // "" = the browser's
	Locale string `json:"locale"`
}

// AppPart is one of the person's workspaces.
type AppPart struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// Bundle is the script the page starts the app with; "" for none.
func (s Shell) Bundle() string {
	if s.App == nil {
		return ""
	}
	return s.App.Mode + ".js"
}
