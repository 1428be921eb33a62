package plugins_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/runtime"
)

// calls are those of a plugin that are remembered, the oldest first.
func (y *yard) calls(id string) (all []string) {
	for _, t := range slices.Backward(y.m.Traces(id)) {
		all = append(all, t.Version+" "+t.Export+" "+string(t.Outcome))
	}
	return all
}

// logged tells whether the log of a plugin at home has a line with some words.
func (y *yard) logged(id, words string) bool {
	return slices.ContainsFunc(y.m.Logs(id, y.home), func(l runtime.Line) bool { return strings.Contains(l.Text, words) })
}

func TestAnAnswerThatCannotBeDrawnIsAFailedCall(t *testing.T) {
	y := newYard(t, sqlite(t))
	y.runs(pack{page: say(`{"redirect":"//evil.example"}`)})
	for range 3 {
		_, err := y.title(y.m, "yard")
		var failed *runtime.Failure
		if !errors.As(err, &failed) || failed.Outcome != runtime.BadAnswer || !strings.Contains(failed.Message, "cannot be shown") {
			t.Fatalf("%v", err)
		}
	}
	if got := y.calls("yard"); !slices.Equal(got, []string{"1.0.0 or3_page bad_answer", "1.0.0 or3_page bad_answer", "1.0.0 or3_page bad_answer"}) {
		t.Errorf("traced as %v", got)
	}
	if f := y.m.Figures("yard"); f.Calls != 3 || f.Errors != 3 {
		t.Errorf("summed up as %+v", f)
	}
	if !y.logged("yard", "/redirect: an address below the plugin") {
		t.Errorf("the log has %v", y.m.Logs("yard", ""))
	}
	if h := y.m.Health("yard", y.home); !h.Paused {
		t.Error("it is not paused")
	}
}

// What a plugin answers to a person who typed something wrong is an answer.
func TestAnErrorForAPersonIsNoFailure(t *testing.T) {
	y := newYard(t, sqlite(t))
	y.runs(pack{page: say(`{"error":{"code":"validation_error","message":"Too long.","fields":{"name":"Shorter."}}}`)})
	for range 4 {
		answer, err := y.m.Page(t.Context(), y.call("yard"), host.PageInput{})
		y.must(err)
		if answer.Error == nil || answer.Error.Fields["name"] != "Shorter." {
			t.Fatalf("%+v", answer)
		}
	}
	if f := y.m.Figures("yard"); f.Calls != 4 || f.Errors != 0 || len(y.m.Logs("yard", "")) != 0 {
		t.Errorf("summed up as %+v, with the log %v", f, y.m.Logs("yard", ""))
	}
}

// Nobody looks at what a job or a handler answers, nor at what a filter says went wrong.
func TestAnErrorThatNobodySeesIsInTheLog(t *testing.T) {
	y := newYard(t, sqlite(t), func(o *plugins.Options) { o.EventAgain = nil })
	busy := say(`{"error":{"code":"busy","message":"The crane is away."}}`)
	y.runs(pack{caps: []string{uiPage, listenCap, capability("schedule", `"min_interval_s":60`), capability("filter.decision", "")}, job: busy, event: busy, filter: busy})
	for range 4 { // it is well
		err := y.m.Job(t.Context(), y.call("yard"), host.JobInput{ID: "tides"})
		var said *host.Error
		if !errors.As(err, &said) || err.Error() != "busy: The crane is away." {
			t.Fatalf("the job: %v", err)
		}
	}
	if got := y.m.Logs("yard", y.home); len(got) != 4 || got[0].Export != "or3_job" || got[0].Text != "declined: busy: The crane is away." {
		t.Errorf("the log has %v", got)
	}
	if got := y.calls("yard"); len(got) != 4 || got[0] != "1.0.0 or3_job declined" {
		t.Errorf("traced as %v", got)
	}
	_, err := y.m.Filter(t.Context(), y.call("yard"), host.FilterInput{})
	var said *host.Error
	if !errors.As(err, &said) {
		t.Errorf("the filter: %v", err)
	}
	y.m.Event(t.Context(), y.home, "yard.tide", json.RawMessage(`{}`))
	y.until("the event is told", func() bool { return slices.Contains(y.calls("yard"), "1.0.0 or3_event declined") })
	if !slices.Contains(y.calls("yard"), "1.0.0 or3_filter declined") || len(y.m.Logs("yard", y.home)) != 6 {
		t.Errorf("traced as %v, with the log %v", y.calls("yard"), y.m.Logs("yard", y.home))
	}
	if h := y.m.Health("yard", y.home); h.Paused {
		t.Error("it is paused")
	}
}

