package server

import (
	"os"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/plugins"
)

// statusReply is what runs here. It holds no secret and no address.
type statusReply struct {
	Version    string          `json:"version"`
	InstanceID string          `json:"instance_id"`
	PID        int             `json:"pid"`
	StartedAt  time.Time       `json:"started_at"`
	Providers  statusProviders `json:"providers"`
	Database   statusDatabase  `json:"database"`
	Sync       statusSwitch    `json:"sync"`
	Storage    statusSwitch    `json:"storage"`
	Plugins    statusPlugins   `json:"plugins"`
	Warnings   []string        `json:"warnings"`
}

type statusProviders struct {
	Auth    string `json:"auth"`
	Sync    string `json:"sync"`
	Storage string `json:"storage"`
}

type statusDatabase struct {
	Dialect    db.Dialect `json:"dialect"`
	Reachable  bool       `json:"reachable"`
	Migrations int        `json:"migrations"` // applied
	Pending    int        `json:"pending"`
	Nodes      int        `json:"nodes"` // servers on this database
}

type statusSwitch struct {
	Enabled  bool   `json:"enabled"`
	Provider string `json:"provider"`
	Built    bool   `json:"built"` // this release has it
}

type statusPlugins struct {
	Installed int `json:"installed"` // and not uninstalled since
}

// status says what runs here and what needs attention.
func (s *Server) status(r *request) (statusReply, error) {
	database, err := s.databaseStatus(r)
	if err != nil {
		return statusReply{}, err
	}
	installed, err := s.pluginStatus(r)
	if err != nil {
		return statusReply{}, err
	}
	c := s.config
	return statusReply{
		Version: s.version, InstanceID: s.instance, PID: os.Getpid(), StartedAt: s.started,
		Providers: statusProviders{Auth: c.Auth.Provider, Sync: c.Sync.Provider, Storage: c.Storage.Provider},
		Database:  database,
		Sync:      statusSwitch{Enabled: c.Sync.Enabled, Provider: c.Sync.Provider, Built: true},
		Storage:   statusSwitch{Enabled: c.Storage.Enabled, Provider: c.Storage.Provider, Built: true},
		Plugins:   installed,
		Warnings:  s.Warnings(),
	}, nil
}

func (s *Server) pluginStatus(r *request) (out statusPlugins, err error) {
	list, err := s.plugins.List(r.Ctx())
	for _, p := range list {
		if p.State != plugins.StateUninstalled {
			out.Installed++
		}
	}
	return out, err
}

func (s *Server) databaseStatus(r *request) (statusDatabase, error) {
	out := statusDatabase{Dialect: s.db.Dialect(), Nodes: 1}
	steps, err := s.db.MigrationStatus(r.Ctx())
	if err != nil {
		return out, err
	}
	out.Reachable = true
	for _, m := range steps {
		if m.AppliedAt != 0 {
			out.Migrations++
		} else {
			out.Pending++
		}
	}
	if s.db.Dialect() != db.Postgres {
		return out, nil
	}
	nodes, err := db.LiveNodes(r.Ctx(), s.db.Read(), r.Now().Add(-nodeGone).UnixMilli())
	out.Nodes = len(nodes)
	return out, err
}

// Warnings are sentences about things that work but should be mended.
func (s *Server) Warnings() []string {
	warnings := append([]string{}, s.config.Warnings()...)
	if !s.config.Limits.Enabled {
		warnings = append(warnings, "Rate limits are switched off (limits.enabled). That is for load tests only.")
	}
	return warnings
}
