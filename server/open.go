package server

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
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
	// Passwords hashes more cheaply in tests; nil is the real cost.
	Passwords *account.Passwords
	// PluginTime is how long plugins may take over what people wait for, and to
	// start; 0 is the runtime's own. Machines of tests are busy.
	PluginTime time.Duration

	more       func(*Server) []row // routes that exist in tests only
	sweepEvery time.Duration       // 0 means sweepEvery; tests sweep more often
	checkEvery time.Duration       // 0 means streamCheckEvery; tests rely on changes alone
	filterTime time.Duration       // 0 means policies.FilterTimeout; machines of tests are busy
}

// Open puts the program together: the one place that names concrete parts. It
// opens and migrates the database and leaves nothing open when it fails.
func Open(ctx context.Context, o Options) (_ *Server, err error) {
	s := &Server{config: o.Config, version: o.Version, log: o.Log, now: o.Now, instance: telemetry.NewRequestID(), stopping: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.started = s.now().UTC()
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

// openData opens everything below HTTP, in the order in which it leans on each other.
func (s *Server) openData(ctx context.Context, o Options) (err error) {
	if s.db, err = db.Open(ctx, db.Options{URL: s.config.Database.URL, Log: s.log}); err != nil {
		return err
	}
	s.onRelease(s.db.Close)
	if err = s.db.Migrate(ctx); err != nil {
		return err
	}
	if err = s.joinNodes(ctx); err != nil {
		return err
	}
	s.bus = hook.New(s.log)
	s.audit = audit.New(audit.Options{DB: s.db, Now: s.now})
	if s.engine, err = engine.New(engine.Options{DB: s.db, Bus: s.bus, Now: s.now, Log: s.log, MayRead: s.mayRead}); err != nil {
		return err
	}
	s.onRelease(s.engine.Close)
	s.workspaces = workspace.New(workspace.Options{DB: s.db, Bus: s.bus, Audit: s.audit, Now: s.now, Log: s.log, SetKV: s.engine.SetKV, GuestsByDefault: s.config.Auth.GuestAccess})
	if s.gate, err = policies.New(policies.Options{Model: o.Model, Directory: s.workspaces, Bus: s.bus, Log: s.log}); err != nil {
		return err
	}
	s.db.OnAccessChange(func([]db.AccessChange) { s.gate.Invalidate() })
	workspace.MemberAdded.On(s.bus, hook.Options{Name: "notices"}, s.noticeAdded)
	if err = s.openFiles(ctx); err != nil {
		return err
	}
	filterTime := o.filterTime
	if filterTime == 0 {
		filterTime = policies.FilterTimeout
	}
	if err = s.openPlugins(ctx, o.PluginTime, filterTime); err != nil {
		return err
	}
	s.drivePlugins(s.plugins, filterTime)
	return s.openAccounts(o)
}

// openAccounts chooses the identity provider by its name.
func (s *Server) openAccounts(o Options) error {
	passwords := o.Passwords
	if passwords == nil {
		passwords = account.NewPasswords(account.DefaultCost)
	}
	providers := account.Providers(s.db, passwords)
	provider, err := providers.Get(s.config.Auth.Provider)
	if err != nil {
		return err
	}
	s.accounts = account.New(account.Options{
		DB: s.db, Bus: s.bus, Audit: s.audit, Now: s.now, Log: s.log,
		Registration: s.config.Auth.Registration, Provider: provider, Passwords: passwords,
		SessionIdle: s.config.Auth.SessionIdle, SessionMax: s.config.Auth.SessionMax,
		Joined: s.tellJoined,
	})
	s.onRelease(func() error { s.accounts.Close(); return nil })
	return nil
}

// tellJoined fires the hook of a new member for those who came by invite: the
// hook is internal/workspace's, the invite was redeemed by internal/account.
func (s *Server) tellJoined(ctx context.Context, m account.Membership) {
	after := workspace.Member{
		WorkspaceID: m.WorkspaceID, UserID: m.UserID, Email: m.Email, DisplayName: m.DisplayName,
		Role: policies.Role(m.Role), CreatedAt: m.At,
	}
	event := workspace.MemberEvent{WorkspaceID: m.WorkspaceID, UserID: m.UserID, Actor: m.Actor, After: &after, At: m.At}
	if m.FormerRole == "" {
		workspace.MemberAdded.Fire(ctx, s.bus, event)
		return
	}
	if m.FormerRole != m.Role {
		before := after
		before.Role = policies.Role(m.FormerRole)
		event.Before = &before
		workspace.RoleChanged.Fire(ctx, s.bus, event)
	}
}

// openWeb opens what answers requests.
func (s *Server) openWeb(o Options) (err error) {
	s.onRelease(s.stopChain)
	s.metrics = telemetry.NewMetrics(s.version)
	s.limits = newLimiter(s.config.Limits.Enabled)
	s.crowd = s.newCrowd()
	s.openStreams(o.checkEvery)
	s.validate = newValidation()
	s.pagePolicy = pagePolicyFor(s.config.Storage.BrowserSource())
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
	rows := s.routes()
	if o.more != nil {
		rows = append(rows, o.more(s)...)
	}
	s.rows = s.table(rows)
	s.openAPI = sync.OnceValues(func() ([]byte, error) { return openAPI(s.rows, s.version) })
	s.newApp()
	s.watch()
	s.startSweeping(o.sweepEvery)
	s.keepFiles()
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
