package server

import (
	"strconv"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/sync/wire"
)

// actCollect is the audit action of collecting what is old by hand.
const actCollect = "sync.collected"

// collectTombstones forgets rows that were deleted long ago.
func (s *Server) collectTombstones(r *request, in wire.CollectRequest) (wire.CollectResponse, error) {
	out, err := s.engine.CollectTombstones(r.Ctx(), r.syncActor(in.WorkspaceID), in)
	return out, s.recordCollection(r, in, "tombstones", out.DeletedCount, err)
}

// collectChangeLog removes what happened long ago from the log.
func (s *Server) collectChangeLog(r *request, in wire.CollectRequest) (wire.CollectResponse, error) {
	out, err := s.engine.CollectChangeLog(r.Ctx(), r.syncActor(in.WorkspaceID), in)
	return out, s.recordCollection(r, in, "change_log", out.DeletedCount, err)
}

func (s *Server) recordCollection(r *request, in wire.CollectRequest, kind string, deleted int64, failed error) error {
	entry := audit.Entry{Action: actCollect, Result: audit.Allowed, WorkspaceID: in.WorkspaceID, TargetKind: kind, TargetID: in.WorkspaceID,
		Details: map[string]string{"retention_seconds": strconv.FormatInt(in.RetentionSeconds, 10), "deleted": strconv.FormatInt(deleted, 10)}}
	if failed != nil {
		entry.Result = audit.Failed
	}
	if err := s.audit.Record(r.Ctx(), entry); err != nil {
		r.log.Error("audit of a collection", "error", err)
	}
	return failed
}
