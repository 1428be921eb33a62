package workspace

import (
	"cmp"
	"context"
	"slices"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// Restrictions lists what a live workspace takes from its roles, in a fixed order.
func (s *Service) Restrictions(ctx context.Context, workspaceID string) ([]policies.Restriction, error) {
	rows, err := db.RestrictionsOf(ctx, s.db.Read(), workspaceID)
	return restrictionsOf(rows), err
}

// SetRestrictions replaces what a workspace takes from its roles. Nothing can
// be taken from an owner, and only permissions that exist can be taken. The
// same list again is not an act. It gives the list as it is stored.
func (s *Service) SetRestrictions(ctx context.Context, actor *policies.Session, workspaceID string, list []policies.Restriction) ([]policies.Restriction, error) {
	if err := signedIn(actor); err != nil {
		return nil, err
	}
	after, err := checkRestrictions(list)
	if err != nil {
		return nil, err
	}
	var before []policies.Restriction
	entry := audit.Entry{Action: ActRestrict, WorkspaceID: workspaceID, TargetKind: "workspace", TargetID: workspaceID, Details: change{After: after}}
	err = s.act(ctx, actor, true, entry, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		if _, err := lockAsOwner(ctx, tx, actor, workspaceID); err != nil {
			return err
		}
		rows, err := db.RestrictionsOf(ctx, tx, workspaceID)
		if err != nil {
			return err
		}
		before = restrictionsOf(rows)
		if slices.Equal(before, after) {
			e.Details = nil
			return nil
		}
		e.Details = change{Before: before, After: after}
		if err := db.DeleteRestrictions(ctx, tx, workspaceID); err != nil {
			return err
		}
		rows = rows[:0]
		for _, r := range after {
			rows = append(rows, db.Restriction{WorkspaceID: workspaceID, Role: string(r.Role), Permission: string(r.Permission)})
		}
		return db.InsertRestrictions(ctx, tx, rows)
	})
	if err != nil {
		return nil, err
	}
	if !slices.Equal(before, after) {
		RestrictionsChanged.Fire(ctx, s.bus, RestrictionsEvent{
			WorkspaceID: workspaceID, Actor: actorOf(ctx, actor), Before: before, After: after, At: s.moment(),
		})
	}
	return after, nil
}

// checkRestrictions gives a list in its fixed order, each restriction once.
func checkRestrictions(list []policies.Restriction) ([]policies.Restriction, error) {
	for _, r := range list {
		switch {
		case r.Role == policies.Owner:
			return nil, fault.Field("restrictions", "Nothing can be taken from owners. Use editor or viewer.")
		case !r.Role.Valid():
			return nil, fault.Field("restrictions", "A restriction names a role that does not exist. Use editor or viewer.")
		case !r.Permission.Valid():
			return nil, fault.Field("restrictions", "A restriction names a permission that does not exist.")
		}
	}
	out := append([]policies.Restriction{}, list...)
	slices.SortFunc(out, func(a, b policies.Restriction) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Permission, b.Permission))
	})
	return slices.Compact(out), nil
}

func restrictionsOf(rows []db.Restriction) []policies.Restriction {
	out := make([]policies.Restriction, 0, len(rows))
	for _, r := range rows {
		out = append(out, policies.Restriction{Role: policies.Role(r.Role), Permission: policies.Permission(r.Permission)})
	}
	return out
}
