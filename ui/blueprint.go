package ui

import (
	"bytes"
	"fmt"
	"html/template"
)

// Blueprint is a block of the pages that the client clones: rendered once, with
// tokens such as __title__ in place of a person's data, into <template
// id="bp-ID"> of the shell. The block is the one the server's page uses, so
// there is one source of markup.
type Blueprint struct {
	ID    string // "message"
	Block string // "app/thread#message", or a whole page "pages/app/thread"
	View  any    // the view with tokens and every part switched on
}

// Blueprints lists what the client builds pages from. A page that the client
// takes over adds its own beside its view.
func Blueprints() []Blueprint {
	all := frameBlueprints()
	all = append(all, threadBlueprints()...)
	all = append(all, documentBlueprints()...)
	all = append(all, backupBlueprints()...)
	all = append(all, projectBlueprints()...)
	all = append(all, fileBlueprints()...)
	all = append(all, activityBlueprints()...)
	all = append(all, searchBlueprints()...)
	return all
}

// ShellPage is the content of the user-neutral shell: nothing but blueprints.
// It names nobody and nothing of a workspace, so that any browser may keep it.
type ShellPage struct {
	Site       string
	Blueprints template.HTML
}

// PageName implements View.
func (ShellPage) PageName() string { return "app/shell" }

// PageTitle implements View.
func (ShellPage) PageTitle() string { return product }

// ShellPage renders every blueprint.
func (r *Renderer) ShellPage() (ShellPage, error) {
	var out bytes.Buffer
	for _, b := range Blueprints() {
		if err := r.blueprint(&out, b); err != nil {
			return ShellPage{}, err
		}
	}
	return ShellPage{Site: product, Blueprints: template.HTML(out.String())}, nil //nolint:gosec // just rendered by html/template
}

// blueprint writes one blueprint as a template.
func (r *Renderer) blueprint(out *bytes.Buffer, b Blueprint) error {
	out.WriteString(`<template id="bp-` + template.HTMLEscapeString(b.ID) + `">`)
	if err := r.Fragment(out, b.Block, b.View); err != nil {
		return fmt.Errorf("blueprint %s: %w", b.ID, err)
	}
	out.WriteString("</template>\n")
	return nil
}

// Tokens of blueprints that stand in addresses: the client fills in the ids.
const (
	atWorkspace = "/w/__workspace__"
	atThread    = atWorkspace + "/t/__thread__"
	atDocument  = atWorkspace + "/documents/__document__"
	atProject   = atWorkspace + "/projects/__project__"
	atFile      = atWorkspace + "/files/__file__"
)

// NeutralShell surrounds the shell page: the app's layout with tokens for the
// person and the workspace. mode is "cloud" or "local".
func NeutralShell(mode, version, adminBase string) Shell {
	everything := Scope{WorkspaceID: "__workspace__", AdminBase: adminBase, May: func(permission string, deployment bool) bool {
		return !deployment && (permission == "workspace.read" || permission == "workspace.write") // admin pages need the server anyway
	}}
	s := Shell{
		Layout: LayoutApp, Title: product, Site: product, Version: version, Neutral: true, Next: "/",
		Workspace: WorkspaceLink{ID: "__workspace__", URL: atWorkspace},
		Nav:       AppNav(everything, "", nil, NavProjects{}), Commands: CommandsFor(everything),
		AppURL: atWorkspace, Sync: &SyncFoot{Icon: "clock", Word: "Starting"},
		App: &AppFacts{Mode: mode, Version: version, Shell: "/shell", AdminBase: adminBase},
	}
	if mode == "cloud" {
		s.Person = Person{ID: "__user__", Name: "__name__"}
		s.SettingsURL, s.NewURL, s.SearchURL, s.PaletteURL, s.AdminURL = "/settings", "/workspaces/new", "/search", "/search", adminBase
	}
	return s
}

func frameBlueprints() []Blueprint {
	return []Blueprint{
		{ID: "empty", Block: "partials/empty", View: Empty{Kind: NothingYet, Title: "__title__", Text: "__text__", Actions: []Action{{Label: "__label__", URL: "/__href__", Icon: "plus"}}}},
		{ID: "notice", Block: "partials/notice", View: Notice{Icon: "info", Text: "__text__", Link: &Action{Label: "__label__", URL: "/__href__"}}},
		{ID: "confirm", Block: "partials/confirm", View: Confirm{ID: "app-confirm", Title: "__title__", Text: "__text__", URL: "/__href__", Keep: "__keep__", Do: "__do__", Danger: true}},
		{ID: "nav", Block: "partials/sidebar#item", View: NavItem{ID: "__id__", Label: "__label__", Icon: "circle-dot", URL: "/__href__", Count: 1}},
		{ID: "workspace", Block: "partials/switcher#item", View: WorkspaceLink{ID: "__workspace__", Name: "__name__", Role: "__role__", URL: atWorkspace, Current: true}},
		{ID: "sign-out", Block: "partials/sign-out", View: nil},
		{ID: "waits", Block: "app/waits#page", View: WaitsPage{}},
		{ID: "waits-row", Block: "app/waits#row", View: WaitsRow{ID: "__op__", Title: "__title__", Note: "__note__", URL: "/__href__"}},
	}
}
