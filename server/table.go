package server

import (
	"slices"
	"strings"
)

// table is the routes this deployment answers: the configuration can take
// parts away, and moves the admin pages.
func (s *Server) table(all []row) []row {
	checkTable(all)
	rows := slices.DeleteFunc(all, func(w row) bool { return !s.offers(w.part) })
	for i := range rows {
		w := &rows[i]
		if rest, ok := strings.CutPrefix(w.path, "/admin"); ok && (rest == "" || rest[0] == '/') {
			w.isAdminPage = true
			w.path = s.config.Admin.BasePath + rest
		}
	}
	checkTable(rows) // admin.base_path must not sit on another page
	return rows
}

func (s *Server) offers(p part) bool {
	switch p {
	case partAlways:
		return true
	case partSync:
		return s.config.Auth.Enabled && s.config.Sync.Enabled
	case partStorage:
		return s.config.Auth.Enabled && s.config.Storage.Enabled
	case partGuests:
		return s.hasLocalApp()
	}
	return s.config.Auth.Enabled
}
