package server

import (
	"context"
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/job"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/runtime"
	"or3.cloud/or3/plugins/services"
	"or3.cloud/or3/sync/engine"
)

// purgeEvery is how often it is looked whether what uninstalled plugins stored is
// due to go, and what upgrades left that were not done with.
const purgeEvery = time.Hour

// openPlugins opens what installs and runs plugins. Packages are in the database;
// the data directory has compiled modules and unpacked files, which can be made
// again.
func (s *Server) openPlugins(ctx context.Context, each, filterTime time.Duration) (err error) {
	s.bus.Declare(plugins.Hooks()...)
	if s.plugins, err = plugins.Open(ctx, s.pluginOptions(each, filterTime)); err != nil {
		return err
	}
	s.onRelease(s.plugins.Close)
	plugins.HookQuarantined.On(s.bus, hook.Options{Name: "notices"}, s.noticeQuarantined)
	jobs := job.New(job.Options{DB: s.db, Log: s.log})
	jobs.Start(job.Job{Name: "plugin-purge", First: purgeEvery, Every: purgeEvery, Run: func(ctx context.Context, _ job.Lease) error {
		return errors.Join(s.plugins.SweepTrials(ctx), s.plugins.PurgeDue(ctx))
	}})
	s.onRelease(jobs.Close)
	return nil
}

// pluginOptions connects plugins with the rest of the program. Pages and widgets
// have each, filters filterTime; 0 is what the runtime gives them.
func (s *Server) pluginOptions(each, filterTime time.Duration) plugins.Options {
	o := plugins.Options{
		DB: s.db, Bus: s.bus, Audit: s.audit, Now: s.now, Log: s.log, SetKV: s.engine.SetKV, DeleteKV: s.engine.DeleteKV,
		Services: s.pluginServices(), Begin: services.Begin, Data: services.NewData(s.db),
		SecretKey: s.config.Server.SecretKey, Version: s.version,
		RequireSignature: s.config.Plugins.RequireSignature, SafeMode: s.config.Plugins.SafeMode,
		Package: PackageLimits(s.config.Plugins),
		Runtime: runtime.Options{Budgets: runtime.Budgets{Page: each, Widget: each, Filter: filterTime}, Create: each},
	}
	for _, key := range s.config.Plugins.TrustedKeys {
		o.Trusted = append(o.Trusted, ed25519.PublicKey(key))
	}
	if s.config.DataDir != "" {
		o.Dir = filepath.Join(s.config.DataDir, "plugins", "packages")
		o.Runtime.CacheDir = filepath.Join(s.config.DataDir, "plugins", "compiled")
	}
	return o
}

// noticeQuarantined tells the owners of a workspace that a plugin is stopped there.
func (s *Server) noticeQuarantined(ctx context.Context, e plugins.PlacedEvent) {
	if e.After == nil {
		return
	}
	members, err := db.MembersOf(ctx, s.db.Read(), e.WorkspaceID, s.now().UnixMilli())
	if err != nil {
		s.log.WarnContext(ctx, "owners cannot be told that a plugin is quarantined", "plugin", e.PluginID, "workspace", e.WorkspaceID, "error", err)
		return
	}
	body := "Look at its log, then let it run again or disable it."
	if p, err := s.plugins.Get(ctx, e.PluginID); err == nil && stillDecides(&p) {
		body += " It still has its say in what people may do here."
	}
	for _, m := range members {
		if m.Role == "owner" && m.DisabledAt == nil {
			s.engine.TellSoon(e.WorkspaceID, m.UserID, engine.Notice{Type: "plugin.quarantined", Title: e.After.Name + " is stopped here: it failed too often.",
				Body: body, Link: s.config.Admin.BasePath + "/plugins/" + e.PluginID})
		}
	}
}

// stillDecides reports whether a plugin that is quarantined is asked about
// decisions all the same: what stops its pages leaves its filter alone.
func stillDecides(p *plugins.Plugin) bool {
	if p.Active == nil || p.State != plugins.StateActive {
		return false
	}
	_, ok := filters(&plugins.Active{Manifest: p.Active.Manifest, Granted: p.Active.Granted})
	return ok
}
