package runtime

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// step is something that happens to a breaker, so long after what was before.
type step struct {
	after time.Duration
	do    string // fail, succeed, abandon, ask
	want  string // for ask: yes, or when to come again; for fail: stopped
}

func TestTheBreakerOpensDoublesAndStops(t *testing.T) {
	const s, min = time.Second, time.Minute
	fail := func(after time.Duration) step { return step{after, "fail", ""} }
	ask := func(after time.Duration, want string) step { return step{after, "ask", want} }
	open := []step{fail(0), fail(s), fail(s)}
	probe := func(after time.Duration) []step { return []step{ask(after, "yes"), fail(0)} }
	join := func(all ...any) (steps []step) {
		for _, a := range all {
			switch a := a.(type) {
			case step:
				steps = append(steps, a)
			case []step:
				steps = append(steps, a...)
			}
		}
		return steps
	}
	for name, steps := range map[string][]step{
		"two failures are nothing":                join(fail(0), fail(s), ask(0, "yes")),
		"three in a minute pause it":              join(open, ask(0, "30s")),
		"three in more than a minute do not":      join(fail(0), fail(31*s), fail(30*s), ask(0, "yes")),
		"a success between them counts":           join(fail(0), fail(0), step{0, "succeed", ""}, fail(0), ask(0, "yes")),
		"after the pause one call finds out":      join(open, ask(30*s, "yes"), ask(0, "1s")),
		"which fails and doubles the pause":       join(open, probe(30*s), ask(0, "1m0s")),
		"up to a quarter of an hour":              join(open, probe(60*min), probe(60*min), probe(60*min), probe(60*min), probe(60*min), probe(60*min), ask(0, "15m0s")),
		"one that goes on failing is stopped":     join(open, probe(30*s), ask(min, "yes"), step{0, "fail", "stopped"}, ask(24*60*min, "never")),
		"or succeeds and closes it":               join(open, ask(30*s, "yes"), step{0, "succeed", ""}, ask(0, "yes"), ask(0, "yes")),
		"or says nothing, and the next finds out": join(open, ask(30*s, "yes"), step{0, "abandon", ""}, ask(0, "yes"), ask(0, "1s")),
		"calls that began before are no probes":   join(open, fail(0), fail(0), ask(0, "30s")),
		"the second pause is longer":              join(open, ask(30*s, "yes"), step{0, "succeed", ""}, open, ask(0, "1m0s")),
		"the third in an hour is for good": join(open, ask(30*s, "yes"), step{0, "succeed", ""}, open, ask(min, "yes"), step{0, "succeed", ""},
			fail(0), fail(0), step{0, "fail", "stopped"}, ask(24*60*min, "never")),
		"in more than an hour it is not": join(open, ask(30*s, "yes"), step{0, "succeed", ""}, open, ask(min, "yes"), step{0, "succeed", ""},
			step{60 * min, "ask", "yes"}, open, ask(0, "30s")),
	} {
		b, now := &breaker{}, time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
		for i, st := range steps {
			now = now.Add(st.after)
			got := ""
			switch st.do {
			case "fail":
				if b.failed(now) {
					got = "stopped"
				}
			case "succeed":
				b.succeeded()
			case "abandon":
				b.abandoned()
			case "ask":
				switch ok, retry := b.allow(now); {
				case ok:
					got = "yes"
				case b.quarantined:
					got = "never"
				default:
					got = retry.String()
				}
			}
			if got != st.want {
				t.Errorf("%s: step %d (%s): %q, want %q", name, i, st.do, got, st.want)
			}
		}
	}
}

// clock is a time that only the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

