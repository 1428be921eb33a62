package plugins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/runtime"
)

// errSafe is why nothing runs in safe mode.
func errSafe() error {
	return fault.New(fault.Unavailable, "The server runs in safe mode: no plugin runs until it is started without.")
}

// swaps is how often a call is begun again because the version it was for was
// replaced at that moment.
const swaps = 5

// Page asks for a page. An error of a call is a [fault.NotFound] where the plugin
// does not run there or has no such thing, or a [*runtime.Failure] in the chain;
// what the guest itself said is in the answer's Error.
func (m *Manager) Page(ctx context.Context, c Call, in host.PageInput) (host.Answer, error) {
	return m.drawn(ctx, c, host.ExportPage, in, func(r *run) bool {
		return r.Has("ui.page") && len(r.Manifest.Contributes.Pages) > 0
	})
}

// Widget asks for a widget.
func (m *Manager) Widget(ctx context.Context, c Call, in host.WidgetInput) (host.Answer, error) {
	return m.drawn(ctx, c, host.ExportWidget, in, func(r *run) bool {
		return r.Has("ui.widget") && slices.ContainsFunc(r.Manifest.Contributes.Widgets, func(w manifest.Widget) bool { return w.ID == in.ID })
	})
}

// Action runs an action.
func (m *Manager) Action(ctx context.Context, c Call, in host.ActionInput) (host.Answer, error) {
	return m.drawn(ctx, c, host.ExportAction, in, func(r *run) bool {
		return slices.ContainsFunc(r.Manifest.Contributes.Actions, func(a manifest.Action) bool { return a.ID == in.ID })
	})
}

// Filter asks for a say in a decision.
func (m *Manager) Filter(ctx context.Context, c Call, in host.FilterInput) (host.FilterAnswer, error) {
	var answer host.FilterAnswer
	err := m.call(ctx, c, host.ExportFilter, in, func(r *run) bool {
		return r.Has("filter.decision") && len(r.Manifest.Contributes.Filters) > 0
	}, func(_ *run, out []byte) *runtime.Failure {
		answer = host.FilterAnswer{}
		if err := json.Unmarshal(out, &answer); err != nil {
			return runtime.Unusable(fmt.Errorf("reading the answer of %s: %w", host.ExportFilter, err))
		}
		if answer.TTL != nil && (*answer.TTL < 0 || *answer.TTL > 60) {
			return runtime.Unusable(fmt.Errorf("ttl_s of %s is %d, not 0 to 60", host.ExportFilter, *answer.TTL))
		}
		return refused(answer.Error)
	})
	return answer, saidError(err)
}

// Job runs a job of the manifest's schedules.
func (m *Manager) Job(ctx context.Context, c Call, in host.JobInput) error {
	return m.told(ctx, c, host.ExportJob, in, func(r *run) bool {
		return r.Has("schedule") && slices.ContainsFunc(r.Manifest.Contributes.Schedules, func(s manifest.Schedule) bool { return s.ID == in.ID })
	})
}

// drawn makes a call that answers with blocks.
func (m *Manager) drawn(ctx context.Context, c Call, export string, in any, has func(*run) bool) (host.Answer, error) {
	var answer host.Answer
	err := m.call(ctx, c, export, in, has, func(r *run, out []byte) *runtime.Failure {
		may := host.Manifest{Actions: map[string]bool{}, Assets: r.module.assets, HTML: r.Has("ui.html"), Frame: r.Has("ui.frame")}
		for _, a := range r.Manifest.Contributes.Actions {
			may.Actions[a.ID] = true
		}
		var err error
		if answer, err = host.ParseAnswer(out, may); err != nil {
			return runtime.Unusable(fmt.Errorf("the answer of %s cannot be drawn: %w", export, err))
		}
		return nil // also where it says an error: a person reads that, and mends what they typed
	})
	if err != nil {
		return host.Answer{}, err
	}
	return answer, nil
}

// refused is the failure of a call that nobody looks at and whose answer says that
// it was not done; nil where it says nothing of the kind.
func refused(said *host.Error) *runtime.Failure {
	if said == nil {
		return nil
	}
	return runtime.Refusal(said)
}

// saidError gives what the plugin itself said instead of the failure that was made
// of it for the trace.
func saidError(err error) error {
	var failed *runtime.Failure
	if errors.As(err, &failed) && failed.Outcome == runtime.Declined {
		return failed.Err
	}
	return err
}

