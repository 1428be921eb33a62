package server

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/policies"
)

const (
	filterAnswerFor  = 5 * time.Second // of an answer that does not say
	filterFailureFor = time.Second     // a plugin that fails is not asked again at once
	filtersKept      = 20_000          // answers in memory
	filterNameFor    = 5 * time.Second // that a workspace's name is good for
)

// filtering is what pluginFilter needs of the Manager.
type filtering interface {
	Watch(told func(running []plugins.Active))
	EnabledIn(ctx context.Context, workspaceID string) ([]plugins.Active, error)
	Filter(ctx context.Context, c plugins.Call, in host.FilterInput) (host.FilterAnswer, error)
}

// pluginFilter asks the plugins of a workspace for their say in decisions. It is
// one listener of policies.DecisionFilter for all of them: it can only narrow, and
// it remembers what it was answered for as long as the answers allow and no right
// and no plugin has changed.
//
// What an owner needs to get rid of a plugin is not asked about: plugins.manage and
// admin.access are an owner's, whatever plugins say.
type pluginFilter struct {
	m    filtering
	now  func() time.Time
	time time.Duration // that a plugin has
	name func(ctx context.Context, workspaceID string) (string, error)

	changes atomic.Uint64 // of rights
	mu      sync.RWMutex
	answers map[filterKey]*filterAnswer
	names   map[string]calledName // of workspaces
}

// calledName is what a workspace was called a moment ago.
type calledName struct {
	name  string
	until time.Time
}

// filterKey is what an answer is about.
type filterKey struct {
	session    string
	kind       policies.SessionKind
	user       string
	workspace  string
	resource   policies.ResourceKind
	permission policies.Permission
}

// filterAnswer is what the plugins said, or are still being asked: until ready is
// closed nothing else may be read.
type filterAnswer struct {
	ready   chan struct{}
	changes uint64
	asked   []plugins.Active // those that were asked, as they were
	until   time.Time
	denied  bool
	note    string
}

func newPluginFilter(m filtering, now func() time.Time, each time.Duration, name func(ctx context.Context, workspaceID string) (string, error)) *pluginFilter {
	return &pluginFilter{m: m, now: now, time: each, name: name, answers: map[filterKey]*filterAnswer{}, names: map[string]calledName{}}
}

// listen makes the plugins heard. It listens only while one that filters runs in
// some workspace: to every decision, being asked costs many times the decision.
func (f *pluginFilter) listen(bus *hook.Bus, d *db.DB) {
	d.OnAccessChange(func([]db.AccessChange) { f.changes.Add(1) })
	var off func()
	f.m.Watch(func(running []plugins.Active) {
		switch some := someFilter(running); {
		case some && off == nil:
			// It waits by itself, no longer than plugins may think: an answer that is
			// remembered needs no goroutine.
			off = policies.DecisionFilter.On(bus, hook.Options{Name: "plugins", Timeout: -1}, f.decide)
		case !some && off != nil:
			off()
			off = nil
		}
	})
}

type filteringKey struct{}

// decide is asked about each decision.
func (f *pluginFilter) decide(ctx context.Context, q policies.Question) (policies.Question, error) {
	d := &q.Decision
	if !d.Allowed || beyondPlugins(d) || ctx.Value(filteringKey{}) != nil {
		q.Silent = true
		return q, nil
	}
	enabled, err := f.m.EnabledIn(ctx, d.WorkspaceID)
	if err != nil {
		return q, err
	}
	if !someFilter(enabled) {
		q.Silent = true
		return q, nil
	}
	a := f.answer(ctx, &q, enabled)
	if a.denied {
		d.Allowed, q.Note = false, a.note
	}
	return q, nil
}

// beyondPlugins are decisions that keep a plugin from being disabled by those
// whose it is to do it.
func beyondPlugins(d *policies.Decision) bool {
	return (d.Role == policies.Owner || d.Reason == policies.DeploymentGrant) && (d.Permission == policies.PluginsManage || d.Permission == policies.AdminAccess)
}

func filters(a *plugins.Active) (onError string, ok bool) {
	if !a.Has("filter.decision") {
		return "", false
	}
	for _, filter := range a.Manifest.Contributes.Filters {
		if filter.Name == policies.DecisionFilter.Name {
			return filter.OnError, true
		}
	}
	return "", false
}

func someFilter(list []plugins.Active) bool {
	for i := range list {
		if _, ok := filters(&list[i]); ok {
			return true
		}
	}
	return false
}