func TestAFailingPluginIsPausedAndStoppedInItsWorkspaceAlone(t *testing.T) {
	c := &clock{at: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	var told []string
	r := open(t, Options{Now: c.now, Quarantined: func(id, version, workspace string) {
		told = append(told, strings.Join([]string{id, version, workspace}, " "))
	}})
	well := load(t, r, spec(t, "echo"))
	trapping := load(t, r, spec(t, "trap"))
	outcomes := func(want ...Outcome) {
		t.Helper()
		for i, w := range want {
			if _, trace, _ := trapping.Call(t.Context(), Call{Workspace: "a", Export: "or3_page"}); trace.Outcome != w {
				t.Errorf("call %d: %s, want %s", i, trace.Outcome, w)
			}
		}
	}
	outcomes(Trap, Trap, Trap, Paused, Paused)
	if _, _, f := page(t, well, "a", "x"); f != nil {
		t.Errorf("another plugin in the workspace: %v", f)
	}
	if _, trace, _ := trapping.Call(t.Context(), Call{Workspace: "b", Export: "or3_page"}); trace.Outcome != Trap {
		t.Errorf("in another workspace: %s", trace.Outcome)
	}
	if h := trapping.Health("a"); !h.Paused || h.Quarantined || !h.Until.Equal(c.now().Add(firstPause)) {
		t.Errorf("%+v", h)
	}
	for range 2 { // an owner lets it run, and it goes on failing
		c.pass(20 * time.Minute)
		trapping.mu.Lock()
		trapping.breakers["a"].succeeded()
		trapping.mu.Unlock()
		outcomes(Trap, Trap, Trap)
	}
	outcomes(Quarantined)
	c.pass(48 * time.Hour)
	outcomes(Quarantined)
	if len(told) != 1 || told[0] != "kestrel.trap 1.0.0 a" {
		t.Errorf("told %v", told)
	}
	trapping.Release("a")
	outcomes(Trap)
	trapping.Quarantine("a")
	outcomes(Quarantined)
}

func TestTracesKeepTheLast(t *testing.T) {
	var ring traceRing
	for i := range tracesKept + 5 {
		ring.add(Trace{Input: i})
	}
	all := ring.all()
	if len(all) != tracesKept || all[0].Input != tracesKept+4 || all[tracesKept-1].Input != 5 {
		t.Errorf("%d traces from %d to %d", len(all), all[0].Input, all[len(all)-1].Input)
	}
}

func TestTheLogKeepsTheLast64KiB(t *testing.T) {
	var ring logRing
	for i := range 1000 {
		ring.add(Line{Workspace: "w", Text: fmt.Sprint(i, strings.Repeat("x", 500))})
	}
	lines := ring.of("w")
	bytes := 0
	for _, line := range lines {
		bytes += len(line.Text)
	}
	if bytes > logBytes || bytes < logBytes/2 || !strings.HasPrefix(lines[len(lines)-1].Text, "999x") {
		t.Errorf("%d lines of %d bytes", len(lines), bytes)
	}
}

func TestWordsOfAGuestAreCleaned(t *testing.T) {
	for in, want := range map[string]string{
		"plain — text":               "plain — text",
		"a\tb\nc\r":                  "a b c",
		"\x1b[31mred\x1b[0m":         "red",
		"\x1b]0;title\atext":         "text",
		"\x1b]8;;http://x\x1b\\link": "link",
		"\x1b":                       "",
		"\x1b[":                      "",
		"\x1bPunended":               "",
		"\u202eback\u2066\u200b":     "back",
		"\xff\xfe":                   "\uFFFD\uFFFD",
		"\x00\x07\x7f\u0085":         "",
		"0123456789abcdef tail":      "0123456789abcdef tail",
		strings.Repeat("x", 60):      strings.Repeat("x", 40) + "…",
	} {
		if got := clean(in, 40); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b]8;;x\x1b\\")
	f.Add("\x1b[1;2")
	f.Fuzz(func(t *testing.T, s string) {
		if got := clean(s, 100); strings.ContainsAny(got, "\x1b\x00\a\n\r\u202e\u200b") || len(got) > 110 {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func TestABudgetIsNeverMoreThanTheExportsOwn(t *testing.T) {
	b := Options{}.orDefaults().Budgets
	for export, want := range map[string]time.Duration{"or3_page": 2 * time.Second, "or3_action": 2 * time.Second, "or3_widget": 800 * time.Millisecond,
		"or3_filter": 100 * time.Millisecond, "or3_job": 30 * time.Second, "or3_migrate": 30 * time.Second} {
		if got := b.Of(export); got != want {
			t.Errorf("%s has %s, want %s", export, got, want)
		}
	}
	s := spec(t, "ask")
	s.Host["or3_now"] = func(ctx context.Context, _ []byte) ([]byte, error) {
		deadline, _ := ctx.Deadline()
		return []byte(fmt.Sprint(time.Until(deadline) > 3*time.Second)), nil
	}
	m := load(t, open(t, Options{Budgets: Budgets{Page: 2 * time.Second}}), s)
	out, _, err := m.Call(t.Context(), Call{Workspace: "w", Export: "or3_page", Input: []byte("x"), Budget: time.Hour})
	if err != nil || string(out) != "false" {
		t.Errorf("an hour was asked for and given: %s, %v", out, err)
	}
}
