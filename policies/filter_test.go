package policies_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/policies"
)

type filterFunc = func(context.Context, policies.Question) (policies.Question, error)

func deny(note string) filterFunc {
	return func(_ context.Context, q policies.Question) (policies.Question, error) {
		q.Decision.Allowed, q.Note = false, note
		return q, nil
	}
}

func allow(_ context.Context, q policies.Question) (policies.Question, error) {
	q.Decision.Allowed = true
	return q, nil
}

func TestAFilterMayNarrowAndItsWordsAreKept(t *testing.T) {
	b := hook.New(discard)
	g := newGate(t, newTown(), b)
	policies.DecisionFilter.On(b, hook.Options{Name: "office hours"}, deny("Closed\nuntil 8. "+strings.Repeat("x", 300)))
	d := g.Can(t.Context(), session("owner"), policies.WorkspaceRead, policies.Workspace("home"))
	if d.Allowed || d.Reason != policies.Filtered || len(d.Filters) != 1 {
		t.Fatalf("decision: %+v", d)
	}
	v := d.Filters[0]
	if v.Name != "office hours" || v.Allowed || v.Overruled || !strings.HasPrefix(v.Reason, "Closed until 8. xxx") || len(v.Reason) > 200 {
		t.Errorf("verdict: %+v", v)
	}
}

func TestAWideningFilterIsOverruledAndCounted(t *testing.T) {
	b := hook.New(discard)
	g := newGate(t, newTown(), b)
	policies.DecisionFilter.On(b, hook.Options{Name: "generous"}, allow)
	d := g.Explain(t.Context(), session("viewer"), policies.WorkspaceWrite, policies.Workspace("home"))
	if d.Allowed || d.Reason != policies.Forbidden || len(d.Filters) != 1 || !d.Filters[0].Overruled {
		t.Errorf("viewer writes: %+v", d)
	}
	if n := g.GrantAttempts(); n != 1 {
		t.Errorf("%d grant attempts were counted, want 1", n)
	}
	policies.DecisionFilter.On(b, hook.Options{Name: "strict", Priority: 1}, deny(""))
	d = g.Can(t.Context(), session("owner"), policies.WorkspaceWrite, policies.Workspace("home"))
	if d.Allowed || d.Reason != policies.Filtered || d.Filters[0].Overruled || !d.Filters[1].Overruled {
		t.Errorf("owner writes after one filter denied and another tried to allow: %+v", d)
	}
	if n := g.GrantAttempts(); n != 2 {
		t.Errorf("%d grant attempts were counted, want 2", n)
	}
}

func TestAFilterIsNotAskedAboutStrangers(t *testing.T) {
	b := hook.New(discard)
	town := newTown()
	g := newGate(t, town, b)
	policies.DecisionFilter.On(b, hook.Options{Name: "curious"}, func(_ context.Context, q policies.Question) (policies.Question, error) {
		t.Errorf("asked about %+v", q.Decision)
		return q, nil
	})
	g.Can(t.Context(), nil, policies.WorkspaceRead, policies.Workspace("home"))
	g.Can(t.Context(), session("stranger"), policies.WorkspaceRead, policies.Workspace("home"))
	g.Can(t.Context(), session("owner"), "everything", policies.Workspace("home"))
	town.failure = errors.New("gone")
	g.Invalidate()
	g.Can(t.Context(), session("owner"), policies.WorkspaceRead, policies.Workspace("home"))
}

func TestAFailingFilterLeavesTheDecisionUnlessItDeclaredToDeny(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	for name, fn := range map[string]filterFunc{
		"error": func(_ context.Context, q policies.Question) (policies.Question, error) {
			q.Decision.Allowed = false
			return q, errors.New("no")
		},
		"panic": func(context.Context, policies.Question) (policies.Question, error) { panic("no") },
		"late": func(_ context.Context, q policies.Question) (policies.Question, error) {
			<-release
			q.Decision.Allowed = false
			return q, nil
		},
	} {
		for _, onError := range []hook.Failure{hook.Pass, hook.Refuse} {
			b := hook.New(discard)
			g := newGate(t, newTown(), b)
			policies.DecisionFilter.On(b, hook.Options{Name: "flaky", Timeout: time.Millisecond, OnError: onError}, fn)
			d := g.Explain(t.Context(), session("owner"), policies.WorkspaceRead, policies.Workspace("home"))
			if d.Allowed != (onError == hook.Pass) || len(d.Filters) != 1 || d.Filters[0].Reason == "" {
				t.Errorf("%s with on_error %v: %+v", name, onError, d)
			}
			d = g.Explain(t.Context(), session("viewer"), policies.WorkspaceWrite, policies.Workspace("home"))
			if d.Allowed || d.Reason != policies.Forbidden || g.GrantAttempts() != 0 {
				t.Errorf("%s with on_error %v on a denied decision: %+v", name, onError, d)
			}
		}
	}
}

