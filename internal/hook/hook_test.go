package hook_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/internal/hook"
)

type renamed struct {
	WorkspaceID string `json:"workspace_id"`
	Before      string `json:"before"`
	After       string `json:"after"`
}

var (
	workspaceRenamed = hook.Action[renamed]{Name: "test.workspace:action:renamed"}
	shout            = hook.Filter[string]{Name: "test.words:filter:shout"}
)

func newBus(t *testing.T) (*hook.Bus, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	return hook.New(slog.New(slog.NewTextHandler(&log, nil))), &log
}

func TestListenersAreCalledLowestPriorityFirstAndTiesInOrderOfRegistration(t *testing.T) {
	b, _ := newBus(t)
	var heard []string
	hear := func(name string, priority int) {
		workspaceRenamed.On(b, hook.Options{Name: name, Priority: priority}, func(context.Context, renamed) { heard = append(heard, name) })
	}
	hear("late", 20)
	hear("first of the default", 0)
	hear("second of the default", hook.DefaultPriority)
	hear("early", -5)
	workspaceRenamed.Fire(t.Context(), b, renamed{})
	want := []string{"early", "first of the default", "second of the default", "late"}
	if !slices.Equal(heard, want) {
		t.Fatalf("heard %q, want %q", heard, want)
	}
}

func TestARemovedListenerHearsNothingAndMayBeRemovedTwice(t *testing.T) {
	b, _ := newBus(t)
	calls := 0
	off := workspaceRenamed.On(b, hook.Options{Name: "once"}, func(context.Context, renamed) { calls++ })
	workspaceRenamed.On(b, hook.Options{Name: "stays"}, func(context.Context, renamed) {})
	workspaceRenamed.Fire(t.Context(), b, renamed{})
	off()
	off()
	workspaceRenamed.Fire(t.Context(), b, renamed{})
	if calls != 1 {
		t.Fatalf("removed listener was called %d times, want 1", calls)
	}
	if got := len(b.List()[0].Listeners); got != 1 {
		t.Fatalf("%d listeners remain, want the one that stays", got)
	}
}

func TestAPanickingListenerIsLoggedAndTheOthersStillHear(t *testing.T) {
	b, log := newBus(t)
	heard := false
	workspaceRenamed.On(b, hook.Options{Name: "broken"}, func(context.Context, renamed) { panic("oh dear") })
	workspaceRenamed.On(b, hook.Options{Name: "sound"}, func(context.Context, renamed) { heard = true })
	workspaceRenamed.Fire(t.Context(), b, renamed{})
	if !heard {
		t.Error("the listener after the broken one heard nothing")
	}
	for _, want := range []string{"oh dear", "listener=broken", workspaceRenamed.Name, "hook_test.go"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log does not mention %q: %s", want, log)
		}
	}
}

func TestAnActionReachesListenersEvenWhenTheCallerIsGone(t *testing.T) {
	b, _ := newBus(t)
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "request 7"))
	cancel()
	workspaceRenamed.On(b, hook.Options{}, func(ctx context.Context, _ renamed) {
		if ctx.Err() != nil {
			t.Error("the listener got a cancelled context")
		}
		if ctx.Value(key{}) != "request 7" {
			t.Error("the listener lost the values of the request")
		}
	})
	workspaceRenamed.Fire(ctx, b, renamed{})
}

func TestAFilterPassesTheValueFromListenerToListener(t *testing.T) {
	b, _ := newBus(t)
	shout.On(b, hook.Options{Name: "mark", Priority: 20}, func(_ context.Context, s string) (string, error) { return s + "!", nil })
	shout.On(b, hook.Options{Name: "upper"}, func(_ context.Context, s string) (string, error) { return strings.ToUpper(s), nil })
	got, outcomes := shout.Apply(t.Context(), b, "hey")
	if got != "HEY!" {
		t.Errorf("got %q, want HEY!", got)
	}
	if len(outcomes) != 2 || outcomes[0].Listener != "upper" || outcomes[1].Listener != "mark" {
		t.Errorf("outcomes are %+v", outcomes)
	}
}

