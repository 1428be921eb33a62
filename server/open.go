package server

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/ui"
)

// Options are what a Server is made from.
type Options struct {
	Config  config.Config
	Model   string // the text of casbin_model.conf
	Version string
	Log     *slog.Logger     // nil is silence
	Now     func() time.Time // nil means time.Now
	UIDir   string           // the ui folder of a working copy, to see edits at once
}

// Open puts the program together: the one place that names concrete parts. It
// opens and migrates the database and leaves nothing open when it fails.
func Open(ctx context.Context, o Options) (_ *Server, err error) {
	s := &Server{config: o.Config, version: o.Version, log: o.Log, now: o.Now}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			s.end()
			err = errors.Join(err, s.release())
		}
	}()
	if err := s.openData(ctx, o); err != nil {
		return nil, err
	}
	if err := s.openWeb(o); err != nil {
		return nil, err
	}
	return s, nil
}

// openData opens everything below HTTP.
func (s *Server) openData(ctx context.Context, o Options) (err error) {
	if s.db, err = db.Open(ctx, db.Options{URL: s.config.Database.URL, Log: s.log}); err != nil {
		return err
	}
	s.onRelease(s.db.Close)
	if err = s.db.Migrate(ctx); err != nil {
		return err
	}
	s.bus = hook.New(s.log)
	s.audit = audit.New(audit.Options{DB: s.db, Now: s.now})
	return nil
}

// openWeb opens what answers requests.
func (s *Server) openWeb(o Options) (err error) {
	s.metrics = telemetry.NewMetrics(s.version)
	s.limits = newLimiter(s.config.Limits.Enabled)
	s.validate = newValidation()
	s.publicTLS = strings.HasPrefix(s.config.Server.PublicURL, "https://")
	if s.crossOrigin, err = newCrossOrigin(s.config.Server.PublicURL); err != nil {
		return err
	}
	if s.assets, err = ui.EmbeddedAssets(); err != nil {
		return err
	}
	if s.pages, err = ui.NewRenderer(ui.Options{Assets: s.assets, AdminBase: s.config.Admin.BasePath, Dir: o.UIDir}); err != nil {
		return err
	}
	s.rows = s.table(s.routes())
	s.newApp()
	return nil
}

// onRelease adds something that has to be closed; the last is closed first.
func (s *Server) onRelease(shut func() error) { s.closers = append(s.closers, shut) }

// release closes everything Open opened.
func (s *Server) release() error {
	var errs []error
	for _, shut := range slices.Backward(s.closers) {
		errs = append(errs, shut())
	}
	s.closers = nil
	return errors.Join(errs...)
}
