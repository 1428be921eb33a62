package server

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
)

// village is a directory with one person of each role in the workspace w.
type village struct{}

func (village) Standing(_ context.Context, userID, workspaceID string) (policies.Standing, error) {
	role := policies.Role(userID)
	if workspaceID != "w" || !role.Valid() {
		return policies.Standing{}, nil
	}
	return policies.Standing{Role: role}, nil
}

func (village) HomeWorkspace(context.Context) (string, error) { return "w", nil }

// sayer is a Manager whose plugins say what a test wants.
type sayer struct {
	mu    sync.Mutex
	list  []plugins.Active
	other []plugins.Active // that run in other workspaces
	told  func([]plugins.Active)
	say   func(ctx context.Context, c plugins.Call, d host.Decision) (host.FilterAnswer, error)
	asked int
	calls []plugins.Call
}

func (s *sayer) Watch(told func([]plugins.Active)) {
	s.told = told
	told(append(s.other, s.list...))
}

func (s *sayer) EnabledIn(_ context.Context, workspaceID string) ([]plugins.Active, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if workspaceID != "w" {
		return nil, nil
	}
	return s.list, nil
}

func (s *sayer) Filter(ctx context.Context, c plugins.Call, in host.FilterInput) (host.FilterAnswer, error) {
	s.mu.Lock()
	s.asked++
	s.calls = append(s.calls, c)
	say := s.say
	s.mu.Unlock()
	return say(ctx, c, in.Decision)
}

func (s *sayer) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func filterPlugin(id, onError string, granted ...string) plugins.Active {
	return plugins.Active{ID: id, Granted: granted, Manifest: &manifest.Manifest{ID: id, Name: "Hours", Contributes: manifest.Contributes{
		Filters: []manifest.Filter{{Name: policies.DecisionFilter.Name, OnError: onError}},
	}}}
}

type filterWorld struct {
	*sayer
	gate *policies.Gate
	bus  *hook.Bus
	f    *pluginFilter
	now  time.Time

	named    atomic.Int64 // how often a workspace's name was asked for
	nameless atomic.Bool
}

