package plugins_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
)

var listenCap = capability("events.subscribe", `"types":["yard.tide"]`)

// overheard counts the lines of a log by their message.
type overheard struct {
	slog.Handler
	again, left, dropped atomic.Int64
	request              atomic.Value // the id that the last line of an event bears
}

func (o *overheard) Enabled(context.Context, slog.Level) bool { return true }

func (o *overheard) Handle(ctx context.Context, r slog.Record) error {
	switch r.Message {
	case "a plugin did not take an event":
		o.request.Store(telemetry.RequestID(ctx))
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "again" && a.Value.Bool() {
				o.again.Add(1)
			} else if a.Key == "again" {
				o.left.Add(1)
			}
			return true
		})
	case "events of plugins led to each other: one is dropped":
		o.dropped.Add(1)
	}
	return nil
}

func TestAnEventIsToldAgainThreeTimesAndThenLeftOut(t *testing.T) {
	var said overheard
	var told atomic.Int64
	y := newYard(t, sqlite(t), func(o *plugins.Options) {
		o.Log, o.EventAgain = slog.New(&said), []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}
	})
	y.store.set = func() { told.Add(1) }
	caps := []string{uiPage, kvCap, listenCap}
	y.runs(pack{caps: caps, event: set("told", "1") + say(`{"error":{"code":"busy","message":"Not now."}}`)})
	y.m.Event(t.Context(), y.home, "yard.tide", json.RawMessage(`{}`))
	y.until("it is left out", func() bool { return said.left.Load() == 1 })
	if told.Load() != 4 || said.again.Load() != 3 {
		t.Errorf("told %d times, %d of them to be told again", told.Load(), said.again.Load())
	}
	// One that is taken is told once, and nobody is told of what it does not listen to.
	_, err := y.install(pack{version: "1.1.0", caps: caps, event: set("told", "1") + "(i32.const 0)"}, plugins.InstallOptions{Force: true})
	y.must(err)
	if y.m.Listening(y.home, "yard.ebb") || !y.m.Listening(y.home, "yard.tide") {
		t.Error("it listens to what it did not ask for")
	}
	y.m.Event(t.Context(), y.home, "yard.ebb", nil)
	y.m.Event(t.Context(), y.home, "yard.tide", json.RawMessage(`{}`))
	y.until("it is told", func() bool { return told.Load() >= 5 })
	y.must(y.m.Disable(t.Context(), y.owner, "yard", y.home))
	y.m.Event(t.Context(), y.home, "yard.tide", json.RawMessage(`{}`))
	y.must(y.m.Close())
	if told.Load() != 5 || said.left.Load() != 1 {
		t.Errorf("told %d times, left out %d", told.Load(), said.left.Load())
	}
}

// Where no request stands behind a call it has an id all the same, which the log's
// lines about it bear.
func TestEveryCallHasAnIDAndAWorkspaceWithItsName(t *testing.T) {
	var said overheard
	y := newYard(t, sqlite(t), func(o *plugins.Options) { o.Log, o.EventAgain = slog.New(&said), []time.Duration{} })
	y.runs(pack{caps: []string{uiPage, kvCap, listenCap, capability("filter.decision", ""), capability("schedule", `"min_interval_s":60`)},
		page: keep("page") + say(titled("1.0.0")), health: keep("health") + say(`{}`), job: keep("job") + say(`{}`),
		filter: keep("filter") + say(`{"allowed":true}`), event: keep("event") + say(`{"error":{"code":"busy","message":"Not now."}}`)})
	place := host.Workspace{ID: y.home, Name: "Home"}
	own := plugins.Call{Plugin: "yard", Workspace: place, Actor: host.Actor{ID: plugins.ActorOf("yard")}}
	y.must(y.m.Job(t.Context(), own, host.JobInput{ID: "tides"}))
	_, err := y.m.Filter(telemetry.WithRequestID(t.Context(), "decided"), own, host.FilterInput{Decision: host.Decision{Allowed: true}})
	y.must(err)
	_, err = y.title(y.m, "yard")
	y.must(err)
	y.m.Event(t.Context(), y.home, "yard.tide", json.RawMessage(`{}`))
	y.until("it is left out", func() bool { return said.left.Load() == 1 })
	_, err = y.install(pack{version: "1.1.0", caps: []string{uiPage, kvCap}, health: keep("health") + say(`{}`)}, plugins.InstallOptions{Force: true})
	y.must(err)
	ids := map[string]bool{}
	for export, want := range map[string]string{"page": "r1", "filter": "decided", "event": said.request.Load().(string), "job": "", "health": ""} {
		var c host.Call
		if err := json.Unmarshal(y.kept(export), &c); err != nil {
			t.Fatalf("or3_%s was not called: %v", export, err)
		}
		if c.RequestID == "" || want != "" && c.RequestID != want || ids[c.RequestID] || c.Workspace != place {
			t.Errorf("or3_%s is called as %q (want %q) in %+v", export, c.RequestID, want, c.Workspace)
		}
		ids[c.RequestID] = true
	}
}

