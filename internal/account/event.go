package account

import (
	"context"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
)

// The hooks of this package. They fire after the commit; a golden test pins
// the JSON of their payloads.
var (
	UserCreated      = hook.Action[UserEvent]{Name: "auth.user:action:created"}
	UserDisabled     = hook.Action[UserEvent]{Name: "auth.user:action:disabled"}
	UserEnabled      = hook.Action[UserEvent]{Name: "auth.user:action:enabled"}
	PasswordChanged  = hook.Action[UserEvent]{Name: "auth.user:action:password_changed"}
	WorkspaceCreated = hook.Action[WorkspaceEvent]{Name: "auth.workspace:action:created"} // with a person's arrival
	AdminGranted     = hook.Action[UserEvent]{Name: "admin.deployment_admin:action:granted"}
	AdminRevoked     = hook.Action[UserEvent]{Name: "admin.deployment_admin:action:revoked"}
)

// UserEvent tells what became of a person. WorkspaceID is where they arrived,
// "" when that is not what it is about.
type UserEvent struct {
	WorkspaceID string      `json:"workspace_id"`
	UserID      string      `json:"user_id"`
	Provider    string      `json:"provider"`
	Actor       audit.Actor `json:"actor"`
	Before      *Person     `json:"before"`
	After       *Person     `json:"after"`
	At          time.Time   `json:"at"`
}

// WorkspaceEvent tells of the workspace that came with a person.
type WorkspaceEvent struct {
	WorkspaceID string         `json:"workspace_id"`
	UserID      string         `json:"user_id"`
	Actor       audit.Actor    `json:"actor"`
	Before      *WorkspaceInfo `json:"before"`
	After       *WorkspaceInfo `json:"after"`
	At          time.Time      `json:"at"`
}

// Person is a person of the deployment, without secrets.
type Person struct {
	ID              string     `json:"id"`
	Email           string     `json:"email"`
	DisplayName     string     `json:"display_name"`
	Locale          string     `json:"locale"`
	TimeZone        string     `json:"time_zone"`
	CreatedAt       time.Time  `json:"created_at"`
	DisabledAt      *time.Time `json:"disabled_at"`
	DeploymentAdmin bool       `json:"deployment_admin"`
}

// WorkspaceInfo is a workspace as it was made.
type WorkspaceInfo struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	CreatedBy   string    `json:"created_by"`
	CreatedAt   time.Time `json:"created_at"`
}

// Membership tells that somebody joined a workspace by invite. FormerRole is
// "" unless they were a member already.
type Membership struct {
	WorkspaceID string
	UserID      string
	Email       string
	DisplayName string
	Role        string
	FormerRole  string
	InviteID    string
	InvitedBy   string
	Actor       audit.Actor
	At          time.Time
}

func personOf(u db.User, admin bool) *Person {
	p := &Person{
		ID: u.ID, Email: u.Email, DisplayName: u.DisplayName, Locale: u.Locale, TimeZone: u.TimeZone,
		CreatedAt: moment(u.CreatedAt), DeploymentAdmin: admin,
	}
	if u.DisabledAt != nil {
		at := moment(*u.DisabledAt)
		p.DisabledAt = &at
	}
	return p
}

func infoOf(w db.Workspace) *WorkspaceInfo {
	return &WorkspaceInfo{ID: w.ID, Name: w.Name, Description: w.Description, CreatedBy: w.CreatedBy, CreatedAt: moment(w.CreatedAt)}
}

// actorFrom is the context's actor; a newcomer, whom the context cannot know
// yet, acts for themselves.
func actorFrom(ctx context.Context, newcomer db.User) audit.Actor {
	actor := audit.OriginFrom(ctx).Actor
	switch {
	case actor.Kind != "" && actor.Kind != audit.Anonymous:
		return actor
	case newcomer.ID != "":
		return audit.Actor{Kind: audit.User, ID: newcomer.ID, Name: newcomer.DisplayName}
	case actor.Kind == "":
		return audit.Actor{Kind: audit.System}
	}
	return actor
}
