package services

import (
	"context"
	"encoding/json"
	"strings"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/wire"
)

// Row is a live row as devices see it.
type Row struct{ ID, Payload string }

// Writer is in whose name a row is written.
type Writer struct {
	UserID   string // a person's id, or "plugin:<id>"
	CanWrite bool   // workspace.write
}

// Rows are the synced rows of workspaces. The engine has them.
type Rows interface {
	// Row reads a row that everybody shares or that is the viewer's own; else it is
	// a NotFound fault.
	Row(ctx context.Context, viewer, workspaceID string, table wire.Table, id string) (Row, error)
	// List reads such rows by id, after one.
	List(ctx context.Context, viewer, workspaceID string, table wire.Table, after string, limit int) ([]Row, error)
	// Put writes a row as an op, "" as id makes a new one; it gives the id and the
	// version. A rejection is a fault.
	Put(ctx context.Context, w Writer, workspaceID string, table wire.Table, id string, payload []byte) (string, int64, error)
	// Delete deletes a row as an op.
	Delete(ctx context.Context, w Writer, workspaceID string, table wire.Table, id string) (int64, error)
}

// rows implements host.Rows.
type rows struct{ *service }

// hidden are kv rows that are the server's: what is set for plugins and the
// console is no plugin's business.
func hidden(table, id string) bool {
	return table == string(wire.KV) && (strings.HasPrefix(id, "plugins.") || strings.HasPrefix(id, "admin."))
}

// Get implements host.Rows.
func (s rows) Get(ctx context.Context, by host.Caller, in host.RowGet) (host.RowFound, error) {
	a, err := s.admit(ctx, by, "workspace.read", policies.WorkspaceRead)
	if err == nil {
		err = a.tableOf("workspace.read", in.Table)
	}
	if err != nil || hidden(in.Table, in.ID) {
		return host.RowFound{}, err
	}
	row, err := s.Rows.Row(ctx, a.viewer(), by.Workspace, wire.Table(in.Table), in.ID)
	if fault.Is(err, fault.NotFound) {
		return host.RowFound{}, nil
	}
	if err != nil {
		return host.RowFound{}, inWords(err)
	}
	return host.RowFound{Found: true, Row: json.RawMessage(row.Payload)}, nil
}

// List implements host.Rows.
func (s rows) List(ctx context.Context, by host.Caller, in host.RowList) (host.RowPage, error) {
	a, err := s.admit(ctx, by, "workspace.read", policies.WorkspaceRead)
	if err == nil {
		err = a.tableOf("workspace.read", in.Table)
	}
	if err != nil {
		return host.RowPage{}, err
	}
	limit, err := limitOf(in.Limit)
	if err != nil {
		return host.RowPage{}, err
	}
	out := host.RowPage{Rows: []json.RawMessage{}}
	out.Next, err = pageOf(limit, in.After, func(after string, n int) ([]Row, error) {
		return s.Rows.List(ctx, a.viewer(), by.Workspace, wire.Table(in.Table), after, n)
	}, func(r Row) (string, int) { return r.ID, len(r.Payload) }, func(r Row) {
		out.Rows = append(out.Rows, json.RawMessage(r.Payload))
	})
	return out, inWords(err)
}

// Put implements host.Rows.
func (s rows) Put(ctx context.Context, by host.Caller, in host.RowPut) (host.RowWritten, error) {
	return s.write(ctx, by, in.Table, in.ID, "put", func(w Writer) (string, int64, error) {
		return s.Rows.Put(ctx, w, by.Workspace, wire.Table(in.Table), in.ID, in.Row)
	})
}

// Delete implements host.Rows.
func (s rows) Delete(ctx context.Context, by host.Caller, in host.RowGet) (host.RowWritten, error) {
	return s.write(ctx, by, in.Table, in.ID, "delete", func(w Writer) (string, int64, error) {
		version, err := s.Rows.Delete(ctx, w, by.Workspace, wire.Table(in.Table), in.ID)
		return in.ID, version, err
	})
}

// write is what both writes have in common.
func (s rows) write(ctx context.Context, by host.Caller, table, id, op string, do func(Writer) (string, int64, error)) (host.RowWritten, error) {
	a, err := s.admit(ctx, by, "workspace.write", policies.WorkspaceWrite)
	if err == nil {
		err = a.tableOf("workspace.write", table)
	}
	switch {
	case err != nil:
		return host.RowWritten{}, err
	case hidden(table, id):
		return host.RowWritten{}, refuse(Forbidden, "Only the server writes this row.")
	case a.itself() && personal(table, id):
		return host.RowWritten{}, refuse(Forbidden, "This row belongs to a person; a plugin that acts for itself writes only what everybody shares.")
	}
	written := host.RowWritten{}
	written.ID, written.Version, err = do(Writer{UserID: by.Actor, CanWrite: true})
	e := a.entry(ctx, ActRow, "row", table+"/"+id, map[string]any{"op": op, "table": table, "id": id, "actor": by.Actor})
	if err != nil {
		if !fault.Is(err, fault.Forbidden) {
			return host.RowWritten{}, inWords(err)
		}
		e.Result = audit.Refused
	} else {
		e.TargetID = table + "/" + written.ID
		e.Details.(map[string]any)["id"] = written.ID
		e.Details.(map[string]any)["version"] = written.Version
	}
	s.note(ctx, ActRow+" "+op+" "+table+" "+string(e.Result), e)
	if err != nil {
		return host.RowWritten{}, inWords(err)
	}
	return written, nil
}

// personal tells whether a row belongs to one person, by what its key says or
// because all rows of the table do.
func personal(table, id string) bool {
	_, kv := wire.PersonalKV(wire.Table(table), id)
	return kv || table == string(wire.Notifications)
}
