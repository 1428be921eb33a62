// Command storybook serves every page in every state, without a server or a
// database behind it: go run ./ui/storybook, then open the printed address.
// Templates are read anew for every page; ?theme=dark shows the dark scheme.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"time"

	"or3.cloud/or3/ui"
	"or3.cloud/or3/ui/fixtures"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	dir := flag.String("ui", "ui", "the ui folder of the working copy")
	flag.Parse()
	if err := run(*addr, *dir); err != nil && !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

func run(addr, dir string) error {
	assets, err := ui.EmbeddedAssets()
	if err != nil {
		return err
	}
	pages, err := ui.NewRenderer(ui.Options{Assets: assets, Dir: dir})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", contents)
	mux.HandleFunc("GET "+ui.AssetPrefix, func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets.Lookup(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", a.Type)
		_, _ = w.Write(a.Data) // the browser went away: nobody to tell
	})
	for _, f := range fixtures.All() {
		mux.HandleFunc("GET /page/"+f.Name, func(w http.ResponseWriter, r *http.Request) {
			var out bytes.Buffer
			if err := pages.Page(&out, fixtures.Shell(f, r.URL.Query().Get("theme")), f.View.PageName(), f.View); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'")
			_, _ = out.WriteTo(w)
		})
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("storybook on http://%s\n", ln.Addr())
	return (&http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}).Serve(ln)
}

var index = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Storybook</title><h1>Every page in every state</h1><ul>
{{range .}}<li><a href="/page/{{.Name}}">{{.Name}}</a> <a href="/page/{{.Name}}?theme=dark">dark</a></li>
{{end}}</ul></html>`))

func contents(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := index.Execute(w, fixtures.All()); err != nil {
		log.Print(err)
	}
}
