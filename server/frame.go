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

// frame surrounds every request: it gives it an id and a time limit, sets the
// headers every answer has, turns errors and panics into answers, and writes
// one line about it.
func (s *Server) frame(c *fiber.Ctx) error {
	r := s.newRequest(c)
	c.Locals(requestKey, r)
	finished := s.metrics.RequestStarted()
	ctx, cancel := context.WithTimeout(s.life, maxTimeout)
	defer cancel()
	r.ctx = audit.WithOrigin(telemetry.WithRequestID(ctx, r.id), r.origin())
	r.protect()
	if err := r.guarded(c.Next); err != nil {
		r.fail(err)
	}
	r.finish(finished)
	return nil
}

// guarded runs the rest of the request; a panic becomes an error here.
func (r *request) guarded(next func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.s.metrics.Panicked()
			r.log.Error("panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "Something failed on the server. What happened is in its log under this request id.")
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
	if r.row.method != fiber.MethodGet {
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
	return r.throttle()
}

// isID reports whether a path parameter looks like what it is to hold.
func (r *request) isID(name string) bool {
	if slices.Contains(rowParams, name) {
		return rowIDShape.MatchString(r.RowID(name))
	}
	return idShape.MatchString(r.c.Params(name))
}

// adminHost reports whether the admin area may be shown under this host.
func (r *request) adminHost() bool {
	allowed := r.s.config.Admin.AllowedHosts
	return len(allowed) == 0 || slices.Contains(allowed, hostname(r.client.host))
}

// finish counts the request and writes its line into the log. The query is
// left out: links of invites and of the first set-up carry their secret there.
func (r *request) finish(finished func(method, route string, status int, took time.Duration)) {
	took := time.Since(r.began)
	status := r.c.Response().StatusCode()
	route := "none"
	if r.row != nil {
		route = r.row.path
	}
	finished(r.c.Method(), route, status, took)
	level, attrs := slog.LevelInfo, []any{
		"method", r.c.Method(), "path", telemetry.Printable(cut(r.Path(), 200)), "route", route, "status", status,
		"ms", float64(took.Microseconds()) / 1000, "ip", r.client.ip,
	}
	if status >= 500 {
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
		r.protect()
	}
	if linger, ok := c.Context().Conn().(interface{ Linger() }); ok && statusOf(publicError(err)) == fiber.StatusRequestEntityTooLarge {
		linger.Linger()
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
	r.finish(s.metrics.RequestStarted())
	return nil
}