func TestWhatAPluginDidIsThereAfterItWasStopped(t *testing.T) {
	y, ctx := newYard(t, sqlite(t)), t.Context()
	y.runs(pack{page: trap})
	_, err := y.title(y.m, "yard")
	if err == nil {
		t.Fatal("a trap is an answer")
	}
	there := func(when string) {
		t.Helper()
		if got := y.calls("yard"); !slices.Equal(got, []string{"1.0.0 or3_page trap"}) || !y.logged("yard", "unreachable") {
			t.Errorf("%s: calls %v, log %v", when, got, y.m.Logs("yard", ""))
		}
	}
	there("while it runs")
	y.must(y.m.Stop(ctx, y.owner, "yard"))
	there("stopped")
	y.must(y.m.Start(ctx, y.owner, "yard"))
	there("started again")
	y.must(y.m.Uninstall(ctx, y.owner, "yard"))
	there("uninstalled")
	y.must(y.m.Purge(ctx, y.owner, "yard"))
	if len(y.calls("yard")) > 0 || len(y.m.Logs("yard", "")) > 0 {
		t.Errorf("purged: calls %v, log %v", y.calls("yard"), y.m.Logs("yard", ""))
	}
	y.runs(pack{page: trap})
	if len(y.calls("yard")) > 0 || len(y.m.Logs("yard", "")) > 0 {
		t.Errorf("installed anew: calls %v, log %v", y.calls("yard"), y.m.Logs("yard", ""))
	}
}

// A version whose pages cannot be drawn is taken back, and what it did is there to
// find out why.
func TestWhatAVersionDidIsThereAfterItWasTakenBack(t *testing.T) {
	y := newYard(t, sqlite(t))
	y.runs(pack{})
	_, err := y.title(y.m, "yard")
	y.must(err)
	_, err = y.install(pack{version: "1.1.0", page: say(`{"blocks":[{"type":"script"}]}`)}, plugins.InstallOptions{Force: true})
	y.must(err)
	for range 3 {
		if _, err := y.title(y.m, "yard"); err == nil {
			t.Fatal("an answer that cannot be drawn is one")
		}
	}
	y.until("1.0.0 runs again", func() bool { title, err := y.title(y.m, "yard"); return err == nil && title == "1.0.0" })
	bad := "1.1.0 or3_page bad_answer"
	if got := y.calls("yard"); len(got) < 5 || !slices.Equal(got[:4], []string{"1.0.0 or3_page ok", bad, bad, bad}) || got[len(got)-1] != "1.0.0 or3_page ok" {
		t.Errorf("traced as %v", got)
	}
	if lines := y.m.Logs("yard", y.home); len(lines) < 3 || lines[0].Version != "1.1.0" || !y.logged("yard", `"script" is no block`) {
		t.Errorf("the log has %v", lines)
	}
}

// A version that is not taken leaves its reason in the log, beside what runs.
func TestWhyAVersionWasNotTakenIsInTheLog(t *testing.T) {
	y := newYard(t, sqlite(t))
	y.runs(pack{})
	for health, want := range map[string]struct{ says, line string }{
		`[]`: {"does not work here: or3_health did not answer with a JSON object", "bad_answer: or3_health did not answer with a JSON object"},
		`{"error":{"code":"no_crane","message":"There is no crane."}}`: {`it says "There is no crane."`, "declined: no_crane: There is no crane."},
	} {
		_, err := y.install(pack{version: "1.1.0", health: say(health)}, plugins.InstallOptions{Force: true})
		if err == nil || !strings.Contains(err.Error(), want.says) || !y.logged("yard", want.line) {
			t.Errorf("%s: %v, with the log %v", health, err, y.m.Logs("yard", y.home))
		}
	}
	if title, err := y.title(y.m, "yard"); err != nil || title != "1.0.0" {
		t.Errorf("%s runs: %v", title, err)
	}
}
