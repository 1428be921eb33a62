package server

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// idShape is what an id in a path, a query or a form looks like.
var idShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// pluginShape is what the id of a plugin looks like, as its manifest's schema has it.
var pluginShape = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,63}$`)

// rowIDShape is what the id of a synced row looks like (wire.Op's pk), and
// rowParams are the path parameters that hold one, written by ui.PathID.
var (
	rowIDShape = regexp.MustCompile(`^[A-Za-z0-9._:~-]{1,128}$`)
	rowParams  = []string{"thread", "message", "post", "project", "note", "file"}
)

// request is one HTTP request on its way through the table: what the frame has
// found out about it, and the means to answer. Every string it gives is a copy
// that may be kept.
type request struct {
	s   *Server
	c   *fiber.Ctx
	row *row
	ctx context.Context
	log *slog.Logger

	id     string // request id, in every log line, answer and audit entry
	began  time.Time
	client client // address, scheme and host as trusted proxies tell them

	session  *policies.Session
	resolved bool
	decision policies.Decision
	onAPI    bool       // it broke off, and was one of the API as far as it came
	sent     bool       // the handler has written the answer itself
	secret   *ui.Secret // left by the request before, to be shown this once
	reader   *ui.Clock  // how the reader sees times, once somebody asked
	cause    error
	late     bool       // the answer comes after the handler has returned
	form     *formTaker // its files have been taken
	finished func(method, route string, status int, took time.Duration)
}

// Ctx is the request's context: it ends with the route's time limit and carries
// the audit origin. Pass it to every service.
func (r *request) Ctx() context.Context { return r.ctx }

// Session is who asks; nil is nobody. On guarded and signed-in routes it is
// never nil. On public routes call Visitor instead.
func (r *request) Session() *policies.Session { return r.session }

// Visitor resolves the session on a public route: nil, nil is nobody.
func (r *request) Visitor() (*policies.Session, error) { return r.session, r.resolve() }

// Decision is what can() said on a guarded route.
func (r *request) Decision() policies.Decision { return r.decision }

// Can asks the gate on behalf of the request, e.g. which buttons a page shows.
func (r *request) Can(p policies.Permission, of policies.Resource) bool {
	return r.s.gate.Can(r.ctx, r.session, p, of).Allowed
}

// Param is a path parameter. The frame has already refused anything that is
// not an id.
func (r *request) Param(name string) string { return r.c.Params(name) }

// RowID is a path parameter that holds the id of a synced row.
func (r *request) RowID(name string) string { return ui.IDInPath(r.c.Params(name)) }

// Query is a query value, "" when absent or not clean text.
func (r *request) Query(key string) string {
	v := r.c.Query(key)
	if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
		return ""
	}
	return v
}

// Header is a request header.
func (r *request) Header(name string) string { return r.c.Get(name) }

// Path is the request's path, without the query.
func (r *request) Path() string { return r.c.Path() }

// Partial reports whether htmx asked for a fragment of the page it is on.
// Everything else, history restores and boosted links included, gets the page.
func (r *request) Partial() bool {
	return r.Header("HX-Request") == "true" && r.Header("HX-Request-Type") == "partial"
}

// HTMX reports whether htmx made the request at all.
func (r *request) HTMX() bool { return r.Header("HX-Request") == "true" }

// Log is the request's logger; it carries the request id.
func (r *request) Log() *slog.Logger { return r.log }

// RequestID names the request in logs, error pages and the audit log.
func (r *request) RequestID() string { return r.id }

// Now is the server's clock.
func (r *request) Now() time.Time { return r.s.now() }

// IP is the client's address, as far as trusted proxies tell.
func (r *request) IP() string { return r.client.ip }

// BaseURL is the origin people use, for links that leave the browser:
// server.public_url, or what this request came in by.
func (r *request) BaseURL() string {
	if u := r.s.config.Server.PublicURL; u != "" {
		return u
	}
	return r.client.scheme + "://" + r.client.host
}

// isAPI reports whether the request is one of the API, also when it broke off
// before its address was read.
func (r *request) isAPI() bool { return r.onAPI || isAPIPath(r.Path()) }

func isAPIPath(path string) bool { return path == "/api" || strings.HasPrefix(path, "/api/") }

// bearer gives the Authorization header. It is decisive as soon as it is there,
// whatever it holds; token is "" when it is not one well-formed bearer token.
func (r *request) bearer() (token string, present bool) { return bearerIn(&r.c.Request().Header) }

func bearerIn(h *fasthttp.RequestHeader) (token string, present bool) {
	all := h.PeekAll(fiber.HeaderAuthorization)
	if len(all) == 0 {
		return "", false
	}
	scheme, rest, _ := strings.Cut(string(all[0]), " ")
	if len(all) > 1 || !strings.EqualFold(scheme, "Bearer") || len(rest) > 512 {
		return "", true
	}
	return strings.TrimSpace(rest), true
}

// headerUser names the person whose data a device is about to send or to store.
const headerUser = "X-Or3-User"

// resolve finds the session once. An outage is an error, not a logout.
func (r *request) resolve() error {
	if r.resolved {
		return nil
	}
	r.resolved = true
	session, err := r.lookUp()
	if err != nil {
		r.resolved = false
		if fault.KindOf(err) == fault.Internal {
			err = fault.Wrap(err, fault.Unavailable, "Your session could not be checked right now. Try again in a moment.")
		}
		return err
	}
	if user := r.Header(headerUser); session != nil && user != "" && user != session.UserID {
		// Somebody else has signed in on this browser since: their session must
		// neither send the first one's unsent work nor fetch into their database.
		session = nil
	}
	r.session = session
	r.ctx = audit.WithOrigin(r.ctx, r.origin())
	if session != nil {
		r.log = r.log.With("user_id", session.UserID)
	}
	return nil
}

func (r *request) lookUp() (*policies.Session, error) {
	if token, present := r.bearer(); present {
		// A token opens the API and the metrics; pages are for browsers.
		if token == "" || r.row == nil || r.row.isPage {
			return nil, nil
		}
		return r.s.accounts.ResolveBearer(r.ctx, token)
	}
	cookie := r.sessionCookie()
	if cookie == "" {
		return nil, nil
	}
	session, fresh, err := r.s.accounts.Refresh(r.ctx, cookie)
	if fresh != "" {
		r.StartSession(fresh) // the person's rights have grown since the last token
	}
	return session, err
}

func (r *request) origin() audit.Origin {
	return audit.Origin{Actor: audit.ActorOf(r.session), IP: r.client.ip, UserAgent: cut(r.Header(fiber.HeaderUserAgent), 300), RequestID: r.id}
}

// homeWorkspace is the deployment's first workspace, "" before set-up or when
// it cannot be told, which denies.
func (r *request) homeWorkspace() string {
	id, err := r.s.workspaces.HomeWorkspace(r.ctx)
	if err != nil {
		r.log.Error("home workspace", "error", err)
		return ""
	}
	return id
}

// cut shortens s to at most n bytes at a character boundary.
func cut(s string, n int) string {
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
