package server

import (
	"time"

	"or3.cloud/or3/plugins"
)

// drivePlugins has plugins take part in what happens: decisions, events and time.
func (s *Server) drivePlugins(m *plugins.Manager, filterTime time.Duration) {
	newPluginFilter(m, s.now, filterTime).listen(s.bus, s.db)
	pluginEvents{m}.listen(s.bus)
	s.startPluginJobs(m)
}
