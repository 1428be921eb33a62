package server

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/telemetry"
)

// requestKey is where Fiber keeps our request for the handlers behind the frame.
const requestKey = "or3.request"

// newRequest gathers what is known before any handler runs.
func (s *Server) newRequest(c *fiber.Ctx) *request {
	r := &request{s: s, c: c, began: time.Now()}
	var trusted bool
	r.client, trusted = clientOf(c, s.config.Server.TrustedProxies)
	if trusted {
		r.id = telemetry.AcceptRequestID(c.Get(fiber.HeaderXRequestID))
	} else {
		r.id = telemetry.NewRequestID()
	}
	r.log = s.log.With("request_id", r.id)
	return r
}

// frame surrounds every request: it gives it an id, sets the headers every
// answer has, turns errors and panics into answers, and writes one line about it.
func (s *Server) frame(c *fiber.Ctx) error {
	r := s.newRequest(c)
	c.Locals(requestKey, r)
	if r.form, _ = c.Context().UserValue(formFilesKey{}).(*formTaker); r.form != nil { // counted and noted where its body was taken
		r.id, r.log, r.late = r.form.r.id, r.form.r.log, true
		r.finished = func(string, string, int, time.Duration) {}
	} else {
		r.finished = s.metrics.RequestStarted()
	}
	ctx, cancel := context.WithCancel(s.life) // how long it may take is its row's to say
	defer cancel()
	r.ctx = audit.WithOrigin(telemetry.WithRequestID(ctx, r.id), r.origin())
	r.protect()
	if err := r.guarded(c.Next); err != nil {
		r.fail(err)
	}
	if !r.late {
		r.note(r.outcome())
	}
	return nil
}

// guarded runs the rest of the request; a panic becomes an error here.
func (r *request) guarded(next func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = r.panicked(p)
		}
	}()
	if err := canonical(r.c); err != nil {
		return err
	}
	if r.allowOrigin() {
		return r.options()
	}
	if len(r.c.Request().Header.Peek(fiber.HeaderContentEncoding)) > 0 {
		return fault.New(fault.Unsupported, "Send the body without Content-Encoding.")
	}
	return next()
}

