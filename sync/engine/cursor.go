package engine

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// MaxDevices is of how many devices of one person a workspace keeps the cursor:
// those heard of last.
const MaxDevices = 32

// writesAsked is among how many of the newest writes of a workspace is looked
// for one that was made from a device.
const writesAsked = 10_000

// UpdateCursor notes how far a device has come. As long as it comes on within
// the retention, nothing that lies above is collected: saying the same again
// holds nothing back for longer, unless nothing has happened since, and neither
// does a device that lacks what is older than Retention.
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
	moved, standing, err := e.heardOf(ctx, req)
	if err != nil {
		return wire.CursorResponse{}, err
	}
	c := db.DeviceCursor{WorkspaceID: req.WorkspaceID, DeviceID: req.DeviceID, UserID: a.UserID, Version: req.Version, UpdatedAt: moved,
		Agent: strings.ToValidUTF8(a.Agent, ""), SessionID: a.SessionID}
	err = e.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		written, err := db.PutDeviceCursor(ctx, tx, c, standing)
		if err != nil {
			return err
		}
		if !written {
			return fault.New(fault.Conflict, "The device was further already. A cursor only rises.")
		}
		return db.KeepDevices(ctx, tx, req.WorkspaceID, a.UserID, req.DeviceID, MaxDevices)
	})
	return wire.CursorResponse{Version: req.Version, History: e.historyOf(state)}, err
}

// heardOf tells as of when a cursor counts (epoch ms), one that has come to its
// version just now and one that stood there before: a device that lacks nothing
// is up to date now, another one was when what it lacks first was written.
func (e *Engine) heardOf(ctx context.Context, req wire.CursorRequest) (moved, standing int64, err error) {
	now := e.now()
	lacks, err := db.WrittenAfter(ctx, e.db.Read(), req.WorkspaceID, req.Version)
	switch {
	case err != nil:
		return 0, 0, err
	case lacks == 0:
		return now.UnixMilli(), now.UnixMilli(), nil
	case lacks < now.Add(-Retention).UnixMilli():
		return lacks, lacks, nil
	}
	return now.UnixMilli(), lacks, nil
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
