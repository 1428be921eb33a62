package server

import (
	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
)

// Parts are the services behind the routes, for whoever embeds the server and
// for tests. They end with the server.
type Parts struct {
	DB         *db.DB
	Bus        *hook.Bus
	Gate       *policies.Gate
	Audit      *audit.Log
	Accounts   *account.Service
	Workspaces *workspace.Service
	Engine     *engine.Engine
}

// Parts gives the services this server was put together from.
func (s *Server) Parts() Parts {
	return Parts{DB: s.db, Bus: s.bus, Gate: s.gate, Audit: s.audit, Accounts: s.accounts, Workspaces: s.workspaces, Engine: s.engine}
}
