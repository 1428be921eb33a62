package db

import "github.com/uptrace/bun"

// The rows as they lie in the database. Times are epoch milliseconds; a nil
// pointer is NULL. Nothing here has behaviour: rules live in the services.

// Setting is one named value of the deployment.
type Setting struct {
	bun.BaseModel `bun:"table:settings"`
	Key           string `bun:"key,pk"`
	Value         string `bun:"value"`
}

// User is a person. EmailKey is EmailKey(Email); ElevatedAt is when the
// person's rights last grew.
type User struct {
	bun.BaseModel     `bun:"table:users"`
	ID                string  `bun:"id,pk"`
	Email             string  `bun:"email"`
	EmailKey          string  `bun:"email_key"`
	DisplayName       string  `bun:"display_name"`
	Locale            string  `bun:"locale"`
	TimeZone          string  `bun:"time_zone"`
	PasswordHash      *string `bun:"password_hash"`
	ActiveWorkspaceID *string `bun:"active_workspace_id"`
	CreatedAt         int64   `bun:"created_at"`
	ElevatedAt        int64   `bun:"elevated_at"`
	DisabledAt        *int64  `bun:"disabled_at"`
}

// Account ties a person to their id at an identity provider.
type Account struct {
	bun.BaseModel  `bun:"table:accounts"`
	Provider       string `bun:"provider,pk"`
	ProviderUserID string `bun:"provider_user_id,pk"`
	UserID         string `bun:"user_id"`
	CreatedAt      int64  `bun:"created_at"`
}

// Workspace is a tenant. DeletedAt is set while it is softly deleted.
type Workspace struct {
	bun.BaseModel `bun:"table:workspaces"`
	ID            string  `bun:"id,pk"`
	Name          string  `bun:"name"`
	Description   string  `bun:"description"`
	CreatedBy     string  `bun:"created_by"`
	CreatedAt     int64   `bun:"created_at"`
	DeletedAt     *int64  `bun:"deleted_at"`
	DeletedBy     *string `bun:"deleted_by"`
}

// Member is a person's part in a workspace; Role is owner, editor or viewer.
type Member struct {
	bun.BaseModel `bun:"table:members"`
	WorkspaceID   string `bun:"workspace_id,pk"`
	UserID        string `bun:"user_id,pk"`
	Role          string `bun:"role"`
	CreatedAt     int64  `bun:"created_at"`
}

// Restriction takes a permission from a role of a workspace.
type Restriction struct {
	bun.BaseModel `bun:"table:restrictions"`
	WorkspaceID   string `bun:"workspace_id,pk"`
	Role          string `bun:"role,pk"`
	Permission    string `bun:"permission,pk"`
}

// Invite is an open door for one e-mail address. TokenHash is the SHA-256 of
// the token in hexadecimal; the token itself is kept nowhere.
type Invite struct {
	bun.BaseModel `bun:"table:invites"`
	ID            string  `bun:"id,pk"`
	WorkspaceID   string  `bun:"workspace_id"`
	Email         string  `bun:"email"`
	EmailKey      string  `bun:"email_key"`
	Role          string  `bun:"role"`
	TokenHash     string  `bun:"token_hash"`
	InvitedBy     string  `bun:"invited_by"`
	CreatedAt     int64   `bun:"created_at"`
	ExpiresAt     int64   `bun:"expires_at"`
	AcceptedAt    *int64  `bun:"accepted_at"`
	AcceptedBy    *string `bun:"accepted_by"`
	RevokedAt     *int64  `bun:"revoked_at"`
}

// DeploymentAdmin marks a person who may run the server.
type DeploymentAdmin struct {
	bun.BaseModel `bun:"table:deployment_admins"`
	UserID        string `bun:"user_id,pk"`
	GrantedBy     string `bun:"granted_by"`
	CreatedAt     int64  `bun:"created_at"`
}