func TestFiltersHaveADeadlineUnlessTheyAskForAnother(t *testing.T) {
	b := hook.New(discard)
	policies.DecisionFilter.On(b, hook.Options{Name: "plain"}, allow)
	if got := b.List()[0].Listeners[0].Timeout; got != policies.FilterTimeout {
		t.Errorf("deadline is %v, want %v", got, policies.FilterTimeout)
	}
}

func TestAFilterCannotBeSilencedByGoingAway(t *testing.T) {
	b := hook.New(discard)
	g := newGate(t, newTown(), b)
	policies.DecisionFilter.On(b, hook.Options{Name: "careful"}, func(ctx context.Context, q policies.Question) (policies.Question, error) {
		q.Decision.Allowed = false
		return q, ctx.Err()
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d := g.Can(ctx, session("owner"), policies.WorkspaceRead, policies.Workspace("home")); d.Allowed {
		t.Errorf("a cancelled request got past the filter: %+v", d)
	}
}

func TestWhatAFilterWritesElsewhereIsIgnored(t *testing.T) {
	b := hook.New(discard)
	g := newGate(t, newTown(), b)
	policies.DecisionFilter.On(b, hook.Options{Name: "scribbler"}, func(_ context.Context, q policies.Question) (policies.Question, error) {
		q.Session.DeploymentAdmin, q.Session.UserID = true, "owner"
		q.Decision.Role, q.Decision.Reason, q.Decision.WorkspaceID = policies.Owner, policies.Granted, "yard"
		q.Decision.Filters = append(q.Decision.Filters, policies.FilterVerdict{Name: "forged"})
		if q.Decision.Restriction != nil {
			q.Decision.Restriction.Role = policies.Owner
		}
		return q, nil
	})
	s := session("viewer")
	before := *s
	d := g.Explain(t.Context(), s, policies.WorkspaceRead, policies.Workspace("home"))
	if !d.Allowed || d.Role != policies.Viewer || d.WorkspaceID != "home" || d.UserID != "viewer" || len(d.Filters) != 1 {
		t.Errorf("decision: %+v", d)
	}
	if *s != before {
		t.Errorf("the session was changed: %+v", s)
	}
}

// Plugins are written against this shape.
func TestTheQuestionToAFilterKeepsItsShape(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	got, err := json.MarshalIndent(policies.Question{
		Session: policies.Session{
			ID: "s-1", Kind: policies.TokenSession, UserID: "u-1", Email: "ines@example.com", DisplayName: "Ines Okafor",
			Locale: "en", TimeZone: "Europe/Lisbon", Provider: "local", ProviderUserID: "p-1", WorkspaceID: "w-1",
			DeploymentAdmin: true, CreatedAt: at, ExpiresAt: at.Add(time.Hour),
		},
		Resource: policies.Workspace("w-1"),
		Decision: policies.Decision{
			Allowed: false, Reason: policies.Restricted, Permission: policies.WorkspaceWrite, UserID: "u-1", WorkspaceID: "w-1",
			Role: policies.Editor, Policy: "p, r:editor, workspace.write, allow (roles.csv:12)",
			Restriction: &policies.Restriction{Role: policies.Editor, Permission: policies.WorkspaceWrite},
			Filters:     []policies.FilterVerdict{{Name: "office hours", Allowed: true, Reason: "open", Overruled: true}},
			Err:         errors.New("stays inside"),
		},
		Note: "closed until 8",
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	compareGolden(t, "testdata/question.json", string(got)+"\n")
}
