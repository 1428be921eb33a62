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