// Session is a signed-in browser. PreviousHash, the token before the one of
// TokenAt, is honoured for a short while.
type Session struct {
	bun.BaseModel     `bun:"table:sessions"`
	ID                string  `bun:"id,pk"`
	TokenHash         string  `bun:"token_hash"`
	PreviousHash      *string `bun:"previous_hash"`
	TokenAt           int64   `bun:"token_at"`
	UserID            string  `bun:"user_id"`
	Provider          string  `bun:"provider"`
	ProviderUserID    string  `bun:"provider_user_id"`
	ActiveWorkspaceID *string `bun:"active_workspace_id"`
	IP                string  `bun:"ip"`
	UserAgent         string  `bun:"user_agent"`
	CreatedAt         int64   `bun:"created_at"`
	LastSeenAt        int64   `bun:"last_seen_at"`
	ExpiresAt         int64   `bun:"expires_at"`
}

// APIToken is a personal token for programs. Hint is its last characters.
type APIToken struct {
	bun.BaseModel     `bun:"table:api_tokens"`
	ID                string  `bun:"id,pk"`
	TokenHash         string  `bun:"token_hash"`
	Hint              string  `bun:"hint"`
	UserID            string  `bun:"user_id"`
	Name              string  `bun:"name"`
	ActiveWorkspaceID *string `bun:"active_workspace_id"`
	CreatedAt         int64   `bun:"created_at"`
	LastUsedAt        *int64  `bun:"last_used_at"`
	ExpiresAt         int64   `bun:"expires_at"`
}

// Throttle counts failures of one hashed account or address.
type Throttle struct {
	bun.BaseModel `bun:"table:throttles"`
	Key           string `bun:"key,pk"`
	Failures      int64  `bun:"failures"`
	BlockedUntil  int64  `bun:"blocked_until"`
	UpdatedAt     int64  `bun:"updated_at"`
}

// AuditEntry is one line of the audit log. Details is JSON.
type AuditEntry struct {
	bun.BaseModel `bun:"table:audit_log"`
	Seq           int64  `bun:"seq,pk"`
	At            int64  `bun:"at"`
	Action        string `bun:"action"`
	Result        string `bun:"result"`
	ActorID       string `bun:"actor_id"`
	ActorKind     string `bun:"actor_kind"`
	ActorName     string `bun:"actor_name"`
	WorkspaceID   string `bun:"workspace_id"`
	TargetKind    string `bun:"target_kind"`
	TargetID      string `bun:"target_id"`
	IP            string `bun:"ip"`
	UserAgent     string `bun:"user_agent"`
	RequestID     string `bun:"request_id"`
	Details       string `bun:"details"`
	PrevHash      string `bun:"prev_hash"`
	Hash          string `bun:"hash"`
}

// Node is a running process.
type Node struct {
	bun.BaseModel `bun:"table:nodes"`
	ID            string `bun:"id,pk"`
	Address       string `bun:"address"`
	Version       string `bun:"version"`
	Storage       string `bun:"storage"`
	StartedAt     int64  `bun:"started_at"`
	HeartbeatAt   int64  `bun:"heartbeat_at"`
}

// SyncHead is a workspace's newest server version.
type SyncHead struct {
	bun.BaseModel  `bun:"table:sync_heads"`
	WorkspaceID    string `bun:"workspace_id,pk"`
	Value          int64  `bun:"value"`
	TombstoneFloor int64  `bun:"tombstone_floor"`
}

// SyncRow is the present state of one synced thing. Deleted is 0 or 1.
type SyncRow struct {
	bun.BaseModel `bun:"table:sync_rows"`
	WorkspaceID   string  `bun:"workspace_id,pk"`
	TableName     string  `bun:"table_name,pk"`
	PK            string  `bun:"pk,pk"`
	Payload       *string `bun:"payload"`
	Deleted       int64   `bun:"deleted"`
	Clock         int64   `bun:"clock"`
	HLC           string  `bun:"hlc"`
	OpID          string  `bun:"op_id"`
	DeviceID      string  `bun:"device_id"`
	UserID        string  `bun:"user_id"`
	CreatedBy     string  `bun:"created_by"`
	OwnerUserID   string  `bun:"owner_user_id"`
	ServerVersion int64   `bun:"server_version"`
	GroupKey      string  `bun:"group_key"`
	SortNum       int64   `bun:"sort_num"`
	SortText      string  `bun:"sort_text"`
	WrittenAt     int64   `bun:"written_at"`
}

