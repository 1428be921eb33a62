package server

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// row is one line of the route table: everything the outside and the guard
// need to know about a route, and the handler.
type row struct {
	method string
	path   string // Fiber's pattern; every parameter is an id of [A-Za-z0-9_-]{1,64}
	access access

	does  string       // what it does, one line, for the OpenAPI document
	query reflect.Type // typed query, nil when there is none
	body  reflect.Type // typed body, nil when there is none
	reply reflect.Type // typed answer, nil for pages and files
	// status of a success; 200 when 0.
	status int

	isForm      bool // the body is a form of a page, not JSON
	isPage      bool // errors are pages, anonymous visitors go to the sign-in page
	private     bool // mutations of credentials: refused with an Authorization header
	rate        routeRate
	maxBody     int
	timeout     time.Duration
	audit       string // the audit action of a refusal; "" = not privileged
	part        part   // the configuration switch that can take the route away
	quiet       bool   // successes are logged at level debug only
	media       string // the media type of a file route, for the OpenAPI document
	multipart   bool   // the body is a multipart form with a package
	takes       string // the media type of the body where it is not JSON, see taking
	framing     string // how such a body is made, for the OpenAPI document
	streamed    bool   // the body is left on the connection, see upload
	takesFiles  bool   // a form that may bring files, see withFiles
	isAdminPage bool   // follows admin.base_path and admin.allowed_hosts

	serve func(r *request) error
}

// isAdmin reports whether admin.allowed_hosts speaks about the row.
func (w *row) isAdmin() bool { return w.isAdminPage || strings.HasPrefix(w.path, "/api/admin") }

// nothing is the type of a body or an answer that has no members.
type nothing struct{}

// get is a JSON route that reads. Out is its answer.
func get[Out any](path string, a access, does string, h func(*request) (Out, error), o ...option) row {
	w := newRow("GET", path, a, does, o)
	w.reply = reflect.TypeFor[Out]()
	w.serve = func(r *request) error {
		if err := r.authorise(nil); err != nil {
			return err
		}
		out, err := h(r)
		if err != nil {
			return err
		}
		return r.sendJSON(out)
	}
	return w
}

// search is get with a typed query: its struct's fields carry query tags.
func search[Query, Out any](path string, a access, does string, h func(*request, Query) (Out, error), o ...option) row {
	w := newRow("GET", path, a, does, o)
	w.query, w.reply = reflect.TypeFor[Query](), reflect.TypeFor[Out]()
	w.serve = func(r *request) error {
		if err := r.authorise(nil); err != nil {
			return err
		}
		q, err := bindQuery[Query](r)
		if err != nil {
			return err
		}
		out, err := h(r, q)
		if err != nil || r.sent {
			return err
		}
		return r.sendJSON(out)
	}
	return w
}

// act is a JSON route that changes something. In is the body; nothing means
// that a body is not needed.
func act[In, Out any](method, path string, a access, does string, h func(*request, In) (Out, error), o ...option) row {
	w := newRow(method, path, a, does, o)
	w.body, w.reply = reflect.TypeFor[In](), reflect.TypeFor[Out]()
	w.serve = func(r *request) error {
		in, err := prepared[In](r, bindJSON[In])
		if err != nil {
			return err
		}
		out, err := h(r, in)
		if err != nil {
			return err
		}
		return r.sendJSON(out)
	}
	return w
}

// decoded is act for a body that has a decoder of its own, which judges the
// body item by item, so that one bad item does not refuse its neighbours.
func decoded[In, Out any](method, path string, a access, does string, decode func([]byte) (In, error), h func(*request, In) (Out, error), o ...option) row {
	w := newRow(method, path, a, does, o)
	w.reply = reflect.TypeFor[Out]()
	if w.body == nil {
		w.body = reflect.TypeFor[In]()
	}
	w.serve = func(r *request) error {
		in, err := prepared(r, func(r *request) (in In, err error) {
			if err := bodyType(r, cmp.Or(w.takes, fiber.MIMEApplicationJSON)); err != nil {
				return in, err
			}
			return decode(r.c.Request().Body())
		})
		if err != nil {
			return err
		}
		out, err := h(r, in)
		if err != nil {
			return err
		}
		return r.sendJSON(out)
	}
	return w
}

// page is a GET route that answers with HTML (or a redirect).
func page(path string, a access, h func(*request) error, o ...option) row {
	w := newRow("GET", path, a, "", o)
	w.isPage = true
	w.serve = func(r *request) error {
		if err := r.authorise(nil); err != nil {
			return err
		}
		return h(r)
	}
	return w
}

// form is a POST route fed by an HTML form. The handler gets what was typed
// together with what is wrong with it, and answers an invalid form with the
// same form, status 422.
func form[In any](path string, a access, h func(*request, submitted[In]) error, o ...option) row {
	w := newRow("POST", path, a, "", o)
	w.isPage, w.isForm = true, true
	w.body = reflect.TypeFor[In]()
	w.serve = func(r *request) error {
		if r.s.bringsFiles(&w, &r.c.Request().Header) {
			if err := r.authorise(nil); err != nil {
				return err
			}
			return r.takeForm()
		}
		if r.form != nil && r.form.out.broken != nil {
			return r.form.out.broken
		}
		in, err := prepared[submitted[In]](r, bindForm[In])
		if err != nil {
			return err
		}
		return h(r, in)
	}
	return w
}

// content is a GET route that answers with bytes of its own making.
func content(path string, a access, h func(*request) error, o ...option) row {
	w := page(path, a, h, o...)
	w.isPage = false
	return w
}

// prepared reads the body and asks can(), in the order the row's access needs:
// when the path or the session names the resource, a stranger is refused
// before their body is looked at.
func prepared[T any](r *request, bind func(*request) (T, error)) (in T, err error) {
	if !r.row.access.of.afterBody {
		if err := r.authorise(nil); err != nil {
			return in, err
		}
		return bind(r)
	}
	if err := r.needSession(); err != nil {
		return in, err
	}
	if in, err = bind(r); err != nil {
		return in, err
	}
	return in, r.authorise(any(in))
}

func newRow(method, path string, a access, does string, options []option) row {
	w := row{method: method, path: path, access: a, does: does, maxBody: defaultMaxBody, timeout: defaultTimeout}
	for _, o := range options {
		o(&w)
	}
	return w
}

// checkTable panics when a row could not be served as it is declared. It runs
// at every start and in a test, so a route without access never ships.
func checkTable(rows []row) {
	seen := map[string]bool{}
	for _, w := range rows {
		key := w.method + " " + w.path
		switch {
		case seen[key]:
			panic("server: " + key + " is declared twice")
		case w.serve == nil:
			panic("server: " + key + " has no handler")
		case w.access.kind == accessPublic && w.access.reason == "":
			panic("server: " + key + " is public without a reason")
		case w.access.kind == accessGuarded && (w.access.permission == "" || w.access.of.names == nil):
			panic("server: " + key + " is guarded by nothing")
		case w.access.kind == "":
			panic("server: " + key + " declares no access")
		case strings.HasPrefix(w.path, "/api/") && w.does == "":
			panic("server: " + key + " does not say what it does")
		}
		seen[key] = true
	}
}

func (a access) String() string {
	switch a.kind {
	case accessPublic:
		return fmt.Sprintf("public (%s)", a.reason)
	case accessGuarded:
		return fmt.Sprintf("%s of %s", a.permission, a.of.name)
	}
	return string(a.kind)
}