// answer is what is remembered, or else what the plugins say now. Who asks the
// same meanwhile waits for the same answer.
func (f *pluginFilter) answer(ctx context.Context, q *policies.Question, enabled []plugins.Active) *filterAnswer {
	key := filterKey{
		session: q.Session.ID, kind: q.Session.Kind, user: q.Session.UserID,
		workspace: q.Decision.WorkspaceID, resource: q.Resource.Kind, permission: q.Decision.Permission,
	}
	now, changes := f.now(), f.changes.Load()
	f.mu.RLock()
	a := f.answers[key]
	f.mu.RUnlock()
	if f.holds(a, enabled, changes, now) {
		return a
	}
	f.mu.Lock()
	if a = f.answers[key]; f.holds(a, enabled, changes, now) || a.underWay() && a.changes == changes && same(a.asked, enabled) {
		f.mu.Unlock()
		<-a.ready
		return a
	}
	a = &filterAnswer{ready: make(chan struct{}), changes: changes, asked: enabled}
	if len(f.answers) >= filtersKept {
		clear(f.answers)
	}
	f.answers[key] = a
	f.mu.Unlock()
	defer close(a.ready)
	f.ask(ctx, a, q)
	return a
}

func (a *filterAnswer) underWay() bool {
	if a == nil {
		return false
	}
	select {
	case <-a.ready:
		return false
	default:
		return true
	}
}

// holds tells whether an answer is there and may still be given.
func (f *pluginFilter) holds(a *filterAnswer, enabled []plugins.Active, changes uint64, now time.Time) bool {
	return a != nil && !a.underWay() && a.changes == changes && now.Before(a.until) && same(a.asked, enabled)
}

// same tells whether two lists are the same one: the Manager makes another
// whenever something about plugins has changed, settings too.
func same(a, b []plugins.Active) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// ask asks one plugin after the other until one says no.
func (f *pluginFilter) ask(ctx context.Context, a *filterAnswer, q *policies.Question) {
	keep := 60 * time.Second
	for i := range a.asked {
		onError, ok := filters(&a.asked[i])
		if !ok {
			continue
		}
		answer, err := f.askOne(ctx, &a.asked[i], q)
		switch {
		case err != nil:
			keep = min(keep, filterFailureFor)
			if onError == "deny" {
				a.denied, a.note = true, a.asked[i].Manifest.Name+": It failed, and its failure counts as a no."
			}
		default:
			ttl := filterAnswerFor
			if answer.TTL != nil {
				ttl = time.Duration(*answer.TTL) * time.Second
			}
			keep = min(keep, ttl)
			if !answer.Allowed {
				a.denied, a.note = true, a.asked[i].Manifest.Name+": "+answer.Reason
			}
		}
		if a.denied {
			break
		}
	}
	a.until = f.now().Add(keep)
}

// askOne gives a plugin the time a filter has, whatever it does.
func (f *pluginFilter) askOne(ctx context.Context, p *plugins.Active, q *policies.Question) (host.FilterAnswer, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, filteringKey{}, true), f.time)
	defer cancel()
	d := q.Decision
	resource := "workspace:" + d.WorkspaceID
	if q.Resource.Kind == policies.Deployment {
		resource = "deployment"
	}
	// In a filter the plugin acts for itself: whose decision it is has asked it nothing.
	call := plugins.Call{Plugin: p.ID, Actor: host.Actor{ID: plugins.ActorOf(p.ID)}}
	in := host.FilterInput{Decision: host.Decision{Allowed: true, Permission: string(d.Permission), Resource: resource, UserID: d.UserID, Role: string(d.Role)}}
	type said struct {
		answer host.FilterAnswer
		err    error
	}
	answers := make(chan said, 1)
	go func() {
		answer, err := f.call(ctx, call, d.WorkspaceID, in)
		answers <- said{answer, err}
	}()
	select {
	case s := <-answers:
		return s.answer, s.err
	case <-ctx.Done():
		return host.FilterAnswer{}, errors.New("no answer within " + f.time.String())
	}
}

func (f *pluginFilter) call(ctx context.Context, c plugins.Call, workspaceID string, in host.FilterInput) (answer host.FilterAnswer, err error) {
	c.Workspace.ID = workspaceID
	if c.Workspace.Name, err = f.nameOf(ctx, workspaceID); err != nil {
		return answer, err
	}
	answer, err = f.m.Filter(ctx, c, in)
	if err == nil && answer.Error != nil {
		err = answer.Error
	}
	return answer, err
}

// nameOf is what a workspace is called. It is asked only where a plugin is, and
// remembered for a moment: an answer that is kept for no time has a plugin asked
// about every decision.
func (f *pluginFilter) nameOf(ctx context.Context, workspaceID string) (string, error) {
	now := f.now()
	f.mu.RLock()
	known, ok := f.names[workspaceID]
	f.mu.RUnlock()
	if ok && now.Before(known.until) {
		return known.name, nil
	}
	name, err := f.name(ctx, workspaceID)
	if err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.names) >= filtersKept {
		clear(f.names)
	}
	f.names[workspaceID] = calledName{name, now.Add(filterNameFor)}
	return name, nil
}
