package wire

import "or3.cloud/or3/internal/fault"

// The bounds of a retention, in seconds: a second to a year.
const (
	MinRetention = 1
	MaxRetention = 31_536_000
)

// maxPageToken bounds what a device may send back as a page token.
const maxPageToken = 1024

// DecodeSnapshot reads the body of a snapshot's page. Errors are as for DecodePush.
func DecodeSnapshot(body []byte) (SnapshotRequest, error) {
	req := SnapshotRequest{PageSize: MaxPage}
	err := decodeMembers(body, map[string]any{
		"workspace_id": &req.WorkspaceID, "page_token": &req.PageToken, "page_size": &req.PageSize, "history_id": &req.HistoryID,
	})
	if err == nil {
		err = checkScope(req.WorkspaceID, req.HistoryID)
	}
	switch {
	case err != nil:
	case req.PageSize < 1 || req.PageSize > MaxPage:
		err = fault.Field("page_size", "It must be from 1 to 1000.")
	case len(req.PageToken) > maxPageToken:
		err = fault.Field("page_token", "It must be what the page before gave as next_page_token.")
	}
	return req, err
}

// DecodeDigest reads the body of a digest. Errors are as for DecodePush.
func DecodeDigest(body []byte) (DigestRequest, error) {
	var req DigestRequest
	err := decodeMembers(body, map[string]any{"workspace_id": &req.WorkspaceID, "deep": &req.Deep})
	if err == nil {
		err = checkScope(req.WorkspaceID, "")
	}
	return req, err
}

// DecodeHistory reads the body of a history. Errors are as for DecodePush.
func DecodeHistory(body []byte) (HistoryRequest, error) {
	var req HistoryRequest
	err := decodeMembers(body, map[string]any{"workspace_id": &req.WorkspaceID, "table": &req.Table, "pk": &req.PK})
	if err == nil {
		err = checkScope(req.WorkspaceID, "")
	}
	switch {
	case err != nil:
	case !req.Table.Known():
		err = fault.Field("table", "There is no such table.")
	case !isPK(req.PK):
		err = fault.Field("pk", "It must be 1–128 of A–Z, a–z, 0–9 and . _ : ~ -.")
	}
	return req, err
}

// DecodeCursor reads the body of an update-cursor. Errors are as for DecodePush.
func DecodeCursor(body []byte) (CursorRequest, error) {
	req := CursorRequest{Version: -1}
	err := decodeMembers(body, map[string]any{"workspace_id": &req.WorkspaceID, "device_id": &req.DeviceID, "version": &req.Version})
	if err == nil {
		err = checkScope(req.WorkspaceID, "")
	}
	switch {
	case err != nil:
	case !isLabel(req.DeviceID, 64):
		err = fault.Field("device_id", "It must be 1–64 bytes without control characters.")
	case req.Version < 0 || req.Version > MaxClock:
		err = fault.Field("version", "It must be a version or 0.")
	}
	return req, err
}

// DecodeCollect reads the body of a collection. Errors are as for DecodePush.
func DecodeCollect(body []byte) (CollectRequest, error) {
	var req CollectRequest
	err := decodeMembers(body, map[string]any{"workspace_id": &req.WorkspaceID, "retention_seconds": &req.RetentionSeconds})
	if err == nil {
		err = checkScope(req.WorkspaceID, "")
	}
	if err == nil && (req.RetentionSeconds < MinRetention || req.RetentionSeconds > MaxRetention) {
		err = fault.Field("retention_seconds", "It must be from 1 to 31536000.")
	}
	return req, err
}

// decodeMembers reads an object whose members all have simple types into the
// places given for their names.
func decodeMembers(body []byte, places map[string]any) error {
	members, err := envelope(body)
	if err != nil {
		return err
	}
	for _, m := range members {
		place, known := places[string(m.name)]
		if !known {
			return fault.Field(string(m.name), "There is no such field.")
		}
		if err := into(m, place); err != nil {
			return err
		}
	}
	return nil
}

func checkScope(workspaceID, historyID string) error {
	if !isID(workspaceID) {
		return fault.Field("workspace_id", "It must be a workspace's id.")
	}
	if historyID != "" && !isLabel(historyID, 128) {
		return fault.Field("history_id", "It must be what an earlier answer gave.")
	}
	return nil
}
