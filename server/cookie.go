package server

import (
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"or3.cloud/or3/internal/account"
)

const (
	cookieName = "or3_session"
	deviceName = "or3_device"

	// deviceStays is how long a browser keeps what it is known by; the server
	// forgets it after 90 days without a sign-in.
	deviceStays = 90 * 24 * time.Hour
)

// secure reports whether the browser speaks TLS to this deployment.
func (r *request) secure() bool {
	return r.client.scheme == "https" || r.s.publicTLS
}

// cookieName is or3_session, and on TLS __Host-or3_session, which no
// subdomain and no plain-text page can set.
func (r *request) cookieName() string { return r.hostOnly(cookieName) }

func (r *request) hostOnly(name string) string {
	if r.secure() {
		return "__Host-" + name
	}
	return name
}

// deviceCookie is what the browser was given when somebody last signed in.
func (r *request) deviceCookie() string {
	return cookieIn(&r.c.Request().Header, r.hostOnly(deviceName))
}

// Begin hands the browser a session that was just started.
func (r *request) Begin(signed account.Signed) {
	r.StartSession(signed.Token)
	if signed.Device != "" {
		r.setCookie(r.hostOnly(deviceName), signed.Device, r.Now().Add(deviceStays))
	}
}

// sessionCookie is the session token the browser sent, "" when there is none.
// Two cookies of the name mean that somebody planted one: neither counts.
func (r *request) sessionCookie() string { return cookieIn(&r.c.Request().Header, r.cookieName()) }

func cookieIn(h *fasthttp.RequestHeader, name string) string {
	value, found := "", 0
	for key, v := range h.Cookies() {
		if string(key) == name {
			value, found = string(v), found+1
		}
	}
	if found != 1 || len(value) > 256 {
		return ""
	}
	return value
}

// StartSession hands the browser a new session token. The cookie outlives the
// session: when that ends is for the server to say.
func (r *request) StartSession(token string) {
	r.setCookie(r.cookieName(), token, r.Now().Add(r.s.config.Auth.SessionMax))
}

// EndSession takes the session token out of the browser.
func (r *request) EndSession() { r.setCookie(r.cookieName(), "", time.Unix(1, 0)) }

func (r *request) setCookie(name, value string, expires time.Time) {
	r.c.Cookie(&fiber.Cookie{
		Name: name, Value: value, Path: "/", Expires: expires.UTC(),
		HTTPOnly: true, Secure: r.secure(), SameSite: fiber.CookieSameSiteLaxMode,
	})
}