// panicked counts and logs a panic; the error is what the caller gets.
func (r *request) panicked(p any) error {
	r.s.metrics.Panicked()
	r.log.Error("panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	return fault.New(fault.Internal, "Something failed on the server. What happened is in its log under this request id.")
}

// options answers OPTIONS, preflights included, for addresses that exist.
func (r *request) options() error {
	var methods []string
	for _, w := range r.s.rows {
		if !matches(w.path, r.Path()) {
			continue
		}
		methods = append(methods, w.method)
		if w.method == fiber.MethodGet {
			methods = append(methods, fiber.MethodHead)
		}
	}
	if methods == nil {
		return notFound()
	}
	slices.Sort(methods)
	r.c.Set(fiber.HeaderAllow, strings.Join(append(methods, fiber.MethodOptions), ", "))
	return r.c.SendStatus(fiber.StatusNoContent)
}

// handler is what Fiber calls for a row of the table.
func (s *Server) handler(w *row) fiber.Handler {
	return func(c *fiber.Ctx) error {
		r, ok := c.Locals(requestKey).(*request)
		if !ok {
			return fmt.Errorf("%s %s was reached outside the frame", w.method, w.path)
		}
		r.row = w
		ctx, cancel := context.WithTimeout(r.ctx, w.timeout)
		defer cancel()
		r.ctx = ctx
		if err := r.admit(); err != nil {
			return err
		}
		return w.serve(r)
	}
}

// admit does what comes before anybody's rights: the address, the origin, the
// kind of credential, the rate.
func (r *request) admit() error {
	for _, name := range r.c.Route().Params {
		if name[0] != '*' && !r.isID(name) {
			return notFound()
		}
	}
	if r.row.isAdmin() && !r.adminHost() {
		return notFound()
	}
	if r.row.method != fiber.MethodGet && !r.row.streamed { // a streamed row's URL is the right, no cookie is
		if err := r.sameOrigin(); err != nil {
			return err
		}
		if _, present := r.bearer(); present && r.row.private {
			if err := r.recordToken(); err != nil {
				return err
			}
			return fault.New(fault.Forbidden, "An API token cannot change tokens, sessions, passwords or deployment admins. Sign in with a browser.")
		}
	}
	if r.row.part == partSync {
		if err := r.knowsClient(); err != nil {
			return err
		}
	}
	if r.form != nil {
		return nil // it was counted when its files came
	}
	return r.throttle()
}

// isID reports whether a path parameter looks like what it is to hold.
func (r *request) isID(name string) bool {
	if slices.Contains(rowParams, name) {
		return rowIDShape.MatchString(r.RowID(name))
	}
	if name == "plugin" {
		return pluginShape.MatchString(r.c.Params(name))
	}
	return idShape.MatchString(r.c.Params(name))
}

// adminHost reports whether the admin area may be shown under this host.
func (r *request) adminHost() bool {
	allowed := r.s.config.Admin.AllowedHosts
	return len(allowed) == 0 || slices.Contains(allowed, hostname(r.client.host))
}

// outcome is what is written down about a request when it has been answered.
type outcome struct {
	method, path, route string
	status              int
}

// outcome reads it from the answer as it is now.
func (r *request) outcome() outcome {
	l := outcome{method: r.c.Method(), path: r.Path(), route: "none", status: r.c.Response().StatusCode()}
	if r.row != nil {
		l.route = r.row.path
	}
	return l
}

// note counts the request and writes its line into the log. The query is left
// out: links of invites, of files and of the first set-up carry their secret
// there.
func (r *request) note(l outcome) {
	took := time.Since(r.began)
	r.finished(l.method, l.route, l.status, took)
	level, attrs := slog.LevelInfo, []any{
		"method", l.method, "path", telemetry.Printable(cut(l.path, 200)), "route", l.route, "status", l.status,
		"ms", float64(took.Microseconds()) / 1000, "ip", r.client.ip,
	}
	if l.status >= 500 {
		level = slog.LevelError
		attrs = append(attrs, "error", r.cause)
	} else if r.row != nil && r.row.quiet {
		level = slog.LevelDebug
	}
	r.log.Log(context.Background(), level, "request", attrs...) // the logger has the id already
}

// outer stands before Fiber for what Fiber answers by itself.
func (s *Server) outer(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	known := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	return func(fc *fasthttp.RequestCtx) {
		s.bodies.begin(&fc.Request.Header)
		defer s.bodies.end(&fc.Request.Header)
		if slices.Contains(known, string(fc.Method())) {
			next(fc)
			if (fc.IsPut() || isMultipart(&fc.Request.Header)) && fc.Request.Header.ConnectionClose() && !fc.Hijacked() {
				lingerOn(fc.Conn()) // there may be a body that nobody has read
			}
			return
		}
		c := s.app.AcquireCtx(fc)
		defer s.app.ReleaseCtx(c)
		_ = s.refuseRaw(c, fiber.ErrMethodNotAllowed)
	}
}

// refuseRaw answers what never reached the frame: broken HTTP, bodies beyond
// the limit, methods nobody knows.
func (s *Server) refuseRaw(c *fiber.Ctx, err error) error {
	r, ok := c.Locals(requestKey).(*request)
	if !ok {
		r = s.newRequest(c)
		r.ctx = s.life
		if conn, ok := c.Context().Conn().(interface{ OnAPI() bool }); ok {
			r.onAPI = conn.OnAPI()
		}
		r.protect()
	}
	if statusOf(publicError(err)) == fiber.StatusRequestEntityTooLarge {
		lingerOn(c.Context().Conn())
	}
	if large := s.bodies.end(&c.Request().Header); large != nil {
		if r.row == nil {
			r.row = large.row
		}
		if large.reason != nil {
			err = large.reason
		}
	}
	r.fail(err)
	r.finished = s.metrics.RequestStarted()
	r.note(r.outcome())
	return nil
}
