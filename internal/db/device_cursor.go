package db

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/mistake"
)

// DeviceCursor is how far a person says a device of theirs has come in a
// workspace. UpdatedAt is when it was last known to come on (epoch ms).
type DeviceCursor struct {
	bun.BaseModel `bun:"table:device_cursors"`
	WorkspaceID   string `bun:"workspace_id,pk"`
	DeviceID      string `bun:"device_id,pk"`
	UserID        string `bun:"user_id,pk"`
	Version       int64  `bun:"version"`
	UpdatedAt     int64  `bun:"updated_at"`
	Agent         string `bun:"agent"`      // the User-Agent it last spoke with; "" when nobody knows
	SessionID     string `bun:"session_id"` // the session or token it last spoke with
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
// tells whether it was written. One that has not moved since it was noted is as
// of standing (epoch ms), if that is later than what is known of it.
func PutDeviceCursor(ctx context.Context, tx bun.IDB, c DeviceCursor, standing int64) (bool, error) {
	further := " WHERE device_cursors.version <= excluded.version"
	if mistake.On(mistake.CursorFalls) {
		further = ""
	}
	res, err := tx.NewRaw(`INSERT INTO device_cursors (workspace_id, device_id, user_id, version, updated_at, agent, session_id) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (workspace_id, device_id, user_id) DO UPDATE SET version = excluded.version, agent = excluded.agent, session_id = excluded.session_id, updated_at = CASE
			WHEN device_cursors.version <> excluded.version AND device_cursors.updated_at < excluded.updated_at THEN excluded.updated_at
			WHEN device_cursors.version = excluded.version AND device_cursors.updated_at < ? THEN ?
			ELSE device_cursors.updated_at END`+further,
		c.WorkspaceID, c.DeviceID, c.UserID, c.Version, c.UpdatedAt, c.Agent, c.SessionID, standing, standing).Exec(ctx)
	return changedOne(res, err, "noting a device's cursor")
}

// KeepDevices forgets all but the devices of a person in a workspace that were
// heard of last; keep says how many stay, with one that does in any case.
func KeepDevices(ctx context.Context, tx bun.IDB, workspaceID, userID, deviceID string, keep int) error {
	_, err := tx.NewRaw(`DELETE FROM device_cursors WHERE workspace_id = ? AND user_id = ? AND device_id <> ? AND device_id NOT IN (
		SELECT device_id FROM device_cursors WHERE workspace_id = ? AND user_id = ? AND device_id <> ? ORDER BY updated_at DESC, device_id LIMIT ?)`,
		workspaceID, userID, deviceID, workspaceID, userID, deviceID, keep-1).Exec(ctx)
	return Fault(err, "forgetting a person's oldest devices")
}

// ListedCursor is a device's cursor with the name of its person. Removed is 1
// when they are no member any more, or disabled; SignedOut when the session or
// token the device last spoke with has ended.
type ListedCursor struct {
	DeviceCursor
	UserName  string `bun:"user_name"`
	Removed   int64  `bun:"removed"`
	SignedOut int64  `bun:"signed_out"`
}

// DeviceCursors lists a workspace's devices, the last heard of first.
func DeviceCursors(ctx context.Context, q bun.IDB, workspaceID string, limit int) ([]ListedCursor, error) {
	list := []ListedCursor{}
	err := q.NewRaw(`SELECT c.workspace_id, c.device_id, c.user_id, c.version, c.updated_at, c.agent, c.session_id, COALESCE(u.display_name, '') AS user_name,
		CASE WHEN m.user_id IS NULL OR u.disabled_at IS NOT NULL THEN 1 ELSE 0 END AS removed,
		CASE WHEN c.session_id <> '' AND s.id IS NULL AND t.id IS NULL THEN 1 ELSE 0 END AS signed_out
		FROM device_cursors AS c LEFT JOIN users AS u ON u.id = c.user_id
		LEFT JOIN members AS m ON m.workspace_id = c.workspace_id AND m.user_id = c.user_id
		LEFT JOIN sessions AS s ON s.id = c.session_id AND s.user_id = c.user_id
		LEFT JOIN api_tokens AS t ON t.id = c.session_id AND t.user_id = c.user_id
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
