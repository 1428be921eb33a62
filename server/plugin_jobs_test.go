package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/job"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
)

// calendar is a Manager with plugins that have schedules.
type calendar struct {
	mu   sync.Mutex
	list []plugins.Plugin
	in   map[string][]string // workspaces of a plugin
	ran  []string
	ids  []string // that the calls were made with
	fail error
	// slow jobs of a plugin tell that they began and wait.
	slow  string
	began chan string
	goOn  chan struct{}
}

func (c *calendar) List(context.Context) ([]plugins.Plugin, error) { return c.list, nil }
func (c *calendar) Workspaces(_ context.Context, id string) ([]string, error) {
	return c.in[id], nil
}

func (c *calendar) EnabledIn(_ context.Context, workspaceID string) ([]plugins.Active, error) {
	var list []plugins.Active
	for _, p := range c.list {
		if slices.Contains(c.in[p.ID], workspaceID) {
			list = append(list, plugins.Active{ID: p.ID, Manifest: p.Active.Manifest, Granted: p.Active.Granted})
		}
	}
	return list, nil
}

func (c *calendar) Job(ctx context.Context, call plugins.Call, in host.JobInput) error {
	if c.began != nil {
		c.began <- call.Plugin + " " + call.Workspace.ID
	}
	if call.Plugin == c.slow {
		select {
		case <-c.goOn:
		case <-ctx.Done():
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids = append(c.ids, telemetry.RequestID(ctx))
	c.ran = append(c.ran, call.Plugin+" "+call.Workspace.ID+" "+in.ID+" as "+call.Actor.ID)
	return c.fail
}

func withSchedule(id string, minInterval, every int, granted ...string) plugins.Plugin {
	return plugins.Plugin{ID: id, State: plugins.StateActive, Active: &plugins.Version{Granted: granted, Manifest: &manifest.Manifest{
		ID: id, Capabilities: []manifest.Capability{{Name: "schedule", MinIntervalS: minInterval}},
		Contributes: manifest.Contributes{Schedules: []manifest.Schedule{{ID: "daily", EveryS: every}}},
	}}}
}

// leaseOf takes the lease of a job, as a node does that runs it.
func leaseOf(t *testing.T, d *db.DB) job.Lease {
	t.Helper()
	r := job.New(job.Options{DB: d})
	t.Cleanup(func() { _ = r.Close() })
	leases := make(chan job.Lease, 1)
	r.Start(job.Job{Name: "plugin-jobs", Every: time.Hour, Run: func(ctx context.Context, l job.Lease) error {
		leases <- l
		<-ctx.Done()
		return nil
	}})
	return <-leases
}

func TestJobsRunAsOftenAsWasGranted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			for _, id := range []string{"w1", "w2", "gone"} {
				if err := db.InsertWorkspace(ctx, tx, &db.Workspace{ID: id, Name: id, CreatedBy: "x", CreatedAt: 1}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Unix(1764288000, 0)
		c := &calendar{
			list: []plugins.Plugin{withSchedule("a", 60, 90, "schedule"), withSchedule("b", 120, 60, "schedule"), withSchedule("c", 60, 60)},
			in:   map[string][]string{"a": {"w1", "w2"}, "b": {"w1", "gone"}, "c": {"w1"}},
		}
		start := func() *pluginJobs { // a node
			return &pluginJobs{m: c, db: d, now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler), look: time.Hour, name: func(_ context.Context, id string) (string, error) {
				if id == "gone" {
					return "", fault.New(fault.NotFound, "gone")
				}
				return id, nil
			}}
		}
		lease := leaseOf(t, d)
		ran := func(p *pluginJobs, after time.Duration, want ...string) {
			t.Helper()
			now = now.Add(after)
			c.ran = nil
			if err := p.run(t.Context(), lease); err != nil {
				t.Fatal(err)
			}
			slices.Sort(c.ran)
			if !slices.Equal(c.ran, want) {
				t.Errorf("ran %q, want %q", c.ran, want)
			}
		}
		const a1, a2, b1 = "a w1 daily as plugin:a", "a w2 daily as plugin:a", "b w1 daily as plugin:b"
		p := start()
		ran(p, 0, a1, a2, b1)
		ran(p, 89*time.Second)
		p = start() // after a restart, or on another node
		ran(p, 0)
		c.fail = errors.New("it failed\x00 \xff")
		ran(p, time.Second, a1, a2)
		ran(p, 29*time.Second)
		ran(p, time.Second, b1)
		runs, err := db.PluginRuns(t.Context(), d.Read())
		if err != nil || len(runs) != 3 {
			t.Fatalf("%+v, %v", runs, err)
		}
		for _, r := range runs {
			if r.EndedAt == 0 || r.Error != "it failed ?" {
				t.Errorf("written down: %+v", r)
			}
		}
		// A node that has lost the lease begins nothing.
		now = now.Add(time.Hour)
		c.ran = nil
		if err := start().run(t.Context(), job.Lease{}); err != nil || len(c.ran) != 0 {
			t.Errorf("without the lease: %v, %v", c.ran, err)
		}
	})
}

