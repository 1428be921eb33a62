package engine

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// writesAsked is among how many of the newest writes of a workspace is looked
// for one that was made from a device.
const writesAsked = 10_000

// UpdateCursor notes how far a device has come. As long as it does so within
// the retention, nothing that lies above is collected.
//
// Ids of devices are no secret among members: they are in every change. So each
// person has a cursor of their own for a device, and nobody moves or takes away
// another's. Somebody who has never spoken for a device nor written from it of
// late is told that it is another person's when another person speaks for it.
//
//   - Conflict: the device was further already;
//   - Invalid: the workspace has no such version yet;
//   - Forbidden: the device is another person's.
func (e *Engine) UpdateCursor(ctx context.Context, a Actor, req wire.CursorRequest) (wire.CursorResponse, error) {
	state, err := e.reader.HeadOf(ctx, req.WorkspaceID)
	if err != nil {
		return wire.CursorResponse{}, err
	}
	if req.Version > state.Head {
		return wire.CursorResponse{}, fault.Field("version", "The workspace has no such version yet.")
	}
	if err := e.speaksFor(ctx, a, req, state.Head); err != nil {
		return wire.CursorResponse{}, err
	}
	c := db.DeviceCursor{WorkspaceID: req.WorkspaceID, DeviceID: req.DeviceID, UserID: a.UserID, Version: req.Version, UpdatedAt: e.now().UnixMilli()}
	err = e.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if written, err := db.PutDeviceCursor(ctx, tx, c); err != nil || written {
			return err
		}
		return fault.New(fault.Conflict, "The device was further already. A cursor only rises.")
	})
	return wire.CursorResponse{Version: req.Version, History: e.historyOf(state)}, err
}

// speaksFor refuses a device that is known as somebody else's alone. It need
// not be in one transaction with the write: of two who name a device at once
// each gets a cursor, which harms neither.
func (e *Engine) speaksFor(ctx context.Context, a Actor, req wire.CursorRequest, head int64) error {
	people, err := db.CursorOwners(ctx, e.db.Read(), req.WorkspaceID, req.DeviceID, a.UserID, 1)
	if err != nil || len(people) == 0 || people[0] == a.UserID {
		return err
	}
	wrote, err := db.WroteFrom(ctx, e.db.Read(), req.WorkspaceID, req.DeviceID, a.UserID, head-writesAsked)
	if err != nil || wrote {
		return err
	}
	return fault.New(fault.Forbidden, "This device belongs to somebody else. Use a device_id of your own.")
}
