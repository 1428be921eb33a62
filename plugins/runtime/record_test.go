package runtime

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// versions are what is remembered of a plugin: of which versions its calls and its
// lines are, the oldest first.
func versions(r *Runtime, id string) (calls, lines []string) {
	for _, t := range slices.Backward(r.Traces(id)) {
		calls = append(calls, t.Version)
	}
	for _, l := range r.Logs(id, "w") {
		lines = append(lines, l.Version)
	}
	return calls, lines
}

func TestWhatAPluginDidIsRememberedWhenItsModuleIsGone(t *testing.T) {
	r := open(t, Options{})
	old := spec(t, "trap")
	m := load(t, r, old)
	page(t, m, "w", "")
	if err := m.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, _, f := page(t, m, "w", ""); f == nil || f.Outcome != Unloaded {
		t.Fatalf("%+v", f)
	}
	// That call is begun again with the next version: it is none of the plugin's.
	calls, lines := versions(r, old.ID)
	if !slices.Equal(calls, []string{"1.0.0"}) || len(lines) == 0 {
		t.Errorf("while nothing is loaded: calls of %v, lines of %v", calls, lines)
	}
	next := old
	next.Version = "1.1.0"
	page(t, load(t, r, next), "w", "")
	calls, lines = versions(r, old.ID)
	if !slices.Equal(calls, []string{"1.0.0", "1.1.0"}) || lines[0] != "1.0.0" || lines[len(lines)-1] != "1.1.0" {
		t.Errorf("of two versions: calls of %v, lines of %v", calls, lines)
	}
	other := spec(t, "echo")
	if r.Forget(old.ID); r.Traces(old.ID) != nil && len(r.Traces(old.ID)) > 0 || len(r.Logs(old.ID, "")) > 0 || len(r.Traces(other.ID)) > 0 {
		t.Error("what was forgotten is there")
	}
}

func TestARecordIsForgottenWithItsLastModule(t *testing.T) {
	var all records
	r := all.begin("yard")
	all.begin("yard")
	all.forget("yard")
	r.traces.add(Trace{}) // a call that was still running
	all.end("yard")
	if all.find("yard") == nil {
		t.Error("a module has lost its record")
	}
	if all.end("yard"); all.find("yard") != nil {
		t.Error("it is kept without a module")
	}
	all.begin("yard")
	all.forget("yard")
	all.begin("yard") // installed anew
	all.end("yard")
	if all.end("yard"); all.find("yard") == nil {
		t.Error("what was installed anew is forgotten")
	}
}

func TestOfPluginsThatDoNotRunTheLastAreRemembered(t *testing.T) {
	var all records
	all.begin("runs")
	for i := range recordsKept + 3 {
		id := fmt.Sprint(i)
		all.begin(id)
		all.end(id)
	}
	for id, want := range map[string]bool{"runs": true, "0": false, "2": false, "3": true, fmt.Sprint(recordsKept + 2): true} {
		if got := all.find(id) != nil; got != want {
			t.Errorf("%s is remembered: %t", id, got)
		}
	}
	if len(all.of) != recordsKept+1 {
		t.Errorf("%d are remembered", len(all.of))
	}
}

func TestAnAnswerOfNoUseIsAFailure(t *testing.T) {
	c := &clock{at: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	s := spec(t, "echo")
	r := open(t, Options{Now: c.now})
	m := load(t, r, s)
	ask := func(read func([]byte) *Failure) (Trace, error) {
		out, trace, err := m.Call(t.Context(), Call{Workspace: "w", Export: "or3_page", Input: []byte("low tide"), Read: read})
		if err != nil && out != nil {
			t.Errorf("a failure with the output %q", out)
		}
		return trace, err
	}
	var given string
	for range failuresToOpen + 1 { // one that declines is well
		if trace, _ := ask(func(out []byte) *Failure { given = string(out); return Refusal(fmt.Errorf("busy: not now")) }); trace.Outcome != Declined || trace.Output != 8 {
			t.Fatalf("one that declines: %+v", trace)
		}
	}
	if given != "low tide" {
		t.Errorf("read %q", given)
	}
	for range failuresToOpen {
		if trace, _ := ask(func([]byte) *Failure { return Unusable(fmt.Errorf("no blocks\nat all")) }); trace.Outcome != BadAnswer {
			t.Fatalf("one that is of no use: %+v", trace)
		}
	}
	if trace, _ := ask(nil); trace.Outcome != Paused {
		t.Errorf("after three answers of no use: %s", trace.Outcome)
	}
	lines := m.Logs("w")
	if n := failuresToOpen + 1 + failuresToOpen; len(lines) != n || lines[0].Level != Warn || lines[0].Text != "declined: busy: not now" ||
		lines[n-1].Level != Error || lines[n-1].Text != "bad_answer: no blocks at all" {
		t.Errorf("the log has %+v", lines)
	}
	m.Release("w")
	if trace, _ := ask(func([]byte) *Failure { panic("ours") }); trace.Outcome != HostError {
		t.Errorf("a panic while it is read: %s", trace.Outcome)
	}
}
