package server

import (
	"context"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// changeUser does one act to a person and goes back to the list where it was.
// What a rule stands against is said in the person's row.
func (s *Server) changeUser(r *request, act func(ctx context.Context, by *policies.Session, userID string) error, said string) error {
	p, err := s.accounts.User(r.Ctx(), r.Param("user_id"))
	if err != nil {
		return err
	}
	err = act(r.Ctx(), r.Session(), p.ID)
	if fault.Is(err, fault.Conflict) {
		return s.showUsers(r, fiber.StatusConflict, p.ID, publicError(err).Message)
	}
	if err != nil {
		return err
	}
	return r.done(r.cameFrom(r.admin("/users")), fmt.Sprintf(said, p.DisplayName))
}
