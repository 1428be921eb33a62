package server

import (
	"or3.cloud/or3/sync/wire"
)

// snapshot answers a page of the rows as they are, for a device that is new or
// was away for too long.
func (s *Server) snapshot(r *request, in wire.SnapshotRequest) (*wire.SnapshotResponse, error) {
	out, err := s.engine.Snapshot(r.Ctx(), r.syncActor(in.WorkspaceID), in)
	return &out, err
}

// digest sums up what the caller may see, so that a device can compare.
func (s *Server) digest(r *request, in wire.DigestRequest) (wire.DigestResponse, error) {
	return s.engine.Digest(r.Ctx(), r.syncActor(in.WorkspaceID), in)
}

// history tells what was written to one row.
func (s *Server) history(r *request, in wire.HistoryRequest) (wire.HistoryResponse, error) {
	return s.engine.History(r.Ctx(), r.syncActor(in.WorkspaceID), in)
}

// updateCursor notes how far a device has come.
func (s *Server) updateCursor(r *request, in wire.CursorRequest) (wire.CursorResponse, error) {
	return s.engine.UpdateCursor(r.Ctx(), r.syncActor(in.WorkspaceID), in)
}
