package server

import (
	"context"
	"encoding/json"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/plugins/services"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// eventTaker is what brings events to plugins.
type eventTaker interface {
	Listening(workspaceID, kind string) bool
	Event(ctx context.Context, workspaceID, kind string, payload json.RawMessage)
}

// pluginEvents turns hooks into the events that plugins may subscribe to. It says
// what happened and to what, never what is in it: a plugin reads that with what it
// was granted. Nothing waits for plugins; the Manager has a queue.
type pluginEvents struct{ m eventTaker }

// rowNouns are the tables whose rows have events, as the events call them.
var rowNouns = map[wire.Table]string{
	wire.Threads: "thread", wire.Messages: "message", wire.Projects: "project", wire.Posts: "post", wire.KV: "kv", wire.FileMeta: "file",
}

// rowTold is the payload of sync.<noun>.created, updated and deleted.
type rowTold struct {
	Table   wire.Table `json:"table"`
	ID      string     `json:"id"`
	UserID  string     `json:"user_id"` // who wrote it: a person's id, "plugin:<id>", or "" for the server
	Device  string     `json:"device_id"`
	Version int64      `json:"server_version"`
}

// memberTold is the payload of member.*.
type memberTold struct {
	UserID string    `json:"user_id"`
	Role   string    `json:"role,omitempty"`
	Before string    `json:"role_before,omitempty"`
	By     string    `json:"by"` // a user's id, "" for a command or the server
	At     time.Time `json:"at"`
}

// workspaceTold is the payload of workspace.*.
type workspaceTold struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// memberHookTold is the payload of the hooks of members under their own names. Names
// and addresses are not in it: for these a plugin needs members.read.
type memberHookTold struct {
	WorkspaceID string    `json:"workspace_id"`
	UserID      string    `json:"user_id"`
	Actor       actorTold `json:"actor"`
	Before      *seatTold `json:"before"`
	After       *seatTold `json:"after"`
	At          time.Time `json:"at"`
}

type actorTold struct {
	Kind audit.ActorKind `json:"kind"`
	ID   string          `json:"id"`
}

type seatTold struct {
	WorkspaceID string        `json:"workspace_id"`
	UserID      string        `json:"user_id"`
	Role        policies.Role `json:"role"`
	CreatedAt   time.Time     `json:"created_at"`
}

func whoDid(a audit.Actor) actorTold { return actorTold{a.Kind, a.ID} }

func seat(m *workspace.Member) *seatTold {
	if m == nil {
		return nil
	}
	return &seatTold{m.WorkspaceID, m.UserID, m.Role, m.CreatedAt}
}

// memberHook is the hook of that name: those of members have one type.
func memberHook(name string) hook.Action[workspace.MemberEvent] {
	return hook.Action[workspace.MemberEvent]{Name: name}
}

// listen brings what happens to plugins from now on.
func (p pluginEvents) listen(bus *hook.Bus) {
	o := hook.Options{Name: "plugins"}
	engine.RowsApplied.On(bus, o, p.rows)
	engine.PushAfter.On(bus, o, func(ctx context.Context, e engine.PushEvent) {
		p.tell(ctx, e.WorkspaceID, engine.PushAfter.Name, e)
	})
	for name, kind := range map[string]string{workspace.MemberAdded.Name: "member.added", workspace.MemberRemoved.Name: "member.removed", workspace.RoleChanged.Name: "member.role_changed"} {
		memberHook(name).On(bus, o, func(ctx context.Context, e workspace.MemberEvent) {
			p.member(ctx, kind, e)
			p.tell(ctx, e.WorkspaceID, name, memberHookTold{e.WorkspaceID, e.UserID, whoDid(e.Actor), seat(e.Before), seat(e.After), e.At})
		})
	}
	workspace.Updated.On(bus, o, func(ctx context.Context, e workspace.Event) {
		p.changed(ctx, e.WorkspaceID, "workspace.updated", workspace.Updated.Name, e.Actor, e.At)
	})
	workspace.RestrictionsChanged.On(bus, o, func(ctx context.Context, e workspace.RestrictionsEvent) {
		p.changed(ctx, e.WorkspaceID, "workspace.restrictions_changed", workspace.RestrictionsChanged.Name, e.Actor, e.At)
	})
	workspace.GuestAccessChanged.On(bus, o, func(ctx context.Context, e workspace.GuestAccessEvent) {
		p.changed(ctx, e.WorkspaceID, "workspace.guest_access_changed", workspace.GuestAccessChanged.Name, e.Actor, e.At)
	})
	services.Emitted.On(bus, o, func(ctx context.Context, e services.EmittedEvent) {
		p.m.Event(ctx, e.WorkspaceID, e.Type, e.Payload)
	})
}

func (p pluginEvents) rows(ctx context.Context, e engine.RowsEvent) {
	for _, row := range e.Rows {
		noun := rowNouns[row.Table]
		if noun == "" {
			continue
		}
		word := ".updated"
		switch {
		case row.Op == wire.Delete:
			word = ".deleted"
		case row.Created:
			word = ".created"
		}
		p.tell(ctx, e.WorkspaceID, "sync."+noun+word, rowTold{Table: row.Table, ID: row.PK, UserID: e.Actor.ID, Device: row.DeviceID, Version: row.ServerVersion})
	}
}

func (p pluginEvents) member(ctx context.Context, kind string, e workspace.MemberEvent) {
	told := memberTold{UserID: e.UserID, By: e.Actor.ID, At: e.At}
	if e.After != nil {
		told.Role = string(e.After.Role)
	}
	if e.Before != nil {
		told.Before = string(e.Before.Role)
	}
	p.tell(ctx, e.WorkspaceID, kind, told)
}

// changed tells of a change of the workspace itself, under both its names.
func (p pluginEvents) changed(ctx context.Context, workspaceID, kind, name string, by audit.Actor, at time.Time) {
	p.tell(ctx, workspaceID, kind, workspaceTold{by.ID, at})
	p.tell(ctx, workspaceID, name, struct {
		WorkspaceID string    `json:"workspace_id"`
		Actor       actorTold `json:"actor"`
		At          time.Time `json:"at"`
	}{workspaceID, whoDid(by), at})
}

// tell makes the payload only where somebody listens.
func (p pluginEvents) tell(ctx context.Context, workspaceID, kind string, payload any) {
	if !p.m.Listening(workspaceID, kind) {
		return
	}
	text, err := json.Marshal(payload)
	if err != nil {
		return // of plain texts and numbers: it cannot be
	}
	p.m.Event(ctx, workspaceID, kind, text)
}
