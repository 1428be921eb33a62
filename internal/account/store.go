package account

import (
	"context"
	"log/slog"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/policies"

	"github.com/uptrace/bun"
)

// StoreOptions are what a Store is made from.
type StoreOptions struct {
	DB     *db.DB
	Bus    *hook.Bus
	Audit  *audit.Log
	Now    func() time.Time
	Log    *slog.Logger
	Joined func(ctx context.Context, m Membership) // see Options.Joined
}

// Store is the WorkspaceStore over the program's own database.
type Store struct {
	journal
	bus    *hook.Bus
	now    func() time.Time
	joined func(ctx context.Context, m Membership)
}

var _ WorkspaceStore = (*Store)(nil)

// NewStore makes a Store.
func NewStore(o StoreOptions) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Joined == nil {
		o.Joined = func(context.Context, Membership) {}
	}
	return &Store{journal: journal{db: o.DB, audit: o.Audit, log: o.Log}, bus: o.Bus, now: o.Now, joined: o.Joined}
}

// User implements WorkspaceStore.
func (s *Store) User(ctx context.Context, provider, key string) (Person, error) {
	u, err := db.UserByAccount(ctx, s.db.Read(), provider, key)
	if err != nil {
		return Person{}, err
	}
	admin, err := db.IsDeploymentAdmin(ctx, s.db.Read(), u.ID)
	return *personOf(u, admin), err
}

// WorkspaceRole implements WorkspaceStore.
func (s *Store) WorkspaceRole(ctx context.Context, userID, workspaceID string) (policies.Role, error) {
	role, _, err := db.Standing(ctx, s.db.Read(), userID, workspaceID)
	return policies.Role(role), err
}

// Workspaces implements WorkspaceStore.
func (s *Store) Workspaces(ctx context.Context, userID string) ([]OwnWorkspace, error) {
	u, err := db.UserByID(ctx, s.db.Read(), userID)
	if err != nil {
		return nil, err
	}
	rows, err := db.WorkspacesOf(ctx, s.db.Read(), userID)
	list := make([]OwnWorkspace, 0, len(rows))
	for _, w := range rows {
		list = append(list, OwnWorkspace{
			ID: w.ID, Name: w.Name, Description: w.Description, Role: policies.Role(w.Role),
			CreatedAt: moment(w.CreatedAt), IsActive: w.ID == text(u.ActiveWorkspaceID),
		})
	}
	return list, err
}

// SetActiveWorkspace implements WorkspaceStore.
func (s *Store) SetActiveWorkspace(ctx context.Context, userID, workspaceID string) error {
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		role, _, err := db.Standing(ctx, tx, userID, workspaceID)
		if err != nil {
			return err
		}
		if role == "" {
			return noWorkspace()
		}
		return db.SetUserWorkspace(ctx, tx, userID, workspaceID)
	})
}

func noWorkspace() error {
	return fault.New(fault.NotFound, "This workspace does not exist, or you are not a member of it.")
}
