package engine

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// UpdateCursor notes how far a device has come. As long as it does so within
// the retention, nothing that lies above is collected. The first person to name
// a device is the only one who may speak for it, whoever writes with its id:
// ids of devices are no secret among members, so what was written under one
// proves nothing.
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
	c := db.DeviceCursor{WorkspaceID: req.WorkspaceID, DeviceID: req.DeviceID, UserID: a.UserID, Version: req.Version, UpdatedAt: e.now().UnixMilli()}
	err = e.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if written, err := db.PutDeviceCursor(ctx, tx, c); err != nil || written {
			return err
		}
		stored, err := db.CursorOfDevice(ctx, tx, req.WorkspaceID, req.DeviceID)
		switch {
		case err != nil:
			return err
		case stored.UserID != a.UserID:
			return fault.New(fault.Forbidden, "This device belongs to somebody else. Use a device_id of your own.")
		}
		return fault.New(fault.Conflict, "The device was further already. A cursor only rises.")
	})
	return wire.CursorResponse{Version: req.Version, History: e.historyOf(state)}, err
}
