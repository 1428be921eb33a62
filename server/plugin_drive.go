package server

import (
	"context"
	"time"

	"or3.cloud/or3/plugins"
)

// drivePlugins has plugins take part in what happens: decisions, events and time.
func (s *Server) drivePlugins(m *plugins.Manager, filterTime time.Duration) {
	newPluginFilter(m, s.now, filterTime, s.workspaceName).listen(s.bus, s.db)
	pluginEvents{m}.listen(s.bus)
	s.startPluginJobs(m)
}

// workspaceName is what a live workspace is called, for calls of plugins behind
// which no request stands.
func (s *Server) workspaceName(ctx context.Context, id string) (string, error) {
	w, err := s.workspaces.Get(ctx, id)
	return w.Name, err
}
