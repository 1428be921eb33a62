package policies_test

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"or3.cloud/or3/policies"
)

var discard = slog.New(slog.DiscardHandler)

func TestAMembershipIsReadOnceUntilInvalidated(t *testing.T) {
	d := newTown()
	g := newGate(t, d, nil)
	ask := func() bool {
		return g.Can(t.Context(), session("editor"), policies.WorkspaceWrite, policies.Workspace("home")).Allowed
	}
	ask()
	ask()
	if d.asked != 1 {
		t.Errorf("the directory was asked %d times, want 1", d.asked)
	}
	d.set("editor", "home", policies.Viewer)
	g.Invalidate()
	if ask() {
		t.Error("the editor who became a viewer still writes")
	}
}

func TestSomeoneWhoJoinsIsKnownAtOnce(t *testing.T) {
	d := newTown()
	g := newGate(t, d, nil)
	if got := g.Can(t.Context(), session("new"), policies.WorkspaceRead, policies.Workspace("home")); got.Reason != policies.NotFound {
		t.Fatalf("before joining: %+v", got)
	}
	d.set("new", "home", policies.Viewer)
	if got := g.Can(t.Context(), session("new"), policies.WorkspaceRead, policies.Workspace("home")); !got.Allowed {
		t.Errorf("after joining: %+v", got)
	}
}

// The reading begins, the person is removed, the reading ends with the old
// answer: nobody may believe that answer afterwards.
func TestAReadingThatAnInvalidateOvertakesIsNotKept(t *testing.T) {
	d := newTown()
	g := newGate(t, d, nil)
	entered, proceed := make(chan struct{}), make(chan struct{})
	d.entered, d.proceed = entered, proceed
	var slow sync.WaitGroup
	slow.Go(func() {
		g.Can(t.Context(), session("editor"), policies.WorkspaceRead, policies.Workspace("home"))
	})
	<-entered
	d.set("editor", "home", "")
	d.mu.Lock()
	d.entered, d.proceed = nil, nil
	d.mu.Unlock()
	g.Invalidate()
	close(proceed)
	slow.Wait()
	if got := g.Can(t.Context(), session("editor"), policies.WorkspaceRead, policies.Workspace("home")); got.Allowed {
		t.Errorf("the removed member still reads: %+v", got)
	}
}

func TestEveryChangeIsSeenAsSoonAsInvalidateReturnsWhateverElseGoesOn(t *testing.T) {
	d := newTown()
	g := newGate(t, d, nil)
	r := policies.Workspace("home")
	var stop atomic.Bool
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for !stop.Load() {
				g.Can(t.Context(), session("editor"), policies.WorkspaceWrite, r)
				g.Explain(t.Context(), session("owner"), policies.AdminAccess, policies.TheDeployment())
			}
		})
	}
	roles := []policies.Role{policies.Owner, "", policies.Editor, policies.Viewer}
	for i := range 400 {
		role := roles[i%len(roles)]
		d.set("editor", "home", role)
		if i%50 == 0 {
			if err := g.Load("p, r:owner, workspace.write, allow\np, r:editor, workspace.write, allow\n"); err != nil {
				t.Fatal(err)
			}
		}
		g.Invalidate()
		want := role == policies.Owner || role == policies.Editor
		if got := g.Can(t.Context(), session("editor"), policies.WorkspaceWrite, r); got.Allowed != want || got.Role != role {
			t.Errorf("round %d: the person is %q and gets %+v", i, role, got)
			break
		}
	}
	stop.Store(true)
	readers.Wait()
}

func TestMoreMembershipsThanItCanRememberAreStillAnsweredRightly(t *testing.T) {
	d := &everyoneOwnsEverything{}
	g := newGate(t, d, nil)
	for i := range 100_000 {
		if got := g.Can(t.Context(), session("ada"), policies.UsersManage, policies.Workspace(fmt.Sprint("w", i))); !got.Allowed {
			t.Fatalf("workspace %d: %+v", i, got)
		}
	}
	if n := policies.Remembered(g); n < 40_000 || n > 65_536 {
		t.Errorf("%d memberships are remembered, want a good part of the 65,536 it may", n)
	}
}

func TestADecisionAboutAKnownMemberAllocatesNothing(t *testing.T) {
	g, sessions := crowded(t)
	s := sessions[17]
	r := policies.Workspace(s.WorkspaceID)
	g.Can(t.Context(), s, policies.WorkspaceWrite, r)
	ctx := t.Context()
	if n := testing.AllocsPerRun(200, func() {
		g.Can(ctx, s, policies.WorkspaceWrite, r)
		g.Can(ctx, s, policies.UsersManage, r)
		g.Can(ctx, s, policies.AdminAccess, policies.TheDeployment())
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// crowded is a gate that knows the members of 10,000 workspaces.
func crowded(t testing.TB) (*policies.Gate, []*policies.Session) {
	d := newTown()
	var sessions []*policies.Session
	for i := range 10_000 {
		s := session(fmt.Sprintf("019a9f3e-7c21-7d05-9b1a-%012x", i*7919))
		s.WorkspaceID = fmt.Sprintf("019a9f3e-7c22-7a44-8c3d-%012x", i*104729)
		d.set(s.UserID, s.WorkspaceID, policies.Editor)
		d.set(s.UserID, "home", policies.Editor)
		sessions = append(sessions, s)
	}
	g := newGate(t, d, nil)
	for _, s := range sessions {
		if !g.Can(t.Context(), s, policies.WorkspaceRead, policies.Resource{}).Allowed {
			t.Fatal("a member is not known")
		}
	}
	return g, sessions
}

func BenchmarkCanForAMemberOfOneOf10000Workspaces(b *testing.B) {
	g, sessions := crowded(b)
	s := sessions[4711]
	r := policies.Workspace(s.WorkspaceID)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if !g.Can(ctx, s, policies.WorkspaceWrite, r).Allowed {
			b.Fatal("denied")
		}
	}
}

func BenchmarkCanForAnotherMemberEachTime(b *testing.B) {
	g, sessions := crowded(b)
	ctx := b.Context()
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		if !g.Can(ctx, sessions[i%len(sessions)], policies.WorkspaceWrite, policies.Resource{}).Allowed {
			b.Fatal("denied")
		}
	}
}

func BenchmarkCanInParallel(b *testing.B) {
	g, sessions := crowded(b)
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		i := 0
		for pb.Next() {
			i++
			g.Can(ctx, sessions[i%len(sessions)], policies.WorkspaceWrite, policies.Resource{})
		}
	})
}

// The baseline: what the same question costs when Casbin answers it itself.
func BenchmarkCasbinEnforce(b *testing.B) {
	m, err := model.NewModelFromString(modelText(b))
	if err != nil {
		b.Fatal(err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range policies.Roles() {
		for _, p := range policies.Permissions() {
			if r == policies.Owner || p == policies.WorkspaceRead {
				if _, err := e.AddPolicy("r:"+string(r), string(p), "allow"); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	for i := range 10_000 {
		if _, err := e.AddGroupingPolicy(fmt.Sprintf("u:user-%d", i), "r:owner", fmt.Sprintf("w:workspace-%d", i)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if allowed, err := e.Enforce("u:user-4711", "w:workspace-4711", string(policies.WorkspaceWrite)); err != nil || !allowed {
			b.Fatal("denied", err)
		}
	}
}
