package server

import (
	"context"

	"or3.cloud/or3/internal/fetch"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/services"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// pluginServices connects what guests may ask for with the rooms that have it.
func (s *Server) pluginServices() host.Services {
	return services.New(services.Options{
		DB: s.db, Audit: s.audit, Bus: s.bus, Now: s.now, Log: s.log,
		May: func(ctx context.Context, by *policies.Session, workspaceID string, p policies.Permission) error {
			return s.gate.Can(ctx, by, p, policies.Workspace(workspaceID)).Fault()
		},
		Rows: pluginRows{s.engine},
		Tell: func(ctx context.Context, workspaceID, userID string, n services.Notice) error {
			return s.engine.Tell(ctx, workspaceID, userID, engine.Notice{ID: n.ID, Type: n.Type, Title: n.Title, Body: n.Body, Link: n.Link})
		},
		Fetch: fetch.New(fetch.Options{}),
		Secret: func(ctx context.Context, pluginID, workspaceID, name string) (string, bool, error) {
			return s.plugins.Secret(ctx, pluginID, workspaceID, name)
		},
	})
}

// pluginRows are the engine's rows as plugins see them.
type pluginRows struct{ engine *engine.Engine }

func (p pluginRows) Row(ctx context.Context, viewer, workspaceID string, table wire.Table, id string) (services.Row, error) {
	row, err := p.engine.RowFor(ctx, viewer, workspaceID, table, id)
	return services.Row(row), err
}

func (p pluginRows) List(ctx context.Context, viewer, workspaceID string, table wire.Table, after string, limit int) ([]services.Row, error) {
	rows, err := p.engine.RowsFor(ctx, viewer, workspaceID, table, after, limit)
	list := make([]services.Row, len(rows))
	for i, row := range rows {
		list[i] = services.Row(row)
	}
	return list, err
}

func (p pluginRows) Put(ctx context.Context, w services.Writer, workspaceID string, table wire.Table, id string, payload []byte) (string, int64, error) {
	return p.engine.PutRow(ctx, pluginWriter(w), workspaceID, table, id, payload)
}

func (p pluginRows) Delete(ctx context.Context, w services.Writer, workspaceID string, table wire.Table, id string) (int64, error) {
	return p.engine.DeleteRow(ctx, pluginWriter(w), workspaceID, table, id)
}

func pluginWriter(w services.Writer) engine.Actor {
	return engine.Actor{UserID: w.UserID, DeviceID: engine.PluginDevice, CanWrite: w.CanWrite}
}
