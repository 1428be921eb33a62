package plugins_test

import (
	"slices"
	"strings"
	"testing"

	"or3.cloud/or3/plugins"
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

func TestWhatAVersionDidIsThereAfterItWasTakenBack(t *testing.T) {
	y := newYard(t, sqlite(t))
	y.runs(pack{})
	_, err := y.title(y.m, "yard")
	y.must(err)
	_, err = y.install(pack{version: "1.1.0", page: trap}, plugins.InstallOptions{Force: true})
	y.must(err)
	for range 3 {
		if _, err := y.title(y.m, "yard"); err == nil {
			t.Fatal("a trap is an answer")
		}
	}
	y.until("1.0.0 runs again", func() bool { title, err := y.title(y.m, "yard"); return err == nil && title == "1.0.0" })
	bad := "1.1.0 or3_page trap"
	if got := y.calls("yard"); len(got) < 5 || !slices.Equal(got[:4], []string{"1.0.0 or3_page ok", bad, bad, bad}) || got[len(got)-1] != "1.0.0 or3_page ok" {
		t.Errorf("traced as %v", got)
	}
	if lines := y.m.Logs("yard", y.home); len(lines) < 3 || lines[0].Version != "1.1.0" || !y.logged("yard", "unreachable") {
		t.Errorf("the log has %v", lines)
	}
}
