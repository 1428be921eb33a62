package server

import (
	"context"
	"errors"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"or3.cloud/or3/internal/fault"
)

// statusOf is the HTTP status of each kind of fault.
func statusOf(e *fault.Error) int {
	if e.Status != 0 {
		return e.Status
	}
	switch e.Kind {
	case fault.Invalid:
		return 422
	case fault.Unauthenticated:
		return 401
	case fault.Forbidden:
		return 403
	case fault.NotFound:
		return 404
	case fault.Conflict:
		return 409
	case fault.Oversized, fault.QuotaExceeded:
		return 413
	case fault.Unsupported:
		return 415
	case fault.ClientTooOld:
		return 426
	case fault.RateLimited:
		return 429
	case fault.Unavailable:
		return 503
	case fault.DiskFull:
		return 507
	}
	return 500
}

// publicError makes anything that went wrong a fault that may be shown.
func publicError(err error) *fault.Error {
	var known *fault.Error
	if errors.As(err, &known) {
		return known
	}
	var fe *fiber.Error
	if errors.As(err, &fe) {
		return fromFiber(fe)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return fault.Wrap(err, fault.Unavailable, "This took longer than the server allows. Try again in a moment.")
	}
	return fault.Wrap(err, fault.Internal, "Something failed on the server. What happened is in its log under this request id.")
}

// fromFiber words what Fiber and fasthttp refuse on their own, before or
// instead of a handler.
func fromFiber(fe *fiber.Error) *fault.Error {
	switch fe.Code {
	case fasthttp.StatusNotFound:
		return publicError(notFound())
	case fasthttp.StatusMethodNotAllowed:
		return &fault.Error{Kind: fault.Unsupported, Status: fe.Code, Message: "This address does not take that method."}
	case fasthttp.StatusRequestEntityTooLarge:
		return fault.New(fault.Oversized, "The request is larger than this address takes.")
	case fasthttp.StatusRequestHeaderFieldsTooLarge:
		return &fault.Error{Kind: fault.Oversized, Status: fe.Code, Message: "The request's headers are too large."}
	case fasthttp.StatusRequestTimeout:
		return &fault.Error{Kind: fault.Unavailable, Status: fe.Code, Message: "The request did not arrive in time."}
	case fasthttp.StatusBadRequest, fasthttp.StatusBadGateway:
		return &fault.Error{Kind: fault.Invalid, Status: 400, Message: "The request is not well-formed HTTP.", Err: fe}
	}
	return fault.Wrap(fe, fault.Internal, "Something failed on the server. What happened is in its log under this request id.")
}

// unparsable is a request nobody can make sense of: status 400, not 422.
func unparsable(message string) error {
	return &fault.Error{Kind: fault.Invalid, Status: 400, Message: message}
}

// errorReply is the body of every failed API call.
type errorReply struct {
	Error errorBody `json:"error"`
}

type errorBody struct {
	Code      fault.Kind        `json:"code" enum:"validation_error,unauthenticated,forbidden,not_found,conflict,oversized,quota_exceeded,unsupported,client_too_old,rate_limited,server_error,unavailable,disk_full"`
	Message   string            `json:"message"`
	RequestID string            `json:"request_id"`
	Fields    map[string]string `json:"fields,omitzero"`
}

// fail is the one translator of errors: JSON below /api, pages for the rest.
// It cannot fail itself.
func (r *request) fail(err error) {
	e := publicError(err)
	status := statusOf(e)
	r.cause = err
	r.c.Response().ResetBody()
	r.c.Status(status)
	if e.Retry > 0 {
		r.c.Set(fiber.HeaderRetryAfter, retryAfter(e.Retry))
	}
	if status == 401 && r.isAPI() {
		r.c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="OR3 Cloud"`)
	}
	if r.isAPI() || (r.row != nil && !r.row.isPage) {
		r.failJSON(e)
		return
	}
	r.failPage(e, status)
}

func (r *request) failJSON(e *fault.Error) {
	reply := errorReply{Error: errorBody{Code: e.Kind, Message: e.Message, RequestID: r.id, Fields: e.Fields}}
	if err := r.writeJSON(reply); err != nil {
		r.log.Error("write error", "error", err)
	}
}

// failPage sends people to the sign-in page when that is all they need, and
// shows the error page otherwise.
func (r *request) failPage(e *fault.Error, status int) {
	if e.Kind == fault.Unauthenticated {
		signIn := "/sign-in?next=" + url.QueryEscape(r.returnTo())
		if r.HTMX() {
			r.c.Set("HX-Redirect", signIn)
		} else if r.c.Method() == fiber.MethodGet || r.c.Method() == fiber.MethodHead {
			r.c.Set(fiber.HeaderLocation, signIn)
			r.c.Status(fiber.StatusSeeOther)
			return
		}
	}
	if r.HTMX() && status >= 500 {
		r.c.Set("HX-Retarget", "#toasts")
		r.c.Set("HX-Reswap", "beforeend")
	}
	r.errorPage(e, status)
}

// returnTo is the address to come back to after signing in: the page itself,
// or for htmx the page the browser shows.
func (r *request) returnTo() string {
	if r.HTMX() {
		if u, err := url.Parse(r.Header("HX-Current-URL")); err == nil {
			return localPath(u.RequestURI())
		}
		return "/"
	}
	if q := string(r.c.Request().URI().QueryString()); q != "" {
		return localPath(r.Path() + "?" + q)
	}
	return localPath(r.Path())
}

// localPath lets only a path of this server through; anything else becomes
// "/". Use it on every ?next=.
func localPath(next string) string {
	if len(next) > 1024 || len(next) == 0 || next[0] != '/' {
		return "/"
	}
	if len(next) > 1 && (next[1] == '/' || next[1] == '\\') {
		return "/"
	}
	for i := range len(next) {
		if next[i] < 0x21 || next[i] == '\\' || next[i] > 0x7e {
			return "/"
		}
	}
	return next
}

func retryAfter(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
