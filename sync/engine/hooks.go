package engine

import (
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/sync/wire"
)

// What happens on the server while devices sync. All fire outside the
// transaction, on the goroutine of the request.
var (
	PushBefore       = hook.Action[PushEvent]{Name: "sync.push:action:before"}
	PushAfter        = hook.Action[PushEvent]{Name: "sync.push:action:after"}
	PullAfter        = hook.Action[PullEvent]{Name: "sync.pull:action:after"}
	ConflictDetected = hook.Action[ConflictEvent]{Name: "sync.conflict:action:detected"}
	QueueFull        = hook.Action[QueueEvent]{Name: "sync.queue:action:full"}
	RowsApplied      = hook.Action[RowsEvent]{Name: "sync.rows:action:applied"}
)

// EventActor is who pushed or pulled: kind user, or server with an empty id.
type EventActor struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// PushEvent tells of a push. The counts are 0 before it; an op that was
// superseded or replayed counts as a success. ServerVersion is the workspace's
// newest afterwards.
type PushEvent struct {
	WorkspaceID   string     `json:"workspace_id"`
	Actor         EventActor `json:"actor"`
	Count         int        `json:"count"`
	SuccessCount  int        `json:"success_count"`
	FailCount     int        `json:"fail_count"`
	ServerVersion int64      `json:"server_version"`
}

// RowsEvent tells which rows a push has changed. Rows that belong to one person
// are not in it, nor those that the server alone writes; nor is what is in them.
type RowsEvent struct {
	WorkspaceID string       `json:"workspace_id"`
	Actor       EventActor   `json:"actor"`
	Rows        []AppliedRow `json:"rows"`
}

// AppliedRow is one of them. Created says that there was no live row before.
type AppliedRow struct {
	Table         wire.Table `json:"table"`
	PK            string     `json:"pk"`
	Op            wire.Kind  `json:"op"`
	Created       bool       `json:"created"`
	DeviceID      string     `json:"device_id"`
	ServerVersion int64      `json:"server_version"`
}

// PullEvent tells of an answered pull.
type PullEvent struct {
	WorkspaceID string     `json:"workspace_id"`
	Actor       EventActor `json:"actor"`
	Count       int        `json:"count"`
	Cursor      int64      `json:"cursor"`
}

// ConflictEvent tells of an op that lost to the stored row. Local is the stored
// row, Remote the op that came, Winner names which of them stands.
type ConflictEvent struct {
	WorkspaceID string      `json:"workspace_id"`
	Actor       EventActor  `json:"actor"`
	Table       wire.Table  `json:"table"`
	PK          string      `json:"pk"`
	Local       wire.Change `json:"local"`
	Remote      wire.Op     `json:"remote"`
	Winner      string      `json:"winner"`
}

// QueueEvent tells of a push that was turned away because too many waited.
type QueueEvent struct {
	PendingCount int `json:"pending_count"`
	MaxSize      int `json:"max_size"`
}

func (a Actor) event() EventActor {
	if a.Server {
		return EventActor{Kind: "server"}
	}
	return EventActor{Kind: "user", ID: a.UserID}
}
