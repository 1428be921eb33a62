package workspace

import (
	"context"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

// Standing implements policies.Directory: what a person is in a live workspace.
func (s *Service) Standing(ctx context.Context, userID, workspaceID string) (policies.Standing, error) {
	role, taken, err := db.Standing(ctx, s.db.Read(), userID, workspaceID)
	if err != nil || role == "" {
		return policies.Standing{}, err
	}
	return policies.Standing{Role: policies.Role(role), Restrictions: restrictionsOf(taken)}, nil
}

// HomeWorkspace implements policies.Directory: the first workspace's id.
func (s *Service) HomeWorkspace(ctx context.Context) (string, error) {
	return db.HomeWorkspaceID(ctx, s.db.Read())
}
