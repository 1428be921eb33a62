package services_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fetch"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/services"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

const start = 1764288000000

// world is a server's rooms below HTTP: two workspaces, an owner, an editor and
// a viewer of the first one, and somebody who is in the second alone.
type world struct {
	t       testing.TB
	db      *db.DB
	bus     *hook.Bus
	audit   *audit.Log
	gate    *policies.Gate
	engine  *engine.Engine
	opts    services.Options
	s       host.Services
	data    *services.Data
	millis  atomic.Int64
	secrets map[string]string
	web     http.HandlerFunc

	first, second                   string // workspaces
	owner, editor, viewer, stranger *policies.Session
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(t, newWorld(t, d)) })
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, bus: hook.New(slog.New(slog.DiscardHandler)), secrets: map[string]string{}, first: id(), second: id()}
	w.millis.Store(start)
	now := func() time.Time { return time.UnixMilli(w.millis.Load()) }
	w.audit = audit.New(audit.Options{DB: d, Now: now})
	w.owner, w.editor, w.viewer, w.stranger = person("Olga"), person("Ed"), person("Vic"), person("Sid")
	w.people()
	model, err := os.ReadFile("../../casbin_model.conf")
	w.must(err)
	rooms := workspace.New(workspace.Options{DB: d, Bus: w.bus, Audit: w.audit, Now: now})
	w.gate, err = policies.New(policies.Options{Model: string(model), Directory: rooms, Bus: w.bus})
	w.must(err)
	w.engine, err = engine.New(engine.Options{DB: d, Bus: w.bus, Now: now})
	w.must(err)
	t.Cleanup(func() { _ = w.engine.Close() })
	w.data = services.NewData(d)
	w.opts = services.Options{
		DB: d, Audit: w.audit, Bus: w.bus, Now: now, May: w.may, Rows: rows{w.engine}, Fetch: w.fetch(),
		Tell: func(ctx context.Context, workspaceID, userID string, n services.Notice) error {
			return w.engine.Tell(ctx, workspaceID, userID, engine.Notice{ID: n.ID, Type: n.Type, Title: n.Title, Body: n.Body, Link: n.Link})
		},
		Secret: func(_ context.Context, pluginID, workspaceID, name string) (string, bool, error) {
			value, ok := w.secrets[pluginID+" "+workspaceID+" "+name]
			return value, ok, nil
		},
	}
	w.s = services.New(w.opts)
	return w
}

func id() string { return uuid.Must(uuid.NewV7()).String() }

func person(name string) *policies.Session {
	return &policies.Session{ID: "s-" + name, Kind: policies.BrowserSession, UserID: id(), Email: strings.ToLower(name) + "@kestrel.example", DisplayName: name}
}

func (w *world) people() {
	w.must(w.db.Write(w.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		for _, p := range []*policies.Session{w.owner, w.editor, w.viewer, w.stranger} {
			u := db.User{ID: p.UserID, Email: p.Email, EmailKey: p.Email, DisplayName: p.DisplayName, CreatedAt: start}
			if err := db.InsertUser(ctx, tx, &u); err != nil {
				return err
			}
		}
		for _, ws := range []string{w.first, w.second} {
			if err := db.InsertWorkspace(ctx, tx, &db.Workspace{ID: ws, Name: "Kestrel", CreatedBy: w.owner.UserID, CreatedAt: start}); err != nil {
				return err
			}
		}
		for _, m := range []db.Member{
			{WorkspaceID: w.first, UserID: w.owner.UserID, Role: "owner"}, {WorkspaceID: w.first, UserID: w.editor.UserID, Role: "editor"},
			{WorkspaceID: w.first, UserID: w.viewer.UserID, Role: "viewer"}, {WorkspaceID: w.second, UserID: w.stranger.UserID, Role: "owner"},
		} {
			m.CreatedAt = start
			if err := db.InsertMember(ctx, tx, &m); err != nil {
				return err
			}
		}
		for _, name := range []string{"acme", "acme 2", "acme.x", "acm", "other", "member"} {
			if err := db.InsertPluginData(ctx, tx, name, 0); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (w *world) may(ctx context.Context, s *policies.Session, workspaceID string, p policies.Permission) error {
	return w.gate.Can(ctx, s, p, policies.Workspace(workspaceID)).Fault()
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// rows is the engine as services see it.
type rows struct{ e *engine.Engine }

func (r rows) Row(ctx context.Context, viewer, workspaceID string, table wire.Table, id string) (services.Row, error) {
	row, err := r.e.RowFor(ctx, viewer, workspaceID, table, id)
	return services.Row(row), err
}

func (r rows) List(ctx context.Context, viewer, workspaceID string, table wire.Table, after string, limit int) ([]services.Row, error) {
	list, err := r.e.RowsFor(ctx, viewer, workspaceID, table, after, limit)
	out := make([]services.Row, len(list))
	for i, row := range list {
		out[i] = services.Row(row)
	}
	return out, err
}

func (r rows) Put(ctx context.Context, by services.Writer, workspaceID string, table wire.Table, id string, payload []byte) (string, int64, error) {
	return r.e.PutRow(ctx, engine.Actor{UserID: by.UserID, CanWrite: by.CanWrite, DeviceID: engine.PluginDevice}, workspaceID, table, id, payload)
}

func (r rows) Delete(ctx context.Context, by services.Writer, workspaceID string, table wire.Table, id string) (int64, error) {
	return r.e.DeleteRow(ctx, engine.Actor{UserID: by.UserID, CanWrite: by.CanWrite, DeviceID: engine.PluginDevice}, workspaceID, table, id)
}

// fetch leads every name to the world's own server, over real TLS.
func (w *world) fetch() *fetch.Client {
	server := httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) { w.web(out, in) }))
	w.t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return fetch.New(fetch.Options{Resolver: public{}, Roots: roots, Dial: func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}})
}

type public struct{}

func (public) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("8.8.4.4")}, nil
}

