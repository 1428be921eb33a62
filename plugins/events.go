package plugins

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/plugins/host"
)

// Events wait in a queue; what does not fit is dropped and said in the log. A
// plugin that needs to know everything reads the rows.
const (
	eventsQueued  = 1024
	eventWorkers  = 2
	eventsWaiting = 256 // that failed and are told again later
)

// againAfter is how long an event waits that a plugin could not take, each time.
func againAfter() []time.Duration { return []time.Duration{time.Second, 10 * time.Second, time.Minute} }

// MaxEventDepth is how many events may lead to each other: what a plugin does
// while it is told of one is an event of the next depth.
const MaxEventDepth = 4

type depthKey struct{}

// AtEventDepth makes the context of a call that is told of an event of a depth.
func AtEventDepth(ctx context.Context, depth int) context.Context {
	return context.WithValue(ctx, depthKey{}, depth)
}

// EventDepth is how many events led to what happens in a context.
func EventDepth(ctx context.Context) int {
	depth, _ := ctx.Value(depthKey{}).(int)
	return depth
}

type event struct {
	plugin, workspaceID, kind string
	payload                   json.RawMessage
	depth, tries              int
}

// Event tells the plugins of a workspace that listen to a type. It does not wait
// for them. One that too many events led to is told to nobody.
func (m *Manager) Event(ctx context.Context, workspaceID, kind string, payload json.RawMessage) {
	depth := EventDepth(ctx) + 1
	if depth > MaxEventDepth {
		m.o.Log.WarnContext(ctx, "events of plugins led to each other: one is dropped", "workspace", workspaceID, "type", kind)
		return
	}
	for _, a := range m.known.Load().active[workspaceID] {
		if !listens(a, kind) {
			continue
		}
		m.queueEvent(event{plugin: a.ID, workspaceID: workspaceID, kind: kind, payload: payload, depth: depth})
	}
}

func (m *Manager) queueEvent(e event) {
	select {
	case m.events <- e:
	default:
		m.o.Log.Warn("too many events wait for plugins: one is dropped", "plugin", e.plugin, "workspace", e.workspaceID, "type", e.kind)
	}
}

// Listening tells whether some plugin of a workspace listens to a type.
func (m *Manager) Listening(workspaceID, kind string) bool {
	return slices.ContainsFunc(m.known.Load().active[workspaceID], func(a Active) bool { return listens(a, kind) })
}

// listens reports whether a plugin wants an event, asked for it and was granted it.
func listens(a Active, kind string) bool {
	c, asked := a.Manifest.Capability("events.subscribe")
	return asked && a.Has(c.Name) && slices.Contains(c.Types, kind) && slices.Contains(a.Manifest.Contributes.Events, kind)
}

func (m *Manager) deliver() {
	for {
		select {
		case <-m.life.Done():
			return
		case e := <-m.events:
			m.deliverOne(e)
		}
	}
}

func (m *Manager) deliverOne(e event) {
	// No request stands behind it: each try has an id, which what is said of it bears.
	ctx := telemetry.WithRequestID(AtEventDepth(m.life, e.depth), telemetry.NewRequestID())
	w, err := db.WorkspaceByID(ctx, m.o.DB.Read(), e.workspaceID)
	if err == nil {
		c := Call{Plugin: e.plugin, Workspace: host.Workspace{ID: w.ID, Name: w.Name}, Actor: host.Actor{ID: ActorOf(e.plugin)}}
		err = m.told(ctx, c, host.ExportEvent, host.EventInput{Type: e.kind, Payload: e.payload}, func(r *run) bool {
			return slices.Contains(r.Manifest.Contributes.Events, e.kind)
		})
	}
	if err == nil || m.life.Err() != nil {
		return
	}
	again := e.tries < len(m.o.EventAgain) && !fault.Is(err, fault.NotFound) && m.eventAgain(e)
	m.o.Log.InfoContext(ctx, "a plugin did not take an event", "plugin", e.plugin, "workspace", e.workspaceID, "type", e.kind, "again", again, "error", err)
}

// eventAgain puts an event into the queue once more, after a while; false when too
// many wait for that.
func (m *Manager) eventAgain(e event) bool {
	if m.eventsWaiting.Add(1) > eventsWaiting {
		m.eventsWaiting.Add(-1)
		return false
	}
	wait := time.NewTimer(m.o.EventAgain[e.tries])
	e.tries++
	m.beside(func() {
		defer m.eventsWaiting.Add(-1)
		defer wait.Stop()
		select {
		case <-m.life.Done():
		case <-wait.C:
			m.queueEvent(e)
		}
	})
	return true
}
