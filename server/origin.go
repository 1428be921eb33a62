package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
)

// sameOrigin refuses a mutation that another site made a browser send. It is
// the standard library's rule on a hand-built request: Sec-Fetch-Site, else
// Origin against Host; neither means that no browser is involved. A request
// with an Authorization header is exempt: no other site can add one unnoticed,
// and the cookie is then ignored.
func (r *request) sameOrigin() error {
	if _, present := r.bearer(); present {
		return nil
	}
	check := &http.Request{Method: r.c.Method(), Host: r.client.host, URL: &url.URL{Path: r.Path()}, Header: http.Header{}}
	for _, name := range []string{"Origin", "Sec-Fetch-Site"} {
		for _, v := range r.c.Request().Header.PeekAll(name) {
			check.Header.Add(name, string(v))
		}
		if len(check.Header[name]) > 1 {
			return crossOrigin()
		}
	}
	if err := r.s.crossOrigin.Check(check); err != nil {
		return crossOrigin()
	}
	return nil
}

// fromHere reports whether a page of this server made the browser ask. Unlike
// sameOrigin it wants that said: by Sec-Fetch-Site, or, where a browser sends none
// (plain HTTP), by Origin or Referer.
func (r *request) fromHere() bool {
	header := &r.c.Request().Header
	for _, name := range []string{"Sec-Fetch-Site", fiber.HeaderOrigin, fiber.HeaderReferer} {
		switch said := header.PeekAll(name); {
		case len(said) > 1:
			return false
		case len(said) == 0:
		case name == "Sec-Fetch-Site":
			return string(said[0]) == "same-origin"
		default:
			return r.isHere(string(said[0]))
		}
	}
	return false
}

// isHere reports whether an address is one of this deployment.
func (r *request) isHere(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	public, err := url.Parse(r.s.config.Server.PublicURL)
	return strings.EqualFold(u.Host, r.client.host) && u.Scheme == r.client.scheme ||
		err == nil && u.Host == public.Host && u.Scheme == public.Scheme
}

func crossOrigin() error {
	return fault.New(fault.Forbidden, "This request came from another site. Open the page here and try again.")
}

// newCrossOrigin knows the deployment's own public origin besides the Host of
// each request, for proxies that do not pass Host on.
func newCrossOrigin(publicURL string) (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	if publicURL == "" {
		return p, nil
	}
	return p, p.AddTrustedOrigin(publicURL)
}

// allowOrigin opens the API to the configured origins, for bearer requests
// only: credentials are never allowed, so a browser sends no cookie along.
// It reports whether the request was a preflight.
func (r *request) allowOrigin() (preflight bool) {
	origin := r.Header(fiber.HeaderOrigin)
	asked := r.Header(fiber.HeaderAccessControlRequestMethod)
	if origin != "" && r.isAPI() && slices.Contains(r.s.config.Server.AllowedOrigins, origin) {
		h := &r.c.Response().Header
		h.Set(fiber.HeaderAccessControlAllowOrigin, origin)
		h.Set(fiber.HeaderAccessControlExposeHeaders, "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id, "+headerOffset)
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		if asked != "" {
			h.Set(fiber.HeaderAccessControlAllowMethods, "GET, HEAD, POST, PUT, PATCH, DELETE")
			h.Set(fiber.HeaderAccessControlAllowHeaders, "Authorization, Content-Type, X-Or3-Client, "+headerUser+", "+headerOffset+", "+headerComplete)
			h.Set(fiber.HeaderAccessControlMaxAge, "600")
		}
	}
	return r.c.Method() == fiber.MethodOptions
}
