package main

import (
	"bytes"
	"html/template"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"or3.cloud/or3/ui"
	"or3.cloud/or3/ui/fixtures"
)

// The server's own policy: a page that needs more shows it here.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

type book struct {
	assets *ui.Assets
	pages  *ui.Renderer
	kit    ui.KitPage
}

// open reads the working copy in dir.
func open(dir string) (http.Handler, error) {
	assets, err := ui.OpenAssets(os.DirFS(filepath.Join(dir, "static")))
	if err != nil {
		return nil, err
	}
	pages, err := ui.NewRenderer(ui.Options{Assets: assets, Dir: dir})
	if err != nil {
		return nil, err
	}
	clock := ui.NewClock("Europe/Oslo", "en-GB", time.Date(2026, 11, 23, 13, 31, 8, 0, time.UTC))
	b := &book{assets: assets, pages: pages, kit: ui.Kit(clock)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", contents)
	mux.HandleFunc("GET "+ui.AssetPrefix, b.asset)
	mux.HandleFunc("GET /kit", b.show(fixtures.Fixture{Name: "admin/kit", Layout: ui.LayoutAdmin, View: b.kit}))
	mux.HandleFunc("GET /search", b.search)
	for _, f := range fixtures.All() {
		mux.HandleFunc("GET /page/"+f.Name, b.show(f))
	}
	return mux, nil
}

func (b *book) asset(w http.ResponseWriter, r *http.Request) {
	a, ok := b.assets.Lookup(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.Type)
	w.Header().Set("Cache-Control", ui.AssetCacheControl)
	_, _ = w.Write(a.Data) // the browser went away: nobody to tell
}

func (b *book) show(f fixtures.Fixture) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		shell := fixtures.Shell(f, r.URL.Query().Get("theme"))
		if cookie, err := r.Cookie(ui.ThemeCookie); err == nil && shell.Theme == ui.ThemeSystem {
			shell.Theme = ui.ParseTheme(cookie.Value)
		}
		if f.Layout == ui.LayoutApp {
			shell.Sync = &ui.SyncFoot{Icon: "check", Word: "Synced", Note: "Everything is on the server.", Tone: ui.OK}
		}
		var out bytes.Buffer
		if err := b.pages.Page(&out, shell, f.View.PageName(), f.View); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = out.WriteTo(w)
	}
}

// search answers the palette.
func (b *book) search(w http.ResponseWriter, _ *http.Request) {
	if err := b.pages.Fragment(w, "partials/palette", b.kit.Search); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

var index = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Storybook</title><h1>Every page in every state</h1><ul>
<li><a href="/kit">The components</a> <a href="/kit?theme=dark">dark</a></li>
{{range .}}<li><a href="/page/{{.Name}}">{{.Name}}</a> <a href="/page/{{.Name}}?theme=dark">dark</a></li>
{{end}}</ul></html>`))

func contents(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := index.Execute(w, fixtures.All()); err != nil {
		log.Print(err)
	}
}
