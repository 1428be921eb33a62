package server

import (
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/ui"
)

// shortcutsPage is /shortcuts: every key that does something for this person.
func (s *Server) shortcutsPage(r *request) error {
	shell, err := r.inside(ui.LayoutApp, r.active(), "")
	if err != nil {
		return err
	}
	view := ui.ShortcutsPage{KeysOff: shell.KeysOff, Back: "/shortcuts", Groups: ui.ShortcutGroups(shell.Commands)}
	return r.Page(fiber.StatusOK, shell, view)
}
