package server

import "github.com/gofiber/fiber/v2"

// describe answers the OpenAPI document, which was made from the table at start.
func (s *Server) describe(r *request) error {
	r.c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
	r.c.Response().SetBodyRaw(s.openAPI)
	return nil
}
