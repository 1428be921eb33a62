package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/services"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// ear is a Manager that hears everything but some types.
type ear struct {
	heard []string
	not   string
}

func (e *ear) Listening(_, kind string) bool { return kind != "workspace.updated" && kind != e.not }

func (e *ear) Event(_ context.Context, workspaceID, kind string, payload json.RawMessage) {
	e.heard = append(e.heard, workspaceID+" "+kind+" "+string(payload))
}

func TestHooksBecomeEventsOfPlugins(t *testing.T) {
	bus := hook.New(slog.New(slog.DiscardHandler))
	e := &ear{not: "admin.workspace:action:updated"}
	pluginEvents{e}.listen(bus)
	at := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	ann := audit.Actor{Kind: audit.User, ID: "ann"}
	ctx := t.Context()
	engine.RowsApplied.Fire(ctx, bus, engine.RowsEvent{WorkspaceID: "w", Actor: engine.EventActor{Kind: "user", ID: "ann"}, Rows: []engine.AppliedRow{
		{Table: wire.Threads, PK: "t1", Op: wire.Put, Created: true, DeviceID: "phone", ServerVersion: 4},
		{Table: wire.FileMeta, PK: "f", Op: wire.Put},
		{Table: wire.Posts, PK: "p", Op: wire.Delete},
		{Table: wire.Notifications, PK: "n", Op: wire.Put},
	}})
	workspace.MemberAdded.Fire(ctx, bus, workspace.MemberEvent{WorkspaceID: "w", UserID: "bob", Actor: ann, After: &workspace.Member{Role: policies.Editor, Email: "bob@kestrel.example"}, At: at})
	workspace.RoleChanged.Fire(ctx, bus, workspace.MemberEvent{WorkspaceID: "w", UserID: "bob", Actor: ann, Before: &workspace.Member{Role: policies.Editor}, After: &workspace.Member{Role: policies.Viewer}, At: at})
	workspace.MemberRemoved.Fire(ctx, bus, workspace.MemberEvent{WorkspaceID: "w", UserID: "bob", Actor: ann, Before: &workspace.Member{Role: policies.Viewer}, At: at})
	workspace.Updated.Fire(ctx, bus, workspace.Event{WorkspaceID: "w", Actor: ann, At: at})
	workspace.GuestAccessChanged.Fire(ctx, bus, workspace.GuestAccessEvent{WorkspaceID: "w", Actor: ann, At: at})
	services.Emitted.Fire(ctx, bus, services.EmittedEvent{WorkspaceID: "w", Type: "acme.paid", Payload: json.RawMessage(`1`)})
	want := []string{
		`w sync.thread.created {"table":"threads","id":"t1","user_id":"ann","device_id":"phone","server_version":4}`,
		`w sync.file.updated {"table":"file_meta","id":"f","user_id":"ann","device_id":"","server_version":0}`,
		`w sync.post.deleted {"table":"posts","id":"p","user_id":"ann","device_id":"","server_version":0}`,
		`w member.added {"user_id":"bob","role":"editor","by":"ann","at":"2026-11-29T08:00:00Z"}`,
		`w admin.user:action:added {"workspace_id":"w","user_id":"bob","actor":{"kind":"user","id":"ann"},"before":null,"after":{"workspace_id":"","user_id":"","role":"editor","created_at":"0001-01-01T00:00:00Z"},"at":"2026-11-29T08:00:00Z"}`,
		`w member.role_changed {"user_id":"bob","role":"viewer","role_before":"editor","by":"ann","at":"2026-11-29T08:00:00Z"}`,
		`w admin.user:action:role_changed {"workspace_id":"w","user_id":"bob","actor":{"kind":"user","id":"ann"},"before":{"workspace_id":"","user_id":"","role":"editor","created_at":"0001-01-01T00:00:00Z"},"after":{"workspace_id":"","user_id":"","role":"viewer","created_at":"0001-01-01T00:00:00Z"},"at":"2026-11-29T08:00:00Z"}`,
		`w member.removed {"user_id":"bob","role_before":"viewer","by":"ann","at":"2026-11-29T08:00:00Z"}`,
		`w admin.user:action:removed {"workspace_id":"w","user_id":"bob","actor":{"kind":"user","id":"ann"},"before":{"workspace_id":"","user_id":"","role":"viewer","created_at":"0001-01-01T00:00:00Z"},"after":null,"at":"2026-11-29T08:00:00Z"}`,
		`w workspace.guest_access_changed {"by":"ann","at":"2026-11-29T08:00:00Z"}`,
		`w admin.guest_access:action:changed {"workspace_id":"w","actor":{"kind":"user","id":"ann"},"at":"2026-11-29T08:00:00Z"}`,
		`w acme.paid 1`,
	}
	if !slices.Equal(e.heard, want) {
		t.Errorf("heard:\n%s\nwant:\n%s", strings.Join(e.heard, "\n"), strings.Join(want, "\n"))
	}
}

var _ eventTaker = (*plugins.Manager)(nil)
