package server

import (
	"database/sql"
	"sync/atomic"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/policies"
)

// Metrics are the program's figures, for a listener of their own
// (telemetry.metrics_addr).
func (s *Server) Metrics() *telemetry.Metrics { return s.metrics }

// exposition answers a Prometheus that brings a token. Cookies do not count:
// a browser has no business here.
func (s *Server) exposition(r *request) error {
	if r.Session().Kind != policies.TokenSession {
		return fault.New(fault.Unauthenticated, "Send an API token of somebody who may read the deployment.")
	}
	text, err := s.metrics.Exposition()
	if err != nil {
		return err
	}
	r.c.Set(fiber.HeaderContentType, telemetry.ContentType)
	r.c.Response().SetBodyRaw(text)
	return nil
}

// watch exposes what other parts count by themselves.
func (s *Server) watch() {
	s.metrics.WatchPool("reader", func() sql.DBStats { return s.db.RawReader().Stats() })
	s.metrics.WatchPool("writer", func() sql.DBStats { return s.db.RawWriter().Stats() })
	s.metrics.Gauge("or3_sync_pushes_waiting", "Pushes that wait for the next commit.", func() float64 { return float64(s.engine.Stats().Waiting) })
	s.metrics.Counter("or3_sync_commits_total", "Commits of pushes; several pushes share one.", func() float64 { return float64(s.engine.Stats().Transactions) })
	s.metrics.Counter("or3_sync_sweeps_total", "Times this node collected what is old in every workspace.", func() float64 { return float64(s.engine.Stats().Sweeps) })
	s.metrics.Counter("or3_sync_collected_changes_total", "Entries collected from change logs.", func() float64 { return float64(s.engine.Stats().CollectedChanges) })
	s.metrics.Counter("or3_sync_collected_tombstones_total", "Tombstones collected.", func() float64 { return float64(s.engine.Stats().CollectedTombstones) })
	s.metrics.Counter("or3_sync_collected_superseded_total", "Superseded ops collected.", func() float64 { return float64(s.engine.Stats().CollectedSuperseded) })
	s.metrics.Counter("or3_notices_written_total", "Notices this node wrote to people.", func() float64 { return float64(s.engine.Stats().Told) })
	s.metrics.Counter("or3_notices_left_out_total", "Threads and notices left out because too many waited.", func() float64 { return float64(s.engine.Stats().LeftOut) })
	t := s.streams
	s.metrics.Gauge("or3_sync_streams_open", "Open streams.", func() float64 { return float64(t.count()) })
	s.metrics.Counter("or3_sync_streams_opened_total", "Streams opened.", counted(&t.opened))
	s.metrics.Counter("or3_sync_streams_refused_total", "Streams refused because too many were open.", counted(&t.refused))
	s.metrics.Counter("or3_sync_stream_events_total", "Events with changes sent to streams.", counted(&t.events))
	s.metrics.Counter("or3_sync_stream_resyncs_total", "Streams that told their reader to pull.", counted(&t.resyncs))
	s.metrics.Counter("or3_sync_stream_byes_total", "Streams the server ended.", counted(&t.byes))
	s.metrics.Counter("or3_sync_stream_slow_total", "Times a reader did not take what was sent.", counted(&t.slow))
	s.metrics.Counter("or3_sync_streams_judged_total", "Times a stream's right to go on was looked at again.", counted(&t.judged))
	s.metrics.Counter("or3_auth_filter_grant_attempts_total", "Times a decision filter tried to widen a decision.",
		func() float64 { return float64(s.gate.GrantAttempts()) })
	if s.files != nil {
		s.metrics.Gauge("or3_storage_uploads_open", "Uploads whose bytes are arriving.", func() float64 { return float64(s.files.uploads.count()) })
		s.metrics.Counter("or3_storage_damaged_total", "Times this node found a file's bytes to be wrong.", counted(&s.files.damaged))
	}
}

func counted(n *atomic.Int64) func() float64 { return func() float64 { return float64(n.Load()) } }
