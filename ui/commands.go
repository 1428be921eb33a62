package ui

// Command is one thing a person can do or open. This registry is the only list:
// the palette, the shortcut sheet and the tooltips all read it.
type Command struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Group string `json:"group"`          // "Go to", "Actions", "Settings"
	Icon  string `json:"icon,omitempty"` // name in the sprite
	Note  string `json:"note,omitempty"`
	URL   string `json:"url,omitempty"`  // pattern; :workspace is the active one
	Act   string `json:"act,omitempty"`  // what the client script does instead of opening URL
	Keys  string `json:"keys,omitempty"` // "g m", "shift+n", "?", "mod+k"
	// SheetOnly commands are keys inside a page, not palette entries.
	SheetOnly bool `json:"sheet_only,omitempty"`

	needs      string // permission, "" = every signed-in person
	deployment bool   // the permission is asked of the deployment
}

// Commands is the registry, in the order the palette shows.
func Commands() []Command {
	return []Command{
		{ID: "threads", Label: "Threads", Group: "Go to", Icon: "messages-square", URL: "/w/:workspace", Keys: "g t", needs: "workspace.read"},
		{ID: "documents", Label: "Documents", Group: "Go to", Icon: "file-text", URL: "/w/:workspace/documents", Keys: "g d", needs: "workspace.read"},
		{ID: "prompts", Label: "Prompts", Group: "Go to", Icon: "quote", URL: "/w/:workspace/documents?kind=prompt", needs: "workspace.read"},
		{ID: "projects", Label: "Projects", Group: "Go to", Icon: "folder", URL: "/w/:workspace/projects", Keys: "g p", needs: "workspace.read"},
		{ID: "activity", Label: "Activity", Group: "Go to", Icon: "bell", URL: "/w/:workspace/activity", Keys: "g n", needs: "workspace.read"},
		{ID: "find", Label: "Search inside everything", Group: "Go to", Icon: "search", URL: "/w/:workspace/search", needs: "workspace.read"},
		{ID: "backup", Label: "Backup: export and import", Group: "Go to", Icon: "download", URL: "/w/:workspace/backup", needs: "workspace.read"},
		{ID: "settings", Label: "Your settings", Group: "Go to", Icon: "settings", URL: "/settings", Keys: "g s"},
		{ID: "overview", Label: "Overview", Group: "Go to", Note: "Admin", Icon: "gauge", URL: "/admin", Keys: "g o", needs: "admin.access"},
		{ID: "workspaces", Label: "Workspaces", Group: "Go to", Note: "Admin", Icon: "layers", URL: "/admin/workspaces", Keys: "g w", needs: "admin.access"},
		{ID: "members", Label: "Members", Group: "Go to", Note: "Admin", Icon: "users", URL: "/admin/members", Keys: "g m", needs: "admin.access"},
		{ID: "access", Label: "Who can do what, and why", Group: "Go to", Note: "Access", Icon: "key-round", URL: "/admin/access", Keys: "g a", needs: "admin.access"},
		{ID: "plugins", Label: "Plugins: install, agree, settings", Group: "Go to", Note: "Admin", Icon: "blocks", URL: "/admin/plugins", needs: "admin.access"},
		{ID: "themes", Label: "Themes: colours and logo", Group: "Go to", Note: "Admin", Icon: "sun-moon", URL: "/admin/themes", needs: "admin.access"},
		{ID: "sync", Label: "Sync: devices, log, a row’s history", Group: "Go to", Note: "Admin", Icon: "rotate-cw", URL: "/admin/sync", Keys: "g y", needs: "admin.access"},
		{ID: "storage", Label: "Storage: what files use", Group: "Go to", Note: "Admin", Icon: "hard-drive", URL: "/admin/storage", needs: "admin.access"},
		{ID: "users", Label: "Everyone on this server", Group: "Go to", Note: "Users", Icon: "user-cog", URL: "/admin/users", Keys: "g u", needs: "admin.access", deployment: true},
		{ID: "audit", Label: "Audit log", Group: "Go to", Note: "Admin", Icon: "scroll-text", URL: "/admin/audit", Keys: "g l", needs: "admin.access"},

		{ID: "new-thread", Label: "New thread", Group: "Actions", Icon: "plus", URL: "/w/:workspace?new=1", Keys: "shift+n", needs: "workspace.write"},
		{ID: "new-document", Label: "New document", Group: "Actions", Icon: "file-text", URL: "/w/:workspace/documents?new=1", needs: "workspace.write"},
		{ID: "new-project", Label: "New project", Group: "Actions", Icon: "folder", URL: "/w/:workspace/projects?new=1", needs: "workspace.write"},
		{ID: "invite", Label: "Invite someone", Group: "Actions", Note: "Members", Icon: "user-plus", URL: "/admin/members#invite", needs: "users.manage"},
		{ID: "sign-out", Label: "Sign out", Group: "Actions", Icon: "log-out", Act: "sign-out"},

		{ID: "theme-system", Label: "Colours: as the device", Group: "Settings", Icon: "sun-moon", Act: "theme:system"},
		{ID: "theme-light", Label: "Colours: light", Group: "Settings", Icon: "sun", Act: "theme:light"},
		{ID: "theme-dark", Label: "Colours: dark", Group: "Settings", Icon: "moon", Act: "theme:dark"},
		{ID: "shortcuts", Label: "Keyboard shortcuts", Group: "Settings", Icon: "keyboard", Act: "shortcuts", Keys: "?"},

		{ID: "palette", Label: "Search or run", Group: "On every page", Act: "palette", Keys: "mod+k", SheetOnly: true},
		{ID: "filter", Label: "Find in this list", Group: "On every page", Act: "filter", Keys: "/", SheetOnly: true},
		{ID: "close", Label: "Clear, then close", Group: "On every page", Keys: "escape", SheetOnly: true},
		{ID: "next", Label: "Next row", Group: "In lists", Act: "row:next", Keys: "j", SheetOnly: true},
		{ID: "previous", Label: "Previous row", Group: "In lists", Act: "row:previous", Keys: "k", SheetOnly: true},
		{ID: "send", Label: "Send", Group: "While writing", Keys: "mod+enter", SheetOnly: true, needs: "workspace.write"},
	}
}

// Scope is what decides which commands a person gets.
type Scope struct {
	WorkspaceID string // the active one; "" drops what needs it
	AdminBase   string
	NoStorage   bool // storage.enabled=false: its page is not there
	// May asks the gate: for the active workspace, or for the deployment.
	May func(permission string, deployment bool) bool
}

// CommandsFor is the registry as one person sees it: what they may not do is not
// in it, and addresses are resolved.
func CommandsFor(s Scope) []Command {
	out := make([]Command, 0, len(Commands()))
	for _, c := range Commands() {
		if c.needs != "" && (s.WorkspaceID == "" && !c.deployment || !s.May(c.needs, c.deployment)) {
			continue
		}
		if c.ID == "storage" && s.NoStorage {
			continue
		}
		if c.URL != "" {
			c.URL = s.resolve(c.URL)
		}
		out = append(out, c)
	}
	return out
}
