// Package policies answers one question: may this session do that, here?
//
// Gate.Can is the only authorization surface of the program. Casbin's model
// and roles.csv are the source of truth; they are compiled into a small table
// when they change, and a property test holds the table against Casbin itself.
package policies

import (
	"context"
	"time"
)

// Role is a person's part in one workspace. owner ⊇ editor ⊇ viewer.
type Role string

// The roles, widest first.
const (
	Owner  Role = "owner"
	Editor Role = "editor"
	Viewer Role = "viewer"
)

// Permission names one thing a role may do.
type Permission string

// The permissions. There are no others; an unknown one is always denied.
const (
	WorkspaceRead           Permission = "workspace.read"
	WorkspaceWrite          Permission = "workspace.write"
	WorkspaceSettingsManage Permission = "workspace.settings.manage"
	UsersManage             Permission = "users.manage"
	PluginsManage           Permission = "plugins.manage"
	AdminAccess             Permission = "admin.access"
)

// SessionKind tells what a session was made from.
type SessionKind string

// How a request proved who it is.
const (
	BrowserSession SessionKind = "browser" // cookie or3_session
	TokenSession   SessionKind = "token"   // Authorization: Bearer or3_pat_…
	CommandSession SessionKind = "command" // the or3 command acting for a person
	LinkSession    SessionKind = "link"    // a signed URL of a file, which was given to a person
)

// Session is who is asking. A nil *Session is nobody. WorkspaceID is this
// session's own active workspace ("" when the person has none).
type Session struct {
	ID              string      `json:"id"`
	Kind            SessionKind `json:"kind"`
	UserID          string      `json:"user_id"`
	Email           string      `json:"email"`
	DisplayName     string      `json:"display_name"`
	Locale          string      `json:"locale"`
	TimeZone        string      `json:"time_zone"`
	Provider        string      `json:"provider"`
	ProviderUserID  string      `json:"provider_user_id"`
	WorkspaceID     string      `json:"workspace_id"`
	DeploymentAdmin bool        `json:"deployment_admin"`
	CreatedAt       time.Time   `json:"created_at"`
	ExpiresAt       time.Time   `json:"expires_at"`
}

// ResourceKind tells how a Resource is judged.
type ResourceKind string

// Kinds of resources.
const (
	ActiveWorkspace ResourceKind = ""           // the session's active workspace
	InWorkspace     ResourceKind = "workspace"  // WorkspaceID or something inside it
	Deployment      ResourceKind = "deployment" // the server itself: judged by the home workspace or the deployment admin flag
)

// Resource is what a permission is asked for. The zero value is the session's
// active workspace.
type Resource struct {
	Kind        ResourceKind `json:"kind"`
	WorkspaceID string       `json:"workspace_id"`
}

// Workspace is the resource of one workspace and everything inside it.
func Workspace(id string) Resource { return Resource{Kind: InWorkspace, WorkspaceID: id} }

// TheDeployment is the resource of the server itself.
func TheDeployment() Resource { return Resource{Kind: Deployment} }

// Restriction takes one permission away from one role of one workspace.
// It can never name Owner.
type Restriction struct {
	Role       Role       `json:"role"`
	Permission Permission `json:"permission"`
}

// Standing is what a person is in a workspace, as the Directory knows it.
type Standing struct {
	Role         Role // "" = not a member, or the workspace is gone
	Restrictions []Restriction
}

// Directory knows memberships. internal/workspace implements it over the database.
type Directory interface {
	// Standing returns the zero Standing, and no error, for strangers, missing
	// and deleted workspaces and disabled people alike.
	Standing(ctx context.Context, userID, workspaceID string) (Standing, error)
	// HomeWorkspace is the first workspace's id; "" before set-up.
	HomeWorkspace(ctx context.Context) (string, error)
}

// Reason says why a decision fell as it did.
type Reason string

// Reasons of decisions.
const (
	Granted           Reason = "granted"
	DeploymentGrant   Reason = "deployment_admin"
	Unauthenticated   Reason = "unauthenticated"
	NotFound          Reason = "not_found"  // not a member: the thing does not exist for this person
	Forbidden         Reason = "forbidden"  // the role does not carry the permission
	Restricted        Reason = "restricted" // the workspace took it from the role
	Filtered          Reason = "filtered"   // a decision filter narrowed it
	UnknownPermission Reason = "unknown_permission"
	LookupFailed      Reason = "unavailable" // the directory failed; denied until it answers
)

// FilterVerdict is what one decision filter said.
type FilterVerdict struct {
	Name    string `json:"name"`
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason,omitempty"`
	// Overruled is set when the filter tried to widen, and was not followed.
	Overruled bool `json:"overruled,omitempty"`
}

// Decision is the answer of Can. Policy, Restriction and Filters are filled by
// Explain only, except that a filtered denial always carries its Filters.
type Decision struct {
	Allowed     bool            `json:"allowed"`
	Reason      Reason          `json:"reason"`
	Permission  Permission      `json:"permission"`
	UserID      string          `json:"user_id"`
	WorkspaceID string          `json:"workspace_id"` // the workspace that was judged
	Role        Role            `json:"role"`
	Policy      string          `json:"policy,omitempty"` // the policy line, e.g. "p, r:editor, workspace.write, allow (roles.csv:4)"
	Restriction *Restriction    `json:"restriction,omitempty"`
	Filters     []FilterVerdict `json:"filters,omitempty"`
	Err         error           `json:"-"` // set with LookupFailed only
}
