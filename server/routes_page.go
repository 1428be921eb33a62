package server

// pageRoutes are the addresses people open: server-rendered pages and their
// forms. Admin pages are written with /admin, which table moves to
// admin.base_path.
func (s *Server) pageRoutes() []row {
	return []row{}
}
