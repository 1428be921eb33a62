package server

import (
	"context"
	"log/slog"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
)

// besideTime is how long a plugin may take to be made, and to answer, beside a
// server. There it is ready and has far less; here one question has to be answered
// on a machine that may be busy, and no answer would be a wrong one.
const besideTime = 10 * time.Second

// FilterOptions are what [DecisionFilters] is made from.
type FilterOptions struct {
	Config     config.Config
	Version    string // of or3
	DB         *db.DB
	Bus        *hook.Bus
	Audit      *audit.Log
	Gate       *policies.Gate // on the same bus
	Workspaces *workspace.Service
	Engine     *engine.Engine
	Now        func() time.Time
}

// DecisionFilters has the plugins of a database say what they say in a server of
// this configuration, for a command that asks the gate beside it. Only those are
// loaded that filter decisions.
func DecisionFilters(ctx context.Context, o FilterOptions) (end func() error, err error) {
	s := &Server{config: o.Config, version: o.Version, db: o.DB, bus: o.Bus, audit: o.Audit, gate: o.Gate, workspaces: o.Workspaces, engine: o.Engine, now: o.Now, log: slog.New(slog.DiscardHandler)}
	po := s.pluginOptions(besideTime, besideTime)
	// What is compiled stays in memory: files that somebody else makes in its
	// directory a server may be unable to read.
	po.Dir, po.Runtime.CacheDir, po.Poll = "", "", -1
	po.Only = func(p plugins.Active) bool { return someFilter([]plugins.Active{p}) }
	if s.plugins, err = plugins.Open(ctx, po); err != nil {
		return nil, err
	}
	newPluginFilter(s.plugins, s.now, besideTime, s.workspaceName).listen(s.bus, s.db)
	return s.plugins.Close, nil
}