func TestAFailingFilterListenerChangesNothing(t *testing.T) {
	failure := errors.New("no network")
	release := make(chan struct{})
	defer close(release)
	for name, fn := range map[string]func(context.Context, string) (string, error){
		"error": func(context.Context, string) (string, error) { return "nonsense", failure },
		"panic": func(context.Context, string) (string, error) { panic(failure) },
		"late":  func(context.Context, string) (string, error) { <-release; return "nonsense", nil },
	} {
		t.Run(name, func(t *testing.T) {
			b, log := newBus(t)
			shout.On(b, hook.Options{Name: "flaky", Timeout: time.Millisecond, OnError: hook.Refuse}, fn)
			got, outcomes := shout.Apply(t.Context(), b, "hey")
			if got != "hey" {
				t.Errorf("got %q, want the value as it came", got)
			}
			if outcomes[0].Err == nil || !outcomes[0].Refuse {
				t.Errorf("outcome %+v does not tell of the failure and of the wish to refuse", outcomes[0])
			}
			if !strings.Contains(log.String(), "flaky") {
				t.Errorf("the failure is not logged: %s", log)
			}
		})
	}
}

func TestAListenerThatNeverReturnsIsLeftAloneAfterAFewCalls(t *testing.T) {
	b, _ := newBus(t)
	release := make(chan struct{})
	defer close(release)
	shout.On(b, hook.Options{Name: "stuck", Timeout: time.Microsecond}, func(context.Context, string) (string, error) {
		<-release
		return "", nil
	})
	var last error
	for range 100 {
		_, outcomes := shout.Apply(t.Context(), b, "hey")
		if last = outcomes[0].Err; last == nil {
			t.Fatal("a stuck listener cannot have answered")
		}
	}
	if !errors.Is(last, hook.ErrStuck) {
		t.Errorf("after 100 overdue calls the listener is still asked: %v", last)
	}
}

func TestTheOwnerOfAFilterMayJudgeEveryAnswer(t *testing.T) {
	b, _ := newBus(t)
	shout.On(b, hook.Options{Name: "whisper"}, func(context.Context, string) (string, error) { return "psst", nil })
	got := shout.Walk(t.Context(), b, "hey", func(before, after string, o hook.Outcome) string {
		if after != "psst" || o.Listener != "whisper" {
			t.Errorf("judge got after=%q outcome=%+v", after, o)
		}
		return before
	})
	if got != "hey" {
		t.Errorf("got %q, but the judge kept the value before", got)
	}
}

func TestTheListingShowsDeclaredHooksAndTheirListeners(t *testing.T) {
	b, _ := newBus(t)
	b.Declare(workspaceRenamed, shout)
	shout.On(b, hook.Options{Name: "upper"}, func(_ context.Context, s string) (string, error) { return s, nil })
	list := b.List()
	if len(list) != 2 {
		t.Fatalf("list has %d hooks, want 2: %+v", len(list), list)
	}
	if p := list[1]; p.Name != workspaceRenamed.Name || p.Kind != "action" || p.Payload != "hook_test.renamed" || len(p.Listeners) != 0 {
		t.Errorf("action is listed as %+v", p)
	}
	if p := list[0]; p.Name != shout.Name || p.Kind != "filter" || len(p.Listeners) != 1 || p.Listeners[0].Name != "upper" {
		t.Errorf("filter is listed as %+v", p)
	}
}

func TestOneNameCannotCarryTwoPayloadTypes(t *testing.T) {
	b, _ := newBus(t)
	b.Declare(shout)
	defer func() {
		if recover() == nil {
			t.Error("the second declaration was accepted")
		}
	}()
	b.Declare(hook.Filter[int]{Name: shout.Name})
}

func TestNothingIsAllocatedWhenNobodyListens(t *testing.T) {
	b, _ := newBus(t)
	ctx := t.Context()
	payload := renamed{WorkspaceID: "w", Before: "a", After: "b"}
	if n := testing.AllocsPerRun(100, func() {
		workspaceRenamed.Fire(ctx, b, payload)
		workspaceRenamed.Fire(ctx, nil, payload)
		shout.Apply(ctx, b, "hey")
	}); n != 0 {
		t.Errorf("%v allocations per run, want none", n)
	}
}

func TestListenersMayComeAndGoWhileHooksFire(t *testing.T) {
	b, _ := newBus(t)
	ctx := t.Context()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 200 {
				off := workspaceRenamed.On(b, hook.Options{Name: "guest"}, func(context.Context, renamed) {})
				workspaceRenamed.Fire(ctx, b, renamed{})
				offFilter := shout.On(b, hook.Options{Timeout: time.Minute}, func(_ context.Context, s string) (string, error) { return s, nil })
				shout.Apply(ctx, b, "hey")
				b.List()
				off()
				offFilter()
			}
		})
	}
	all.Wait()
	if workspaceRenamed.Heard(b) || shout.Heard(b) {
		t.Error("listeners remain after all were removed")
	}
}

func BenchmarkFireUnheard(b *testing.B) {
	bus := hook.New(nil)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		workspaceRenamed.Fire(ctx, bus, renamed{WorkspaceID: "w"})
	}
}