// errorOf reads an answer of which only counts whether it says an error.
func errorOf(out []byte) (*host.Error, error) {
	var answer struct {
		Error *host.Error `json:"error"`
	}
	err := json.Unmarshal(out, &answer)
	return answer.Error, err
}

// told makes a call of which only counts whether it went well.
func (m *Manager) told(ctx context.Context, c Call, export string, in any, has func(*run) bool) error {
	return saidError(m.call(ctx, c, export, in, has, func(_ *run, out []byte) *runtime.Failure {
		if said, err := errorOf(out); err == nil {
			return refused(said)
		}
		return nil // nobody reads what else it answered
	}))
}

// call finds what runs in a workspace and calls it. A version that is replaced at
// that moment is followed by its successor, which the caller does not notice. read
// makes out the answer, as [runtime.Call] has it.
func (m *Manager) call(ctx context.Context, c Call, export string, in any, has func(*run) bool, read func(r *run, out []byte) *runtime.Failure) error {
	if m.o.SafeMode {
		return errSafe()
	}
	for attempt := 1; ; attempt++ {
		r := m.runningIn(c.Plugin, c.Workspace.ID)
		if r == nil || r.module == nil || !has(r) {
			return fault.New(fault.NotFound, "There is no such page, or its plugin does not run in this workspace.")
		}
		_, err := m.invoke(ctx, invocation{run: r, call: c, live: true, read: func(out []byte) *runtime.Failure { return read(r, out) }}, export, in)
		var failed *runtime.Failure
		if !errors.As(err, &failed) {
			return err
		}
		if failed.Outcome == runtime.Unloaded && attempt < swaps {
			continue
		}
		m.failed(r, c.Plugin, failed)
		return err
	}
}

// running is the version of a plugin that runs on this node; nil if none does.
func (m *Manager) running(id string) *run {
	if e := m.known.Load().plugins[id]; e != nil {
		return e.running
	}
	return nil
}

func (m *Manager) runningIn(id, workspaceID string) *run {
	e := m.known.Load().plugins[id]
	if e == nil || !e.workspaces[workspaceID].Enabled {
		return nil
	}
	return e.running
}

// After an upgrade a version is watched for a while, and taken back when it fails
// as often as this.
const (
	watchFor     = 10 * time.Minute
	tripsAllowed = 3
	tripsWithin  = time.Minute
)

// trips are the last failures of a version.
type trips struct {
	mu    sync.Mutex
	times []time.Time
	taken bool
}

// add counts a failure; true says that the version has to go, once.
func (t *trips) add(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.times = append(t.times, now)
	for len(t.times) > 0 && !t.times[0].After(now.Add(-tripsWithin)) {
		t.times = t.times[1:]
	}
	if len(t.times) < tripsAllowed || t.taken {
		return false
	}
	t.taken = true
	return true
}

// failed counts the failures of a version that has just become the active one,
// and goes back to the one before when there are too many.
func (m *Manager) failed(r *run, id string, f *runtime.Failure) {
	switch f.Outcome {
	case runtime.Trap, runtime.Exit, runtime.Timeout, runtime.TooMuch, runtime.NotCreated, runtime.GuestError, runtime.BadAnswer:
	default:
		return
	}
	e := m.known.Load().plugins[id]
	if e == nil || e.row.ActiveSHA256 != r.SHA256 || len(e.plugin().Earlier) == 0 {
		return
	}
	now := m.o.Now()
	if now.Sub(moment(e.rows[r.SHA256].RanAt)) > watchFor || !r.module.trips.add(now) {
		return
	}
	m.beside(func() { m.takeBack(r, id) })
}

// takeBack goes back to the version before one that keeps failing.
func (m *Manager) takeBack(r *run, id string) {
	unlock := m.acting.lock(id)
	defer unlock()
	ctx := context.WithoutCancel(m.life)
	if now := m.running(id); now == nil || now.SHA256 != r.SHA256 {
		return
	}
	note := fmt.Sprintf("Version %s failed %d times within a minute after the upgrade and was taken back.", r.Version.Version, tripsAllowed)
	if _, err := m.rollback(ctx, m.self, id, "", note); err != nil {
		m.o.Log.ErrorContext(ctx, "a version of a plugin that keeps failing cannot be taken back", "plugin", id, "version", r.Version.Version, "error", err)
	}
}