// A failing job is found in the log by the id that the plugin was given.
func TestAJobAndTheLinesAboutItHaveOneID(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		return db.InsertWorkspace(ctx, tx, &db.Workspace{ID: "w", Name: "w", CreatedBy: "x", CreatedAt: 1})
	})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	now := time.Unix(1764288000, 0)
	c := &calendar{list: []plugins.Plugin{withSchedule("a", 60, 60, "schedule")}, in: map[string][]string{"a": {"w"}}, fail: errors.New("no tide")}
	p := &pluginJobs{m: c, db: d, now: func() time.Time { return now }, log: telemetry.NewLog(&log, telemetry.LogOptions{}), look: time.Hour,
		name: func(context.Context, string) (string, error) { return "Harbour", nil }}
	lease := leaseOf(t, d)
	for range 2 {
		if err := p.run(t.Context(), lease); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	if len(c.ids) != 2 || c.ids[0] == "" || c.ids[0] == c.ids[1] {
		t.Fatalf("the calls have the ids %q", c.ids)
	}
	for _, id := range c.ids {
		if strings.Count(log.String(), `"request_id":"`+id+`"`) != 1 {
			t.Errorf("the log does not say once that %s failed: %s", id, log.String())
		}
	}
}

// One plugin's jobs take all the time they may, in many workspaces: others run
// beside them, also those that become due only then.
func TestSlowJobsOfOnePluginKeepNobodyWaiting(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	in := map[string][]string{}
	err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		for i := range 20 {
			id := fmt.Sprintf("w%02d", i)
			in["slow"] = append(in["slow"], id)
			if err := db.InsertWorkspace(ctx, tx, &db.Workspace{ID: id, Name: id, CreatedBy: "x", CreatedAt: 1}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	in["quick"] = in["slow"][:3]
	var clock atomic.Int64
	clock.Store(time.Unix(1764288000, 0).UnixMilli())
	c := &calendar{list: []plugins.Plugin{withSchedule("slow", 3600, 3600, "schedule"), withSchedule("quick", 60, 60, "schedule")}, in: in,
		slow: "slow", began: make(chan string), goOn: make(chan struct{})}
	p := &pluginJobs{m: c, db: d, now: func() time.Time { return time.UnixMilli(clock.Load()) }, log: slog.New(slog.DiscardHandler), look: 10 * time.Millisecond,
		name: func(_ context.Context, id string) (string, error) { return id, nil }}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	over := make(chan error, 1)
	lease := leaseOf(t, d)
	go func() { over <- p.run(ctx, lease) }()
	begin := func(n int) (slow, quick int) {
		for range n {
			select {
			case id := <-c.began:
				if strings.HasPrefix(id, "slow") {
					slow++
				} else {
					quick++
				}
			case err := <-over:
				t.Fatalf("it ended: %v", err)
			case <-time.After(time.Minute):
				t.Fatal("nothing begins")
			}
		}
		return slow, quick
	}
	// None of the slow ones ends, and the quick ones run all the same, and again.
	if slow, quick := begin(5); slow != pluginJobsEach || quick != 3 {
		t.Errorf("at first %d slow and %d quick", slow, quick)
	}
	clock.Add(61_000)
	if slow, quick := begin(3); slow != 0 || quick != 3 {
		t.Errorf("a minute later %d slow and %d quick", slow, quick)
	}
	c.goOn <- struct{}{}
	if slow, quick := begin(1); slow != 1 || quick != 0 {
		t.Errorf("when one ended %d slow and %d quick", slow, quick)
	}
	stop()
	if err := <-over; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

var _ scheduled = (*plugins.Manager)(nil)
