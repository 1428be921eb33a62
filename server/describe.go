package server

import "github.com/gofiber/fiber/v2"

// describe answers the OpenAPI document, which is made from the table when it is
// asked for first.
func (s *Server) describe(r *request) error {
	text, err := s.openAPI()
	if err != nil {
		return err
	}
	r.c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
	r.c.Response().SetBodyRaw(text)
	return nil
}