// Change is one applied op of a workspace. Op is put or delete.
type Change struct {
	bun.BaseModel `bun:"table:change_log"`
	WorkspaceID   string  `bun:"workspace_id,pk"`
	ServerVersion int64   `bun:"server_version,pk"`
	TableName     string  `bun:"table_name"`
	PK            string  `bun:"pk"`
	Op            string  `bun:"op"`
	Payload       *string `bun:"payload"`
	Clock         int64   `bun:"clock"`
	HLC           string  `bun:"hlc"`
	OpID          string  `bun:"op_id"`
	DeviceID      string  `bun:"device_id"`
	UserID        string  `bun:"user_id"`
	OwnerUserID   string  `bun:"owner_user_id"`
	AtomicKey     string  `bun:"atomic_key"`
	Digest        string  `bun:"digest"`
	WrittenAt     int64   `bun:"written_at"`
}

// SupersededOp is an op that lost to a newer write.
type SupersededOp struct {
	bun.BaseModel `bun:"table:superseded_ops"`
	WorkspaceID   string  `bun:"workspace_id,pk"`
	OpID          string  `bun:"op_id,pk"`
	TableName     string  `bun:"table_name"`
	PK            string  `bun:"pk"`
	Op            string  `bun:"op"`
	Payload       *string `bun:"payload"`
	Clock         int64   `bun:"clock"`
	HLC           string  `bun:"hlc"`
	DeviceID      string  `bun:"device_id"`
	UserID        string  `bun:"user_id"`
	OwnerUserID   string  `bun:"owner_user_id"`
	Digest        string  `bun:"digest"`
	WrittenAt     int64   `bun:"written_at"`
}

// Blob is a file of a workspace whose bytes are there and were proven.
type Blob struct {
	bun.BaseModel `bun:"table:blobs"`
	WorkspaceID   string `bun:"workspace_id,pk"`
	Hash          string `bun:"hash,pk"`
	SizeBytes     int64  `bun:"size_bytes"`
	MediaType     string `bun:"mime_type"`
	Provider      string `bun:"provider"`
	CreatedBy     string `bun:"created_by"`
	CreatedAt     int64  `bun:"created_at"`
	CondemnedAt   *int64 `bun:"condemned_at"`
	DamagedAt     *int64 `bun:"damaged_at"`
	WantedAt      int64  `bun:"wanted_at"`
	CheckedAt     int64  `bun:"checked_at"`
	Damage        string `bun:"damage"`
}

// UploadIntent is what one person may put into a workspace, once.
type UploadIntent struct {
	bun.BaseModel `bun:"table:upload_intents"`
	ID            string `bun:"id,pk"`
	WorkspaceID   string `bun:"workspace_id"`
	UserID        string `bun:"user_id"`
	Hash          string `bun:"hash"`
	SizeBytes     int64  `bun:"size_bytes"`
	MediaType     string `bun:"mime_type"`
	CreatedAt     int64  `bun:"created_at"`
	ExpiresAt     int64  `bun:"expires_at"`
	UsedAt        *int64 `bun:"used_at"`
	Name          string `bun:"name"` // what its sender calls the file
}

// StorageUsage is how much a workspace keeps, and how much it may; nil is what
// the deployment says.
type StorageUsage struct {
	bun.BaseModel `bun:"table:storage_usage"`
	WorkspaceID   string `bun:"workspace_id,pk"`
	UsedBytes     int64  `bun:"used_bytes"`
	QuotaBytes    *int64 `bun:"quota_bytes"`
}
