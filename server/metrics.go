package server

import (
	"database/sql"

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
	s.metrics.Counter("or3_auth_filter_grant_attempts_total", "Times a decision filter tried to widen a decision.",
		func() float64 { return float64(s.gate.GrantAttempts()) })
}
