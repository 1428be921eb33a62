package wire

import "github.com/go-json-experiment/json/jsontext"

// PushRequest is the body of POST /api/sync/push. Cursor and HistoryID, when
// given, say what the device has seen; a device that must start over is told so
// before anything is applied.
type PushRequest struct {
	WorkspaceID string `json:"workspace_id"`
	Cursor      *int64 `json:"cursor,omitzero"`
	HistoryID   string `json:"history_id,omitzero"`
	Ops         []Op   `json:"ops"`
}

// Status is what became of an op.
type Status string

// The statuses.
const (
	Applied    Status = "applied"    // it is the row now, and has a version
	Superseded Status = "superseded" // a newer write stands; it is in Winner
	Replayed   Status = "replayed"   // it was applied before, with that version
	Rejected   Status = "rejected"   // it was refused; Error says why
)

// Result is the answer to one op, in the order of the ops. A rejected op that
// could not be read may have an empty OpID.
type Result struct {
	OpID          string   `json:"op_id"`
	Status        Status   `json:"status" enum:"applied,superseded,replayed,rejected"`
	ServerVersion int64    `json:"server_version,omitzero"`
	Error         *OpError `json:"error,omitzero"`
	Winner        *Change  `json:"winner,omitzero"`
}

// History is in every answer. A HistoryID the device does not know means that
// the server was restored; ServerTime (epoch ms) lets it correct its clock.
type History struct {
	HistoryID      string `json:"history_id"`
	TombstoneFloor int64  `json:"tombstone_floor"`
	ServerTime     int64  `json:"server_time"`
}

// PushResponse is the answer to a push; ServerVersion is the workspace's newest.
type PushResponse struct {
	Results       []Result `json:"results"`
	ServerVersion int64    `json:"server_version"`
	History
}

// PullRequest is the body of POST /api/sync/pull: what has happened after
// Cursor, at most Limit changes, of Tables only when that is not empty.
type PullRequest struct {
	WorkspaceID string  `json:"workspace_id"`
	Cursor      int64   `json:"cursor"`
	Limit       int     `json:"limit"`
	Tables      []Table `json:"tables,omitzero"`
	HistoryID   string  `json:"history_id,omitzero"`
}

// PullResponse is one page. NextCursor is the only measure of progress: versions
// between two changes may belong to rows the device does not get to see. With
// ResetRequired there are no changes, and the device must take a snapshot.
type PullResponse struct {
	Changes       []Change `json:"changes"`
	NextCursor    int64    `json:"next_cursor"`
	HasMore       bool     `json:"has_more"`
	ResetRequired bool     `json:"reset_required,omitzero"`
	History
}

// SnapshotRequest is the body of POST /api/sync/snapshot. PageToken is empty
// for the first page and then what the page before gave; HistoryID is the life
// of the database the device knows.
type SnapshotRequest struct {
	WorkspaceID string `json:"workspace_id"`
	PageToken   string `json:"page_token,omitzero"`
	PageSize    int    `json:"page_size,omitzero"`
	HistoryID   string `json:"history_id,omitzero"`
}

// SnapshotResponse is one page of the rows as they are: live ones, and the
// tombstones above the floor. HighWatermark is the head when the first page was
// read and the same on every page: the device stages all pages, applies them in
// one transaction and pulls from there. What it knew at a version up to
// BaseVersion follows the snapshot; what lies above and outranks it is pushed
// again, unless DiscardNewer.
type SnapshotResponse struct {
	Items         []Change `json:"items"`
	HighWatermark int64    `json:"high_watermark"`
	BaseVersion   int64    `json:"base_version"`
	DiscardNewer  bool     `json:"discard_newer"`
	NextPageToken string   `json:"next_page_token,omitzero"`
	History
}

// DigestRequest is the body of POST /api/sync/digest. Deep covers payloads too.
type DigestRequest struct {
	WorkspaceID string `json:"workspace_id"`
	Deep        bool   `json:"deep,omitzero"`
}

// DigestResponse is what a device that has everything up to ServerVersion
// computes from its own tables: equal digests mean equal rows. Rows counts live
// rows and tombstones above the floor.
type DigestResponse struct {
	ServerVersion int64  `json:"server_version"`
	Rows          int64  `json:"rows"`
	Digest        string `json:"digest"` // SHA-256, 64 lower-case hexadecimal digits
	History
}

// HistoryRequest is the body of POST /api/sync/history: what was written to one row.
type HistoryRequest struct {
	WorkspaceID string `json:"workspace_id"`
	Table       Table  `json:"table" enum:"threads,messages,projects,posts,kv,file_meta,notifications"`
	PK          string `json:"pk"`
}

// Entry is one write to a row: it became the row, or it lost to a newer one.
type Entry struct {
	Status  Status         `json:"status" enum:"applied,superseded"`
	Op      Kind           `json:"op" enum:"put,delete"`
	Payload jsontext.Value `json:"payload,omitzero"`
	Stamp   Stamp          `json:"stamp"`
	UserID  string         `json:"user_id"` // "" is the server itself
	At      int64          `json:"at"`      // epoch ms, when the server took it
}

// HistoryResponse lists the writes of the last 30 days, oldest first, and the
// one the row is made of however old it is: of many the newest 200, or fewer
// when their payloads pass 4 MiB.
type HistoryResponse struct {
	Entries []Entry `json:"entries"`
	History
}

// CursorRequest is the body of POST /api/sync/update-cursor: how far a device has come.
type CursorRequest struct {
	WorkspaceID string `json:"workspace_id"`
	DeviceID    string `json:"device_id"`
	Version     int64  `json:"version"`
}

// CursorResponse repeats what was noted.
type CursorResponse struct {
	Version int64 `json:"version"`
	History
}

// CollectRequest is the body of POST /api/sync/gc-tombstones and
// /gc-change-log: what is older may go, as far as no device needs it.
type CollectRequest struct {
	WorkspaceID      string `json:"workspace_id"`
	RetentionSeconds int64  `json:"retention_seconds"`
}

// CollectResponse says how much went.
type CollectResponse struct {
	DeletedCount int64 `json:"deleted_count"`
	History
}
