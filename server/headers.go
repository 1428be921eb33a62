package server

import (
	"github.com/gofiber/fiber/v2"
)

// pagePolicyFor is the Content-Security-Policy of everything: nothing inline,
// nothing from elsewhere, never in a frame. Where files are in a bucket, pages
// speak with it and show its images.
func pagePolicyFor(bucket string) string {
	if bucket != "" {
		bucket = " " + bucket
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:" + bucket + "; font-src 'self'; " +
		"connect-src 'self'" + bucket + "; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// dataPolicy is for JSON and other answers that are never a page.
const dataPolicy = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// permissions switches off what no page of ours uses.
const permissionsPolicy = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), " +
	"geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=(), xr-spatial-tracking=(), " +
	"interest-cohort=(), browsing-topics=()"

// protect sets the headers that every answer carries: pages, JSON, assets and
// errors alike. Handlers may only make Cache-Control longer, never shorter.
func (r *request) protect() {
	h := &r.c.Response().Header
	if r.isAPI() {
		h.Set(fiber.HeaderContentSecurityPolicy, dataPolicy)
		h.Set(fiber.HeaderCacheControl, "no-store")
		h.Set(fiber.HeaderVary, "Authorization, Cookie, Origin")
	} else {
		h.Set(fiber.HeaderContentSecurityPolicy, r.s.pagePolicy)
		h.Set(fiber.HeaderCacheControl, "private, no-store")
		h.Set(fiber.HeaderVary, "Cookie, HX-Request, HX-Request-Type, HX-History-Restore-Request")
	}
	h.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	h.Set(fiber.HeaderXFrameOptions, "DENY")
	h.Set(fiber.HeaderReferrerPolicy, "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set(fiber.HeaderPermissionsPolicy, permissionsPolicy)
	if r.secure() {
		h.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
	h.Set(fiber.HeaderXRequestID, r.id)
}
