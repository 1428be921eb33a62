package db

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/mistake"
)

// DeviceCursor is how far a person says a device of theirs has come in a workspace.
type DeviceCursor struct {
	bun.BaseModel `bun:"table:device_cursors"`
	WorkspaceID   string `bun:"workspace_id,pk"`
	DeviceID      string `bun:"device_id,pk"`
	UserID        string `bun:"user_id,pk"`
	Version       int64  `bun:"version"`
	UpdatedAt     int64  `bun:"updated_at"`
}

// CursorOwners lists who has noted a cursor for a device, at most limit people;
// the person asked about comes first.
func CursorOwners(ctx context.Context, q bun.IDB, workspaceID, deviceID, userID string, limit int) ([]string, error) {
	var people []string
	err := q.NewRaw(`SELECT user_id FROM device_cursors WHERE workspace_id = ? AND device_id = ?
		ORDER BY CASE WHEN user_id = ? THEN 0 ELSE 1 END, user_id LIMIT ?`, workspaceID, deviceID, userID, limit).Scan(ctx, &people)
	return people, Fault(err, "looking whose a device is")
}

// WroteFrom tells whether a person has made one of the changes after a version
// from a device.
func WroteFrom(ctx context.Context, q bun.IDB, workspaceID, deviceID, userID string, after int64) (bool, error) {
	var found []int64
	err := q.NewRaw(`SELECT server_version FROM change_log WHERE workspace_id = ? AND server_version > ? AND device_id = ? AND user_id = ? LIMIT 1`,
		workspaceID, after, deviceID, userID).Scan(ctx, &found)
	return len(found) > 0, Fault(err, "looking who wrote from a device")
}

// PutDeviceCursor notes a person's cursor. One that is further already stays; it
// tells whether it was written.
func PutDeviceCursor(ctx context.Context, tx bun.IDB, c DeviceCursor) (bool, error) {
	further := " WHERE device_cursors.version <= excluded.version"
	if mistake.On(mistake.CursorFalls) {
		further = ""
	}
	res, err := tx.NewRaw(`INSERT INTO device_cursors (workspace_id, device_id, user_id, version, updated_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (workspace_id, device_id, user_id) DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at`+further,
		c.WorkspaceID, c.DeviceID, c.UserID, c.Version, c.UpdatedAt).Exec(ctx)
	return changedOne(res, err, "noting a device's cursor")
}

// ListedCursor is a device's cursor with the name of its person.
type ListedCursor struct {
	DeviceCursor
	UserName string `bun:"user_name"`
}

// DeviceCursors lists a workspace's devices, the last heard of first.
func DeviceCursors(ctx context.Context, q bun.IDB, workspaceID string, limit int) ([]ListedCursor, error) {
	list := []ListedCursor{}
	err := q.NewRaw(`SELECT c.workspace_id, c.device_id, c.user_id, c.version, c.updated_at, COALESCE(u.display_name, '') AS user_name
		FROM device_cursors AS c LEFT JOIN users AS u ON u.id = c.user_id
		WHERE c.workspace_id = ? ORDER BY c.updated_at DESC, c.device_id, c.user_id LIMIT ?`, workspaceID, limit).Scan(ctx, &list)
	return list, Fault(err, "listing devices")
}

// DeleteIdleCursors forgets devices not heard of since a time (epoch ms): they
// no longer keep anything from being collected.
func DeleteIdleCursors(ctx context.Context, tx bun.IDB, workspaceID string, before int64) (int64, error) {
	res, err := tx.NewRaw(`DELETE FROM device_cursors WHERE workspace_id = ? AND updated_at < ?`, workspaceID, before).Exec(ctx)
	return changed(res, err, "forgetting idle devices")
}

// LowestCursor gives the version of the device that has come least far of those
// at a floor or beyond; ok is false when there is none. One below the floor must
// take a snapshot and needs nothing of the log.
func LowestCursor(ctx context.Context, q bun.IDB, workspaceID string, floor int64) (version int64, ok bool, err error) {
	var lowest []int64
	err = q.NewRaw(`SELECT version FROM device_cursors WHERE workspace_id = ? AND version >= ? ORDER BY version LIMIT 1`, workspaceID, floor).Scan(ctx, &lowest)
	if err != nil || len(lowest) == 0 {
		return 0, false, Fault(err, "reading the lowest cursor")
	}
	return lowest[0], true, nil
}
