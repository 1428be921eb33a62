package server

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/job"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/services"
)

const (
	pluginJobsEvery = 10 * time.Second // how exact schedules are
	pluginJobsAside = 4                // jobs that run at once
	pluginJobsEach  = 2                // of them, those of one plugin
	pluginTidyEvery = time.Hour
)

// scheduled is what pluginJobs needs of the Manager.
type scheduled interface {
	List(ctx context.Context) ([]plugins.Plugin, error)
	Workspaces(ctx context.Context, id string) ([]string, error)
	EnabledIn(ctx context.Context, workspaceID string) ([]plugins.Active, error)
	Job(ctx context.Context, c plugins.Call, in host.JobInput) error
}

// pluginJobs runs what plugins have scheduled: on the one node that holds the
// lease, the first time soon after a plugin was enabled, and then as often as its
// manifest says. When a job began is written down before it begins, so that
// neither a restart nor another node runs it again too soon.
type pluginJobs struct {
	m    scheduled
	db   *db.DB
	now  func() time.Time
	log  *slog.Logger
	name func(ctx context.Context, workspaceID string) (string, error) // of a live workspace
	look time.Duration                                                 // how often it is looked what is due while jobs run
}

// due is a job of a plugin in a workspace whose time has come.
type due struct {
	db.PluginRun
	workspace string // its name
}

// key is the job without when it ran.
func (d *due) key() db.PluginRun {
	return db.PluginRun{PluginID: d.PluginID, WorkspaceID: d.WorkspaceID, JobID: d.JobID}
}

// startPluginJobs has schedules run from now on.
func (s *Server) startPluginJobs(m scheduled) {
	p := &pluginJobs{m: m, db: s.db, now: s.now, log: s.log, look: pluginJobsEvery, name: s.workspaceName}
	runner := job.New(job.Options{DB: s.db, Log: s.log})
	s.onRelease(runner.Close)
	runner.Start(job.Job{Name: "plugin-tidy", First: pluginTidyEvery, Every: pluginTidyEvery, Run: func(ctx context.Context, _ job.Lease) error {
		return services.NewData(s.db).Tidy(ctx, s.now())
	}})
	// The lease is taken again and again, which a server without schedules need not do.
	enabled := make(chan struct{}, 1)
	plugins.HookEnabled.On(s.bus, hook.Options{Name: "jobs"}, func(context.Context, plugins.PlacedEvent) {
		select {
		case enabled <- struct{}{}:
		default:
		}
	})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		beat := time.NewTicker(pluginJobsEvery)
		defer beat.Stop()
		for {
			if some, err := p.all(s.life); err == nil && len(some) > 0 {
				runner.Start(job.Job{Name: "plugin-jobs", Every: pluginJobsEvery, Run: p.run})
				return
			}
			select {
			case <-s.life.Done():
				return
			case <-beat.C:
			case <-enabled:
			}
		}
	})
	s.onRelease(func() error { waiting.Wait(); return nil })
}

// all are the jobs of all plugins in all workspaces, with how often they run.
func (p *pluginJobs) all(ctx context.Context) (map[db.PluginRun]time.Duration, error) {
	list, err := p.m.List(ctx)
	if err != nil {
		return nil, err
	}
	all := map[db.PluginRun]time.Duration{}
	for i := range list {
		if list[i].State != plugins.StateActive || list[i].Active == nil || list[i].Active.Manifest == nil || len(list[i].Active.Manifest.Contributes.Schedules) == 0 {
			continue
		}
		ids, err := p.m.Workspaces(ctx, list[i].ID)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			enabled, err := p.m.EnabledIn(ctx, id)
			if err != nil {
				return nil, err
			}
			for j := range enabled {
				if a := &enabled[j]; a.ID == list[i].ID {
					p.add(all, a, id)
				}
			}
		}
	}
	return all, nil
}

// add adds the jobs of a plugin in a workspace, as often as was granted.
func (p *pluginJobs) add(all map[db.PluginRun]time.Duration, a *plugins.Active, workspaceID string) {
	if !a.Has("schedule") {
		return
	}
	bounds, _ := a.Manifest.Capability("schedule")
	for _, s := range a.Manifest.Contributes.Schedules {
		every := time.Duration(max(s.EveryS, bounds.MinIntervalS, 60)) * time.Second
		all[db.PluginRun{PluginID: a.ID, WorkspaceID: workspaceID, JobID: s.ID}] = every
	}
}

