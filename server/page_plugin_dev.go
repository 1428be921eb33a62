package server

import (
	"net/url"

	"github.com/gofiber/fiber/v2"
)

// devURL is where an open page asks whether its plugin is newer by now; "" where
// nobody works on it.
func (p *pluginPlace) devURL() string {
	if !p.Manifest.InDevelopment() {
		return ""
	}
	return p.base + "/-/dev?sha=" + url.QueryEscape(p.SHA256)
}

// pluginIsNewer answers a page of a plugin that is being worked on: with nothing
// while the version that drew it runs, and then that it is to load again.
func (s *Server) pluginIsNewer(r *request) error {
	p, err := s.placeOf(r)
	if err != nil {
		return err
	}
	if p.SHA256 != r.Query("sha") {
		r.c.Set("HX-Refresh", "true")
	}
	return r.c.SendStatus(fiber.StatusNoContent)
}
