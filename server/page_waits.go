package server

import (
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/ui"
)

// waitsPage is /w/:id/waits: what a device has not sent. The server knows
// nothing of it: it draws the frame, the client fills it.
func (s *Server) waitsPage(r *request) error {
	shell, err := r.inside(ui.LayoutApp, r.Param("id"), "")
	if err != nil {
		return err
	}
	shell.Pane = ui.PaneRead
	return r.Page(fiber.StatusOK, shell, ui.WaitsPage{})
}