// A plugin that is told of an event and emits the same one would be busy for ever.
func TestEventsThatLeadToEachOtherEnd(t *testing.T) {
	var said overheard
	var emitted echo
	y := newYard(t, sqlite(t), func(o *plugins.Options) { o.Log, o.Services.Events = slog.New(&said), &emitted })
	emitted.m = y.m
	y.runs(pack{caps: []string{uiPage, listenCap, capability("events.emit", "")},
		event: "(drop (call $emit (call $block " + place(`{"type":"yard.tide"}`) + "))) (i32.const 0)"})
	y.m.Event(t.Context(), y.home, "yard.tide", nil)
	y.until("one is dropped", func() bool { return said.dropped.Load() > 0 })
	y.must(y.m.Close())
	if emitted.times.Load() != plugins.MaxEventDepth || said.dropped.Load() != 1 {
		t.Errorf("%d events led to each other and %d were dropped, want %d and 1", emitted.times.Load(), said.dropped.Load(), plugins.MaxEventDepth)
	}
}

// echo emits to the very Manager, as the server does.
type echo struct {
	m     *plugins.Manager
	times atomic.Int64
}

func (e *echo) Emit(ctx context.Context, by host.Caller, in host.Event) (host.Done, error) {
	e.times.Add(1)
	e.m.Event(ctx, by.Workspace, in.Type, in.Payload)
	return host.Done{}, nil
}

// What stops a plugin's pages does not take an owner's filter away, also on a node
// that starts later.
func TestAFilterOutlivesTheQuarantineOfItsPlugin(t *testing.T) {
	y := newYard(t, sqlite(t))
	y.runs(pack{caps: []string{uiPage, capability("filter.decision", "")}, page: `(if (i64.gt_u (call $inlen) (i64.const 2000)) (then (unreachable)))` + say(titled("1.0.0")),
		filter: say(`{"allowed":false,"reason":"Closed.","ttl_s":0}`)})
	y.quarantine("yard")
	for _, m := range []*plugins.Manager{y.m, y.open(y.opts)} {
		if h := m.Health("yard", y.home); !h.Quarantined {
			t.Errorf("it is %+v", h)
		}
		if _, err := y.title(m, "yard"); err == nil {
			t.Error("a page in quarantine")
		}
		answer, err := m.Filter(t.Context(), y.call("yard"), host.FilterInput{Decision: host.Decision{Allowed: true}})
		if err != nil || answer.Allowed || answer.Reason != "Closed." {
			t.Errorf("its filter says %+v, %v", answer, err)
		}
	}
	y.must(y.m.Disable(t.Context(), y.owner, "yard", y.home))
	if _, err := y.m.Filter(t.Context(), y.call("yard"), host.FilterInput{}); err == nil {
		t.Error("a filter where the plugin is disabled")
	}
}
