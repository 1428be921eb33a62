package workspace

import (
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/policies"
)

// The hooks of this package. They fire after the commit. Before and After are
// the whole entity, null where there is none; a golden test pins their JSON.
var (
	RoleChanged         = hook.Action[MemberEvent]{Name: "admin.user:action:role_changed"}
	MemberAdded         = hook.Action[MemberEvent]{Name: "admin.user:action:added"}
	MemberRemoved       = hook.Action[MemberEvent]{Name: "admin.user:action:removed"} // also when they left by themselves
	Invited             = hook.Action[InviteEvent]{Name: "admin.user:action:invited"}
	InviteRevoked       = hook.Action[InviteEvent]{Name: "admin.user:action:invite_revoked"}
	Created             = hook.Action[Event]{Name: "admin.workspace:action:created"}
	Updated             = hook.Action[Event]{Name: "admin.workspace:action:updated"}
	Deleted             = hook.Action[Event]{Name: "admin.workspace:action:deleted"}
	Restored            = hook.Action[Event]{Name: "admin.workspace:action:restored"}
	RestrictionsChanged = hook.Action[RestrictionsEvent]{Name: "admin.workspace:action:restrictions_changed"}
	GuestAccessChanged  = hook.Action[GuestAccessEvent]{Name: "admin.guest_access:action:changed"}
)

// Event tells what became of a workspace.
type Event struct {
	WorkspaceID string      `json:"workspace_id"`
	Actor       audit.Actor `json:"actor"`
	Before      *Workspace  `json:"before"`
	After       *Workspace  `json:"after"`
	At          time.Time   `json:"at"`
}

// MemberEvent tells what became of a member.
type MemberEvent struct {
	WorkspaceID string      `json:"workspace_id"`
	UserID      string      `json:"user_id"`
	Actor       audit.Actor `json:"actor"`
	Before      *Member     `json:"before"`
	After       *Member     `json:"after"`
	At          time.Time   `json:"at"`
}

// InviteEvent tells what became of an invite. The token is never in it.
type InviteEvent struct {
	WorkspaceID string      `json:"workspace_id"`
	InviteID    string      `json:"invite_id"`
	Actor       audit.Actor `json:"actor"`
	Before      *Invite     `json:"before"`
	After       *Invite     `json:"after"`
	At          time.Time   `json:"at"`
}

// RestrictionsEvent tells what a workspace takes from its roles from now on.
type RestrictionsEvent struct {
	WorkspaceID string                 `json:"workspace_id"`
	Actor       audit.Actor            `json:"actor"`
	Before      []policies.Restriction `json:"before"`
	After       []policies.Restriction `json:"after"`
	At          time.Time              `json:"at"`
}

// GuestAccessEvent tells whether a workspace lets guests in.
type GuestAccessEvent struct {
	WorkspaceID string      `json:"workspace_id"`
	Actor       audit.Actor `json:"actor"`
	Before      GuestAccess `json:"before"`
	After       GuestAccess `json:"after"`
	At          time.Time   `json:"at"`
}

// GuestAccess is the setting of one workspace.
type GuestAccess struct {
	Enabled bool `json:"enabled"`
}
