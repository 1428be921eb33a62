package workspace

import (
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

// Workspace is one workspace as hooks and the audit log show it.
type Workspace struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Description string     `json:"description"`
	CreatedBy   string     `json:"created_by"`
	CreatedAt   time.Time  `json:"created_at"`
	DeletedAt   *time.Time `json:"deleted_at"`
	DeletedBy   *string    `json:"deleted_by"`
}

// Member is a person's part in one workspace.
type Member struct {
	WorkspaceID string        `json:"workspace_id"`
	UserID      string        `json:"user_id"`
	Email       string        `json:"email"`
	DisplayName string        `json:"display_name"`
	Role        policies.Role `json:"role"`
	CreatedAt   time.Time     `json:"created_at"` // when they became a member
	Disabled    bool          `json:"disabled"`
}

// Invite is an open door for one e-mail address.
type Invite struct {
	ID          string        `json:"id"`
	WorkspaceID string        `json:"workspace_id"`
	Email       string        `json:"email"`
	Role        policies.Role `json:"role"`
	InvitedBy   string        `json:"invited_by"`
	CreatedAt   time.Time     `json:"created_at"`
	ExpiresAt   time.Time     `json:"expires_at"`
}

func workspaceOf(w db.Workspace) *Workspace {
	out := &Workspace{
		ID: w.ID, Name: w.Name, Description: w.Description,
		CreatedBy: w.CreatedBy, CreatedAt: moment(w.CreatedAt), DeletedBy: w.DeletedBy,
	}
	if w.DeletedAt != nil {
		at := moment(*w.DeletedAt)
		out.DeletedAt = &at
	}
	return out
}

func memberOf(m db.MemberUser) *Member {
	return &Member{
		WorkspaceID: m.WorkspaceID, UserID: m.UserID, Email: m.Email, DisplayName: m.DisplayName,
		Role: policies.Role(m.Role), CreatedAt: moment(m.CreatedAt), Disabled: m.DisabledAt != nil,
	}
}

func inviteOf(i db.Invite) *Invite {
	return &Invite{
		ID: i.ID, WorkspaceID: i.WorkspaceID, Email: i.Email, Role: policies.Role(i.Role),
		InvitedBy: i.InvitedBy, CreatedAt: moment(i.CreatedAt), ExpiresAt: moment(i.ExpiresAt),
	}
}
