package server

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
)

// health says that the process lives and answers, and nothing else.
func (s *Server) health(r *request) error {
	return r.text(fiber.StatusOK, "ok\n")
}

// ready says whether requests should be sent here: the database answers, its
// schema is the program's, files can be read and written, and nobody is
// shutting down.
func (s *Server) ready(r *request) error {
	if s.Draining() {
		return r.text(fiber.StatusServiceUnavailable, "stopping\n")
	}
	ctx, cancel := context.WithTimeout(r.ctx, 2*time.Second)
	defer cancel()
	if err := s.db.Ping(ctx); err != nil {
		r.log.Error("readiness", "error", err)
		return r.text(fiber.StatusServiceUnavailable, "database: not reachable\n")
	}
	if err := s.db.CheckMigrated(ctx); err != nil {
		r.log.Error("readiness", "error", err)
		return r.text(fiber.StatusServiceUnavailable, "migrations: not applied\n")
	}
	if err := s.filesReady(ctx); err != nil {
		r.log.Error("readiness", "error", err)
		return r.text(fiber.StatusServiceUnavailable, "storage: not usable\n")
	}
	return r.text(fiber.StatusOK, "ready\n")
}

func (r *request) text(status int, body string) error {
	r.c.Status(status)
	r.c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	r.c.Set(fiber.HeaderCacheControl, "no-store")
	r.c.Response().SetBodyString(body)
	return nil
}
