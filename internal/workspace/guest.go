package workspace

import (
	"context"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

// GuestAccessKV is the synced kv row that holds a workspace's guest access:
// "true" or "false". Clients read it; only the server writes it.
const GuestAccessKV = "admin.guest_access.enabled"

// GuestAccess tells whether a live workspace lets guests in. Where nobody has
// decided, the deployment's own switch does; anything but "true" means no.
func (s *Service) GuestAccess(ctx context.Context, workspaceID string) (bool, error) {
	value, err := db.KVValue(ctx, s.db.Read(), workspaceID, GuestAccessKV)
	return s.letsIn(value), err
}

func (s *Service) letsIn(value string) bool {
	return value == "true" || value == "" && s.guestsByDefault
}

// SetGuestAccess lets guests in or keeps them out. The value is written by the
// sync engine, in a transaction of its own; the audit entry is committed before
// it, so that no change goes unrecorded, and a second entry says so if the
// write then failed. The value it has already is not an act.
func (s *Service) SetGuestAccess(ctx context.Context, actor *policies.Session, workspaceID string, enabled bool) error {
	if err := signedIn(actor); err != nil {
		return err
	}
	before, after := GuestAccess{}, GuestAccess{Enabled: enabled}
	entry := audit.Entry{Action: ActGuestAccess, WorkspaceID: workspaceID, TargetKind: "workspace", TargetID: workspaceID, Details: change{After: after}}
	err := s.act(ctx, actor, false, entry, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		if _, err := lockAsOwner(ctx, tx, actor, workspaceID); err != nil {
			return err
		}
		value, err := db.KVValue(ctx, tx, workspaceID, GuestAccessKV)
		if err != nil {
			return err
		}
		before.Enabled = s.letsIn(value)
		if e.Details = nil; before != after {
			e.Details = change{Before: before, After: after}
		}
		return nil
	})
	if err != nil || before == after {
		return err
	}
	if err := s.setKV(ctx, workspaceID, GuestAccessKV, strconv.FormatBool(enabled)); err != nil {
		entry.Actor = actorOf(ctx, actor)
		s.record(ctx, entry, audit.Failed, err)
		return fmt.Errorf("set guest access of workspace %s: %w", workspaceID, err)
	}
	GuestAccessChanged.Fire(ctx, s.bus, GuestAccessEvent{
		WorkspaceID: workspaceID, Actor: actorOf(ctx, actor), Before: before, After: after, At: s.moment(),
	})
	return nil
}
