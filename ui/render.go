package ui

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	engine "github.com/gofiber/template/html/v2"
)

// Options of a Renderer.
type Options struct {
	Assets    *Assets // required
	AdminBase string  // admin.base_path; "" means /admin
	// Dir is the ui folder of a working copy. When set, templates are read from
	// it before every render, so that an edit shows at the next reload.
	Dir string
}

// Renderer writes pages. It is safe for many callers at once.
//
// The template engine's own layout mechanism is never used: it shares one
// function between all renders, fails under load and prints errors into pages.
// A page is rendered into a buffer first and handed to its layout as HTML, so
// that an error never leaves half a page behind.
type Renderer struct {
	options Options
	current atomic.Pointer[engine.Engine]
}

// NewRenderer parses and checks every template.
func NewRenderer(o Options) (*Renderer, error) {
	if o.AdminBase == "" {
		o.AdminBase = "/admin"
	}
	r := &Renderer{options: o}
	if err := r.Reload(); err != nil {
		return nil, err
	}
	return r, nil
}

// Reload reads the templates again, from Dir when set. On an error the old ones stay.
func (r *Renderer) Reload() error {
	e, err := r.load()
	if err != nil {
		return err
	}
	r.current.Store(e)
	return nil
}

// Page writes a whole document: the template "pages/<name>" with view inside the
// layout of shell. Nothing is written when either fails.
func (r *Renderer) Page(w io.Writer, shell Shell, name string, view any) error {
	e, err := r.engine()
	if err != nil {
		return err
	}
	var content bytes.Buffer
	if err := e.Render(&content, "pages/"+name, view); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	var page bytes.Buffer
	page.Grow(content.Len() + 16<<10)
	frame := Frame{Shell: shell.complete(), Content: template.HTML(content.String())} //nolint:gosec // just rendered by html/template
	if err := e.Render(&page, "layouts/"+frame.Layout.file(), frame); err != nil {
		return fmt.Errorf("render layout %s of %s: %w", shell.Layout, name, err)
	}
	_, err = page.WriteTo(w)
	return err
}

// PagePart writes a page's content alone with its <title>, for a request that
// swaps only what is inside the layout's main.
func (r *Renderer) PagePart(w io.Writer, shell Shell, name string, view any) error {
	return r.write(w, "<title>"+template.HTMLEscapeString(shell.DocumentTitle())+"</title>\n", "pages/"+name, view)
}

// Fragment writes one named block or partial, for example "admin/members#row"
// or "partials/banner".
func (r *Renderer) Fragment(w io.Writer, block string, view any) error {
	return r.write(w, "", block, view)
}

func (r *Renderer) write(w io.Writer, head, name string, view any) error {
	e, err := r.engine()
	if err != nil {
		return err
	}
	out := bytes.NewBufferString(head)
	if err := e.Render(out, name, view); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	_, err = out.WriteTo(w)
	return err
}

// Names lists every template and block, in no particular order.
func (r *Renderer) Names() []string {
	var names []string
	for _, t := range r.current.Load().Templates.Templates() {
		names = append(names, t.Name())
	}
	return names
}

func (r *Renderer) engine() (*engine.Engine, error) {
	if r.options.Dir != "" {
		if err := r.Reload(); err != nil {
			return nil, err
		}
	}
	return r.current.Load(), nil
}

// builtIn are the templates built into the program as they were parsed, by all
// that their functions know. Checking them takes a hundred milliseconds of a
// core, and several servers in one process, as in tests, need it once.
var builtIn struct {
	mu     sync.Mutex
	parsed map[Options]*engine.Engine
}

func (r *Renderer) load() (*engine.Engine, error) {
	if r.options.Dir != "" {
		return r.parse()
	}
	builtIn.mu.Lock()
	defer builtIn.mu.Unlock()
	if e := builtIn.parsed[r.options]; e != nil {
		return e, nil
	}
	e, err := r.parse()
	if err != nil {
		return nil, err
	}
	if builtIn.parsed == nil {
		builtIn.parsed = map[Options]*engine.Engine{}
	}
	builtIn.parsed[r.options] = e
	return e, nil
}

func (r *Renderer) parse() (*engine.Engine, error) {
	files, err := fs.Sub(templateFiles, "templates")
	if r.options.Dir != "" {
		files, err = os.DirFS(filepath.Join(r.options.Dir, "templates")), nil
	}
	if err != nil {
		return nil, err
	}
	e := engine.NewFileSystem(http.FS(files), ".html")
	e.AddFuncMap(r.functions())
	if err := e.Load(); err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	e.Templates.Option("missingkey=error")
	// Escape everything now. html/template escapes at the first execution, and
	// the engine executes a copy outside its lock: two first renders at once
	// could both try.
	for _, t := range e.Templates.Templates() {
		var bad *template.Error
		if err := t.Execute(io.Discard, nil); errors.As(err, &bad) {
			return nil, fmt.Errorf("check template %s: %w", t.Name(), err)
		}
	}
	return e, nil
}
