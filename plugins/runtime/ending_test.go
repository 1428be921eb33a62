package runtime

import (
	"context"
	"errors"
	goruntime "runtime"
	"strings"
	"testing"
	"time"
)

// What Extism does for guests without a deadline is done by us, and guests see no
// difference.
func TestVariablesLastAsLongAsTheCall(t *testing.T) {
	m := load(t, open(t, Options{}), spec(t, "vars"))
	for range 2 {
		got, trace, f := page(t, m, "w", "high tide")
		if f != nil || got != "high tide" {
			t.Errorf("%q %v", got, f)
		}
		if trace.Lines != 1 || trace.HostCalls != 0 {
			t.Errorf("%+v", trace)
		}
	}
	if lines := m.Logs("w"); len(lines) != 2 || lines[0].Text != "high tide" || lines[0].Level != Warn {
		t.Errorf("%+v", lines)
	}
	full := load(t, open(t, Options{}), spec(t, "vars-full"))
	if _, _, f := page(t, full, "w", ""); f == nil || f.Outcome != Trap || !strings.Contains(f.Error(), "full") {
		t.Errorf("more than all variables may hold: %v", f)
	}
}

func TestClosingEndsWhatStillRuns(t *testing.T) {
	r := open(t, Options{})
	m := load(t, r, spec(t, "loop"))
	ended := make(chan *Failure)
	go func() {
		_, _, f := page(t, m, "w", "")
		ended <- f
	}()
	for r.Usage().Instances == 0 {
		goruntime.Gosched()
	}
	now, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Close(now); !errors.Is(err, context.Canceled) {
		t.Errorf("closing: %v", err)
	}
	if f := <-ended; f == nil || f.Outcome != Unloaded {
		t.Errorf("the call that was running: %v", f)
	}
	if u := r.Usage(); u != (Usage{}) {
		t.Errorf("left behind: %+v", u)
	}
}

// A host function that does not end keeps its instance: that counts as long, and
// nothing of it is freed before.
func TestWhatDoesNotEndFreesItselfWhenItDoes(t *testing.T) {
	r := open(t, Options{Patience: time.Millisecond})
	s := spec(t, "ask")
	entered, goOn := make(chan struct{}), make(chan struct{})
	s.Host["or3_now"] = func(ctx context.Context, _ []byte) ([]byte, error) {
		close(entered)
		<-goOn
		<-ctx.Done()
		return nil, nil
	}
	m := load(t, r, s)
	ended := make(chan *Failure)
	go func() {
		_, _, f := page(t, m, "w", "")
		ended <- f
	}()
	<-entered
	now, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Close(now); !errors.Is(err, context.Canceled) {
		t.Errorf("closing: %v", err)
	}
	if u := r.Usage(); u.Instances != 1 {
		t.Errorf("while it runs: %+v", u)
	}
	close(goOn)
	if f := <-ended; f == nil || f.Outcome != Unloaded {
		t.Errorf("the call that was running: %v", f)
	}
	if u := r.Usage(); u != (Usage{}) {
		t.Errorf("left behind: %+v", u)
	}
}

// Before a call Extism puts its input into its own memory, without a deadline. That
// ends by itself, whatever the call before left there: it begins by forgetting all.
func TestWhatACallLeavesInExtismsMemoryHoldsUpNoOther(t *testing.T) {
	m := load(t, open(t, Options{}), spec(t, "kernel-head"))
	reused := false
	for range 3 {
		_, trace, f := page(t, m, "w", "x")
		if f != nil && f.Outcome != GuestError { // in Extism's own words
			t.Errorf("%v", f)
		}
		reused = reused || trace.Create == 0
	}
	if !reused {
		t.Error("each call had an instance of its own")
	}
}
