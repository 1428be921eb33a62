package wire

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