// full is what a plugin may be granted at most.
const full = `[
	{"name":"kv","quota_kb":4}, {"name":"blob","quota_mb":1},
	{"name":"workspace.read","tables":["threads","messages","projects","posts","kv","file_meta","notifications"]},
	{"name":"workspace.write","tables":["threads","messages","projects","posts","kv","file_meta","notifications"]},
	{"name":"members.read","fields":["name","role"]}, {"name":"events.emit"}, {"name":"notify.send"}, {"name":"audit.write"},
	{"name":"http.fetch","hosts":["example.com"],"methods":["GET","POST"]}, {"name":"secrets.use","names":["token"]}]`

// call is one call of a plugin, as the Manager makes it.
type call struct {
	w   *world
	ctx context.Context
	by  host.Caller
}

// as begins a call of the plugin acme in a workspace for a person; nil is the
// plugin itself. Without names everything of full is granted.
func (w *world) as(who *policies.Session, workspaceID string, names ...string) *call {
	return w.plugin("acme", who, workspaceID, names...)
}

func (w *world) plugin(pluginID string, who *policies.Session, workspaceID string, names ...string) *call {
	var list []struct{ Name string }
	var raw []json.RawMessage
	w.must(errors.Join(json.Unmarshal([]byte(full), &list), json.Unmarshal([]byte(full), &raw)))
	granted := map[string]json.RawMessage{}
	for i, c := range list {
		if len(names) == 0 {
			granted[c.Name] = raw[i]
		}
		for _, name := range names {
			if name == c.Name {
				granted[c.Name] = raw[i]
			}
		}
	}
	actor := "plugin:" + pluginID
	if who != nil {
		actor = who.UserID
	}
	running := plugins.Running{Data: pluginID, Call: plugins.Call{
		Plugin: pluginID, Workspace: host.Workspace{ID: workspaceID}, Actor: host.Actor{ID: actor, TimeZone: "Europe/Vienna"}, Session: who, RequestID: "r-1",
	}}
	return &call{
		w: w, ctx: services.Begin(plugins.WithRunningCall(w.t.Context(), running)),
		by: host.Caller{RequestID: "r-1", Workspace: workspaceID, Plugin: host.Plugin{ID: pluginID, Version: "1.0.0"}, Actor: actor, Granted: granted},
	}
}

// do calls a host function as a guest does, with JSON.
func (c *call) do(name, in string) (answer string, code string) {
	c.w.t.Helper()
	for _, f := range host.Functions() {
		if f.Name != name {
			continue
		}
		if f.Capability != "" && c.by.Granted[f.Capability] == nil {
			return "", "not_linked"
		}
		out, err := f.Call(c.ctx, c.w.s, c.by, []byte(in))
		if err != nil {
			c.w.t.Logf("%s: %v", name, err)
		}
		var failed struct {
			Error *host.Error `json:"error"`
		}
		if json.Unmarshal(out, &failed) == nil && failed.Error != nil {
			return string(out), failed.Error.Code
		}
		return string(out), ""
	}
	c.w.t.Fatalf("there is no %s", name)
	return "", ""
}

// want calls a host function and wants an answer, or an error of that code.
func (c *call) want(name, in, code string) string {
	c.w.t.Helper()
	out, got := c.do(name, in)
	if got != code {
		c.w.t.Errorf("%s %s: got the code %q, want %q: %s", name, in, got, code, out)
	}
	return out
}

func (w *world) entries(action string) []audit.Stored {
	w.t.Helper()
	page, err := w.audit.List(w.t.Context(), audit.Filter{Action: action, Limit: 200})
	w.must(err)
	return page.Entries
}

func text(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(out)
}