func newFilterWorld(t testing.TB, list ...plugins.Active) *filterWorld {
	t.Helper()
	model, err := os.ReadFile("../casbin_model.conf")
	if err != nil {
		t.Fatal(err)
	}
	bus := hook.New(slog.New(slog.DiscardHandler))
	w := &filterWorld{sayer: &sayer{list: list}, bus: bus, now: time.Unix(1764288000, 0)}
	w.say = func(context.Context, plugins.Call, host.Decision) (host.FilterAnswer, error) {
		return host.FilterAnswer{Allowed: true}, nil
	}
	if w.gate, err = policies.New(policies.Options{Model: string(model), Directory: village{}, Bus: bus, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	w.f = newPluginFilter(w.sayer, func() time.Time { return w.now }, time.Minute, w.nameOf) // who is late here is the machine
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	w.f.listen(bus, d)
	return w
}

func (w *filterWorld) nameOf(_ context.Context, workspaceID string) (string, error) {
	w.named.Add(1)
	if w.nameless.Load() {
		return "", errors.New("the database is away")
	}
	return "Village " + workspaceID, nil
}

func (w *filterWorld) can(who string, p policies.Permission) policies.Decision {
	return w.gate.Can(context.Background(), &policies.Session{ID: "s-" + who, UserID: who, Kind: policies.BrowserSession}, p, policies.Workspace("w"))
}

func deny(reason string, ttl int) func(context.Context, plugins.Call, host.Decision) (host.FilterAnswer, error) {
	return func(context.Context, plugins.Call, host.Decision) (host.FilterAnswer, error) {
		return host.FilterAnswer{Reason: reason, TTL: &ttl}, nil
	}
}

// A decision costs nothing more where no plugin anywhere has a say.
func TestDecisionsAreHeardOnlyWhileSomePluginFilters(t *testing.T) {
	w := newFilterWorld(t)
	heard := func(want bool, when string) {
		t.Helper()
		if policies.DecisionFilter.Heard(w.bus) != want {
			t.Errorf("%s: decisions are heard: %t", when, !want)
		}
	}
	heard(false, "without a plugin")
	w.told([]plugins.Active{filterPlugin("hours", "deny")})
	heard(false, "without the capability")
	for range 2 {
		w.list = []plugins.Active{filterPlugin("hours", "deny", "filter.decision")}
		w.told(w.list)
		heard(true, "while one filters")
		w.told(append(w.list, filterPlugin("more", "deny", "filter.decision")))
		w.say = deny("Closed.", 0)
		if d := w.gate.Explain(t.Context(), &policies.Session{ID: "s", UserID: "viewer", Kind: policies.BrowserSession}, policies.WorkspaceRead, policies.Workspace("w")); d.Allowed || len(d.Filters) != 1 {
			t.Errorf("decided is %+v", d)
		}
		w.list = nil
		w.told(nil)
		heard(false, "when it is gone")
	}
}

func TestAPluginNarrowsAndNeverWidens(t *testing.T) {
	w := newFilterWorld(t, filterPlugin("hours", "base", "filter.decision"))
	w.say = deny("Closed until 8.", 0)
	d := w.can("editor", policies.WorkspaceWrite)
	if d.Allowed || d.Reason != policies.Filtered || len(d.Filters) != 1 || d.Filters[0].Reason != "Hours: Closed until 8." {
		t.Errorf("narrowed: %+v", d)
	}
	w.say = func(context.Context, plugins.Call, host.Decision) (host.FilterAnswer, error) {
		return host.FilterAnswer{Allowed: true}, nil
	}
	if d := w.can("viewer", policies.WorkspaceWrite); d.Allowed || d.Reason != policies.Forbidden {
		t.Errorf("widened: %+v", d)
	}
	if d := w.can("stranger", policies.WorkspaceRead); d.Allowed {
		t.Errorf("a stranger: %+v", d)
	}
	for _, c := range w.calls {
		if c.Actor.ID != "plugin:hours" || c.Session != nil || c.Workspace != (host.Workspace{ID: "w", Name: "Village w"}) {
			t.Errorf("it was called as %+v", c)
		}
	}
}

func TestAPluginIsAskedOnlyWhereItMayAnswer(t *testing.T) {
	declaresNothing := plugins.Active{ID: "b", Granted: []string{"filter.decision"}, Manifest: &manifest.Manifest{ID: "b"}}
	w := newFilterWorld(t, filterPlugin("a", "deny"), declaresNothing)
	w.say = deny("no", 0)
	if d := w.can("viewer", policies.WorkspaceRead); !d.Allowed || w.times() != 0 {
		t.Errorf("%+v after %d questions", d, w.times())
	}
}

// However a plugin answers, those whose it is can disable it.
func TestNoPluginKeepsAnOwnerFromDisablingIt(t *testing.T) {
	w := newFilterWorld(t, filterPlugin("hours", "deny", "filter.decision"))
	w.say = func(context.Context, plugins.Call, host.Decision) (host.FilterAnswer, error) {
		return host.FilterAnswer{}, errors.New("it traps")
	}
	for _, p := range policies.Permissions() {
		keeps := p == policies.PluginsManage || p == policies.AdminAccess
		if d := w.can("owner", p); d.Allowed != keeps {
			t.Errorf("%s of an owner: %+v", p, d)
		}
	}
	admin := &policies.Session{ID: "s", UserID: "somebody", DeploymentAdmin: true}
	if d := w.gate.Can(t.Context(), admin, policies.AdminAccess, policies.TheDeployment()); !d.Allowed {
		t.Errorf("a deployment admin: %+v", d)
	}
}

func TestAnAnswerIsKeptForItsTime(t *testing.T) {
	w := newFilterWorld(t, filterPlugin("hours", "base", "filter.decision"))
	ask := func(want int, why string) {
		t.Helper()
		w.can("viewer", policies.WorkspaceRead)
		if got := w.times(); got != want {
			t.Errorf("%s: asked %d times, want %d", why, got, want)
		}
	}
	ask(1, "first")
	ask(1, "again")
	w.now = w.now.Add(4999 * time.Millisecond)
	ask(1, "within the five seconds of an answer that says nothing")
	w.now = w.now.Add(time.Millisecond)
	ask(2, "after them")
	w.say = deny("", 60)
	w.f.changes.Add(1)
	ask(3, "after a change of rights")
	w.now = w.now.Add(59 * time.Second)
	ask(3, "within a minute")
	if d := w.can("viewer", policies.WorkspaceRead); d.Allowed {
		t.Error("the answer that is kept allows")
	}
	w.mu.Lock()
	w.list = append([]plugins.Active(nil), w.list...)
	w.mu.Unlock()
	ask(4, "after a change of plugins")
	w.can("editor", policies.WorkspaceRead)
	w.can("viewer", policies.WorkspaceWrite) // denied anyway
	w.gate.Can(t.Context(), &policies.Session{ID: "another", UserID: "viewer"}, policies.WorkspaceRead, policies.Workspace("w"))
	if got := w.times(); got != 6 {
		t.Errorf("other questions: asked %d times, want 6", got)
	}
	w.say = deny("", 0)
	w.now = w.now.Add(time.Hour)
	ask(7, "an answer for no time")
	ask(8, "an answer for no time, again")
}

// A plugin is told where it decides, at no price of decisions that are remembered or
// that follow at once.
func TestAFilterIsToldTheWorkspacesName(t *testing.T) {
	w := newFilterWorld(t, filterPlugin("hours", "deny", "filter.decision"))
	w.can("viewer", policies.WorkspaceRead)
	w.can("viewer", policies.WorkspaceRead)
	w.say = deny("", 0)
	w.can("editor", policies.WorkspaceRead)
	w.can("editor", policies.WorkspaceRead)
	if got := w.named.Load(); got != 1 || w.times() != 3 {
		t.Errorf("asked %d times for the name and %d times for an answer", got, w.times())
	}
	w.now = w.now.Add(filterNameFor)
	w.can("editor", policies.WorkspaceRead)
	if got := w.named.Load(); got != 2 || w.calls[3].Workspace.Name != "Village w" {
		t.Errorf("after a while asked %d times: %+v", got, w.calls[3])
	}
	// Without one it is not asked, which is a failure like any.
	w.nameless.Store(true)
	w.now = w.now.Add(time.Hour)
	if d := w.can("editor", policies.WorkspaceRead); d.Allowed || w.times() != 4 {
		t.Errorf("without a name %+v after %d questions", d, w.times())
	}
}

func TestAFailingFilterPluginLeavesOrDeniesAsItSaid(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	for name, say := range map[string]func(context.Context, plugins.Call, host.Decision) (host.FilterAnswer, error){
		"an error": func(context.Context, plugins.Call, host.Decision) (host.FilterAnswer, error) {
			return host.FilterAnswer{Allowed: true}, errors.New("no")
		},
		"said so": func(context.Context, plugins.Call, host.Decision) (host.FilterAnswer, error) {
			return host.FilterAnswer{Allowed: true, Error: &host.Error{Code: "x"}}, nil
		},
		"late": func(context.Context, plugins.Call, host.Decision) (host.FilterAnswer, error) {
			<-release
			return host.FilterAnswer{Allowed: true}, nil
		},
	} {
		for _, onError := range []string{"base", "deny"} {
			w := newFilterWorld(t, filterPlugin("hours", onError, "filter.decision"))
			w.say = say
			if name == "late" {
				w.f.time = policies.FilterTimeout
			}
			if d := w.can("viewer", policies.WorkspaceRead); d.Allowed != (onError == "base") {
				t.Errorf("%s, on_error %s: %+v", name, onError, d)
			}
			w.can("viewer", policies.WorkspaceRead)
			if got := w.times(); got != 1 {
				t.Errorf("%s, on_error %s: asked %d times at once", name, onError, got)
			}
		}
	}
}

// A filter that asks the server for something does not end up in itself.
func TestAFiltersOwnQuestionsDoNotReachFilters(t *testing.T) {
	w := newFilterWorld(t, filterPlugin("hours", "deny", "filter.decision"))
	inner := policies.Decision{}
	w.say = func(ctx context.Context, _ plugins.Call, _ host.Decision) (host.FilterAnswer, error) {
		inner = w.gate.Can(ctx, &policies.Session{UserID: "viewer"}, policies.WorkspaceRead, policies.Workspace("w"))
		return host.FilterAnswer{Allowed: true}, nil
	}
	if d := w.can("viewer", policies.WorkspaceRead); !d.Allowed || !inner.Allowed || w.times() != 1 {
		t.Errorf("%+v, inside %+v, asked %d times", d, inner, w.times())
	}
}

func TestManyAtOnceAskOnce(t *testing.T) {
	w := newFilterWorld(t, filterPlugin("hours", "deny", "filter.decision"))
	begun, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.say = func(context.Context, plugins.Call, host.Decision) (host.FilterAnswer, error) {
		once.Do(func() { close(begun) })
		<-release
		return host.FilterAnswer{Allowed: true}, nil
	}
	var group sync.WaitGroup
	group.Go(func() { w.can("viewer", policies.WorkspaceRead) })
	<-begun
	for range 8 {
		group.Go(func() { w.can("viewer", policies.WorkspaceRead) })
	}
	close(release)
	group.Wait()
	if got := w.times(); got != 1 {
		t.Errorf("asked %d times", got)
	}
}

var _ filtering = (*plugins.Manager)(nil)

func BenchmarkCan(b *testing.B) {
	filter, other := filterPlugin("hours", "deny", "filter.decision"), plugins.Active{ID: "x", Manifest: &manifest.Manifest{}}
	for _, c := range []struct {
		name     string
		here     []plugins.Active
		anywhere []plugins.Active
	}{
		{name: "no plugin"},
		{name: "a plugin without a filter", here: []plugins.Active{other}},
		{name: "a filter in another workspace", here: []plugins.Active{other}, anywhere: []plugins.Active{filter}},
		{name: "an answer that is kept", here: []plugins.Active{filter}},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := newFilterWorld(b, c.here...)
			w.told(append(c.anywhere, c.here...))
			session := &policies.Session{ID: "s", UserID: "viewer", Kind: policies.BrowserSession}
			b.ReportAllocs()
			for b.Loop() {
				w.gate.Can(context.Background(), session, policies.WorkspaceRead, policies.Workspace("w"))
			}
		})
	}
}
