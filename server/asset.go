package server

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/ui"
)

// asset answers a static file by its hashed address.
func (s *Server) asset(r *request) error {
	a, ok := s.assets.Lookup(r.Path())
	if !ok {
		return notFound()
	}
	r.c.Set(fiber.HeaderCacheControl, ui.AssetCacheControl)
	return r.sendAsset(a)
}

// favicon answers the address browsers ask for by themselves.
func (s *Server) favicon(r *request) error {
	a, ok := s.assets.Named("favicon.svg")
	if !ok {
		return notFound()
	}
	r.c.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	return r.sendAsset(a)
}

func (r *request) sendAsset(a *ui.Asset) error {
	data, encoding := a.Encoded(r.Header(fiber.HeaderAcceptEncoding))
	tag := a.ETag
	if encoding != "" {
		tag = strings.TrimSuffix(tag, `"`) + "-" + encoding + `"` // other bytes, another tag
	}
	r.c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	r.c.Set(fiber.HeaderETag, tag)
	r.c.Set(fiber.HeaderContentType, a.Type)
	if r.Header(fiber.HeaderIfNoneMatch) == tag {
		r.c.Status(fiber.StatusNotModified)
		return nil
	}
	if encoding != "" {
		r.c.Set(fiber.HeaderContentEncoding, encoding)
	}
	r.c.Response().SetBodyRaw(data)
	return nil
}
