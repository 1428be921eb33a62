package main

import (
	"html"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"or3.cloud/or3/ui"
	"or3.cloud/or3/ui/fixtures"
)

// The policy the server sends; the preview sends it too, so that a page that
// needs more shows it here.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

type gallery struct {
	assets *ui.Assets
	pages  *ui.Renderer
	clock  ui.Clock
}

func newHandler(folder string) (http.Handler, error) {
	assets, err := ui.OpenAssets(os.DirFS(filepath.Join(folder, "static")))
	if err != nil {
		return nil, err
	}
	pages, err := ui.NewRenderer(ui.Options{Assets: assets, Dir: folder})
	if err != nil {
		return nil, err
	}
	g := &gallery{assets: assets, pages: pages, clock: ui.NewClock("Europe/Oslo", "en-GB", time.Date(2026, 11, 23, 13, 31, 8, 0, time.UTC))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+ui.AssetPrefix, g.asset)
	mux.HandleFunc("GET /kit", g.kit)
	mux.HandleFunc("GET /page/{area}/{name}", g.page)
	mux.HandleFunc("GET /palette", g.palette)
	mux.HandleFunc("GET /{$}", g.index)
	return mux, nil
}

func (g *gallery) asset(w http.ResponseWriter, r *http.Request) {
	f, ok := g.assets.Lookup(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.Type)
	w.Header().Set("Cache-Control", ui.AssetCacheControl)
	_, _ = w.Write(f.Data) // a browser that went away is no error
}

func (g *gallery) kit(w http.ResponseWriter, r *http.Request) {
	shell := g.shell(r, ui.LayoutAdmin)
	shell.Title = "Components"
	g.send(w, shell, "kit", ui.Kit(g.clock))
}

func (g *gallery) page(w http.ResponseWriter, r *http.Request) {
	want := r.PathValue("area") + "/" + r.PathValue("name")
	for _, f := range fixtures.All() {
		if f.Name == want {
			shell := g.shell(r, f.Layout)
			g.send(w, shell, f.View.PageName(), f.View)
			return
		}
	}
	http.NotFound(w, r)
}

func (g *gallery) palette(w http.ResponseWriter, _ *http.Request) {
	if err := g.pages.Fragment(w, "partials/palette", ui.Kit(g.clock).Search); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (g *gallery) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte("<!doctype html><title>Preview</title><ul><li><a href=/kit>kit</a>"))
	for _, f := range fixtures.All() {
		name := html.EscapeString(f.Name)
		_, _ = w.Write([]byte("<li><a href=\"/page/" + name + "\">" + name + "</a>"))
	}
}

func (g *gallery) send(w http.ResponseWriter, shell ui.Shell, name string, view any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	if err := g.pages.Page(w, shell, name, view); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// shell is a page's surroundings with ?theme=dark, ?pane=read and ?keys=off.
func (g *gallery) shell(r *http.Request, layout ui.Layout) ui.Shell {
	query := r.URL.Query()
	scope := ui.Scope{WorkspaceID: "w1", May: func(string, bool) bool { return true }}
	shell := ui.Shell{
		Layout: layout, Site: "Kestrel Boatworks", Host: "cloud.kestrelboats.example", Version: "0.1.0",
		Theme: ui.ParseTheme(query.Get("theme")), KeysOff: query.Get("keys") == "off", Pane: ui.Pane(query.Get("pane")), Next: r.URL.Path,
	}
	if cookie, err := r.Cookie(ui.ThemeCookie); err == nil && query.Get("theme") == "" {
		shell.Theme = ui.ParseTheme(cookie.Value)
	}
	if layout != ui.LayoutApp && layout != ui.LayoutAdmin {
		shell.Steps = []ui.Step{{Name: "Owner", Note: "You, with every right", Now: true}, {Name: "Workspace", Note: "Where your people meet"}, {Name: "Then", Note: "Invite people, start a thread"}}
		return shell
	}
	shell.Person = ui.Person{ID: "u-ines", Name: "Ines Okafor", Email: "ines@kestrelboats.example"}
	shell.Workspaces = []ui.WorkspaceLink{{ID: "w1", Name: "Kestrel Boatworks", Role: "Owner", URL: "#", Current: true}, {ID: "w2", Name: "Yard office", Role: "Editor", URL: "#"}}
	shell.Workspace = shell.Workspaces[0]
	shell.Commands = ui.CommandsFor(scope)
	shell.AppURL, shell.AdminURL, shell.SettingsURL, shell.NewURL = "/page/app/threads-typical", "/page/admin/overview-typical", "/page/app/settings-typical", "/page/app/new-workspace-empty"
	shell.PaletteURL = "/palette"
	if layout == ui.LayoutApp {
		shell.Nav = ui.AppNav(scope, "threads", map[string]int{"threads": 4})
		shell.Sync = &ui.SyncFoot{Icon: "check", Word: "Synced", Note: "Everything is on the server.", Tone: ui.OK}
	} else {
		shell.Nav = ui.AdminNav(scope, query.Get("nav"), map[string]int{"overview": 3, "members": 6, "workspaces": 4})
	}
	return shell
}