// run runs what is due, and returns when nothing is and all of it has ended. What
// becomes due meanwhile is not kept waiting by jobs that take long, nor by those
// of a plugin that has many: see jobTurns.
func (p *pluginJobs) run(ctx context.Context, lease job.Lease) error {
	t := newJobTurns()
	var group sync.WaitGroup
	defer group.Wait()
	again := time.NewTicker(p.look)
	defer again.Stop()
	list, err := p.due(ctx)
	for {
		if err != nil {
			return err
		}
		for d := t.next(list); d != nil; d = t.next(list) {
			t.begin(d)
			group.Go(func() {
				defer t.end(d)
				p.one(ctx, lease, *d)
			})
		}
		if t.idle() {
			return nil
		}
		select {
		case <-t.ended:
		case <-again.C:
			// That one of these has begun may not be written down yet.
			underWay := t.underWay()
			if list, err = p.due(ctx); err == nil {
				list = slices.DeleteFunc(list, func(d due) bool { return underWay[d.key()] })
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// due are the jobs whose time has come.
func (p *pluginJobs) due(ctx context.Context) ([]due, error) {
	all, err := p.all(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	ran, err := db.PluginRuns(ctx, p.db.Read())
	if err != nil {
		return nil, err
	}
	last := make(map[db.PluginRun]int64, len(ran))
	for _, r := range ran {
		last[(&due{PluginRun: r}).key()] = r.StartedAt
	}
	now := p.now().UnixMilli()
	var list []due
	for key, every := range all {
		began, known := last[key]
		// A clock that was set back must not stop a job for years.
		if known && began <= now && now < began+every.Milliseconds() {
			continue
		}
		name, err := p.name(ctx, key.WorkspaceID)
		if fault.Is(err, fault.NotFound) {
			continue // deleted
		}
		if err != nil {
			return nil, err
		}
		key.StartedAt = now
		list = append(list, due{key, name})
	}
	slices.SortFunc(list, func(a, b due) int { // who waits longest is first
		if c := cmp.Compare(last[a.key()], last[b.key()]); c != 0 {
			return c
		}
		return cmp.Or(strings.Compare(a.PluginID, b.PluginID), strings.Compare(a.WorkspaceID, b.WorkspaceID), strings.Compare(a.JobID, b.JobID))
	})
	return list, nil
}

// one runs one job. Who no longer holds the lease runs nothing.
func (p *pluginJobs) one(ctx context.Context, lease job.Lease, d due) {
	// As requests have: the job is called with it, and the log's lines of it bear it.
	ctx = telemetry.WithRequestID(ctx, telemetry.NewRequestID())
	err := p.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		return db.PutPluginRun(ctx, tx, d.PluginRun)
	})
	if err != nil {
		if ctx.Err() == nil {
			p.log.WarnContext(ctx, "a plugin's job was not begun", "plugin", d.PluginID, "workspace_id", d.WorkspaceID, "job", d.JobID, "error", err)
		}
		return
	}
	failed := p.m.Job(ctx, plugins.Call{
		Plugin: d.PluginID, Workspace: host.Workspace{ID: d.WorkspaceID, Name: d.workspace}, Actor: host.Actor{ID: plugins.ActorOf(d.PluginID)},
	}, host.JobInput{ID: d.JobID})
	d.EndedAt = p.now().UnixMilli()
	if failed != nil {
		d.Error = storable(failed.Error(), 500)
		p.log.InfoContext(ctx, "a plugin's job failed", "plugin", d.PluginID, "workspace_id", d.WorkspaceID, "job", d.JobID, "error", failed)
	}
	err = p.db.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx bun.Tx) error { return db.PutPluginRun(ctx, tx, d.PluginRun) })
	if err != nil {
		p.log.WarnContext(ctx, "how a plugin's job ended is not written down", "plugin", d.PluginID, "workspace_id", d.WorkspaceID, "job", d.JobID, "error", err)
	}
}

// storable makes a guest's words fit for both databases.
func storable(words string, limit int) string {
	if len(words) > limit {
		words = words[:limit]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(words, "?"), "\x00", "")
}
