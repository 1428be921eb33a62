package ui

import (
	"bytes"
	"html/template"
	"slices"
)

// LocalFoot stands at the foot of the sidebar where nobody has an account.
type LocalFoot struct {
	SignIn string // where a guest can sign in; "" where nobody can
	Files  bool   // the app was exported as plain files
}

// LocalWorkspace is the workspace of the app without accounts.
const LocalWorkspace = "local"

// Local says how the app without accounts is shown.
type Local struct {
	Site    string
	Version string
	Foot    LocalFoot
}

// LocalPage renders the whole app without accounts: the frame and every
// blueprint, the same for everybody. Everything else is made on the device.
func (r *Renderer) LocalPage(o Local) ([]byte, error) {
	var blueprints bytes.Buffer
	for _, b := range Blueprints() {
		if !forAccounts(b.ID) {
			if thread, ok := b.View.(ThreadPage); ok {
				thread.NoPrompt = true
				b.View = thread
			}
			if err := r.blueprint(&blueprints, b); err != nil {
				return nil, err
			}
		}
	}
	view := ShellPage{Site: o.Site, Blueprints: template.HTML(blueprints.String())} //nolint:gosec // just rendered by html/template
	var out bytes.Buffer
	err := r.Page(&out, localShell(o), view.PageName(), view)
	return out.Bytes(), err
}

// forAccounts tells which blueprints need an account: the switcher's
// workspaces, what waits for a server, and what a server answers by.
func forAccounts(id string) bool {
	return slices.Contains([]string{"workspace", "waits", "waits-row", "sign-out", "activity", "activity-row", "thread-prompt", "choose-prompt"}, id)
}

// needsServer tells which entries lead to pages that the device does not draw itself.
func needsServer(id string) bool {
	return slices.Contains([]string{"activity"}, id)
}

// localShell is the frame around it: no person, no switcher, nothing to sync.
func localShell(o Local) Shell {
	s := NeutralShell("local", o.Version, "")
	scope := Scope{WorkspaceID: LocalWorkspace, May: func(permission string, deployment bool) bool {
		return !deployment && (permission == "workspace.read" || permission == "workspace.write")
	}}
	s.Title, s.Site, s.Local, s.Sync = o.Site, o.Site, &o.Foot, nil
	s.Workspace = WorkspaceLink{ID: LocalWorkspace, URL: "/w/" + LocalWorkspace}
	s.AppURL = s.Workspace.URL
	s.Nav = AppNav(scope, "", nil, NavProjects{})
	s.Nav[0].Items = slices.DeleteFunc(s.Nav[0].Items, func(i NavItem) bool { return needsServer(i.ID) })
	s.Commands = slices.DeleteFunc(CommandsFor(scope), func(c Command) bool {
		return c.ID == "settings" || c.ID == "sign-out" || needsServer(c.ID)
	})
	s.App.Workspace = LocalWorkspace
	return s
}

// Styles is the stylesheet of the page.
func (s Shell) Styles() string {
	if s.Local != nil {
		return "local.css"
	}
	return "app.css"
}
