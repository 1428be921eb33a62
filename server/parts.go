package server

import (
	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/storage"
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
	Plugins    *plugins.Manager
	Files      *file.Service // nil, as the next, with storage.enabled=false
	Store      storage.Store
	Keeper     *file.Keeper
}

// Parts gives the services this server was put together from.
func (s *Server) Parts() Parts {
	p := Parts{DB: s.db, Bus: s.bus, Gate: s.gate, Audit: s.audit, Accounts: s.accounts, Workspaces: s.workspaces, Engine: s.engine, Plugins: s.plugins}
	if s.files != nil {
		p.Files, p.Store, p.Keeper = s.files.books, s.files.store, s.files.keeper
	}
	return p
}
