package server

import "slices"

// routes is the contents page of the program: every address it answers, what
// it asks of the caller, and the handler. A row without access does not
// compile. Pages are in routes_page.go.
func (s *Server) routes() []row {
	return slices.Concat(s.operationRoutes(), s.identityRoutes(), s.pageRoutes())
}

// operationRoutes are for whoever runs the deployment, and their machines.
func (s *Server) operationRoutes() []row {
	return []row{
		file("/healthz", public("a probe that says nothing but that the process lives"), "The process lives.", s.health, always(), quietly()),
		file("/readyz", public("a probe that says nothing but whether to send traffic here"), "Database and migrations are ready.", s.ready, always(), quietly()),
	}
}

func (s *Server) identityRoutes() []row {
	return []row{}
}
